import { assert, assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { checkout } from "../../checkout.ts";
import { sweepVariables } from "../../fleet/sweep_settings.ts";
import { program } from "../../sweep.ts";
import { allChecks, readTable, sweepTables, withTables } from "./sweep_tables.ts";

const page = Deno.readTextFileSync(`${checkout}/docs/sweep.md`);

describe("docs/sweep.md", () => {
  for (const [name, table] of Object.entries(sweepTables())) {
    it(`has the ${name} that there are, as they are declared`, () => {
      assertEquals(
        readTable(page, name),
        table,
        "run: deno run -A ops/sweep/document/write_sweep_tables.ts && deno fmt docs/sweep.md",
      );
    });
  }

  it("has all inventory variables of sweeps, and no others", () => {
    const named = new Set(page.match(/\bztna_sweep_\w+/g));
    assertEquals([...named].toSorted(), sweepVariables.toSorted());
  });

  it("has every flag that is the sweep's own, and no flag that it does not have", () => {
    const flags = Object.values(program.options).flatMap((option) =>
      "flag" in option ? [option.flag] : []
    );
    const others = ["--tags", "--user", "--on-calendar", "--no-probe"];
    const named = new Set(page.match(/(?<![\w-])--[a-z][a-z-]+/g));
    assertEquals([...named].filter((flag) => ![...flags, ...others].includes(flag as never)), []);
  });
});

describe("the tables of sweeps", () => {
  it("have every check once", () => {
    const ids = allChecks.map(({ id }) => id);
    assertEquals(new Set(ids).size, ids.length);
    assert(ids.every((id) => /^[a-z][a-z0-9-]*$/.test(id)), ids.join(", "));
  });

  it("replace what stands in their places, and nothing else", () => {
    const text = "a\n<!-- t -->\nold\n<!-- end of t -->\nb\n";
    const written = withTables(text, { t: [["x", "y"], ["1", "2"]] });
    assertEquals(readTable(written, "t"), [["x", "y"], ["1", "2"]]);
    assertEquals(written.startsWith("a\n") && written.endsWith("\nb\n"), true);
    assertEquals(withTables(written, { t: [["x", "y"], ["1", "2"]] }), written);
  });
});
