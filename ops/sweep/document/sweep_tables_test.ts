import { assert, assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { checkout } from "../../checkout.ts";
import { sweepVariables } from "../../fleet/sweep_settings.ts";
import { changeOptions, connectionOptions, outputOptions } from "../../fleet_options.ts";
import { inventoryOptions } from "../../inventory_options.ts";
import { program } from "../../sweep.ts";
import type { FixedFinding } from "../fix/fix_report.ts";
import { sweepJson } from "../report/sweep_json.ts";
import { prometheusText } from "../report/prometheus_text.ts";
import type { ReportedSweep } from "../report/reported_sweep.ts";
import { troubledSweep } from "../report/test_sweep.ts";
import { allChecks } from "../all_checks.ts";
import { readTable, sweepTables, withTables } from "./sweep_tables.ts";

/** A sweep that has measured something in every unit. */
function measuredSweep(): ReportedSweep {
  const sweep = troubledSweep();
  const [finding] = sweep.result.findings;
  const units = ["seconds", "bytes", "ratio", "count"] as const;
  const measured = units.map((unit) => ({
    ...{ ...finding!, subject: unit, measure: { value: 1, unit } },
  }));
  return {
    ...sweep,
    result: { ...sweep.result, findings: [...sweep.result.findings, ...measured] },
  };
}

/** What of `--json` has keys of its own. */
type JsonForm = Record<"checks" | "uptime" | "fixes", object[]> & { changes: object };
const parts: readonly ((form: JsonForm) => object)[] = [
  (form) => form,
  ({ checks }) => checks[0]!,
  ({ changes }) => changes,
  ({ uptime }) => uptime[0]!,
  ({ fixes }) => fixes[0]!,
];

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

  it("has all inventory variables and metrics of sweeps, and no others", () => {
    const metrics = prometheusText(measuredSweep()).match(/(?<=^# TYPE )\w+/gm) ?? [];
    const named = new Set(page.match(/\bztna_sweep_\w+/g));
    assertEquals([...named].toSorted(), [...sweepVariables, ...metrics].toSorted());
  });

  it("has the form that --json really has", () => {
    const [, text = ""] = /```jsonc\n([^]*?)```/.exec(page) ?? [];
    const documented = JSON.parse(text.replaceAll(/ \/\/.*$/gm, ""));
    const fixed: FixedFinding = {
      ...{ finding: troubledSweep().result.findings[0]!, result: "mended" },
      ...{ changes: [], why: "" },
    };
    const real = JSON.parse(JSON.stringify(sweepJson({ ...troubledSweep(), fixes: [fixed] })));
    for (const pick of parts) {
      assertEquals(Object.keys(pick(documented)), Object.keys(pick(real)));
    }
    assertEquals(documented.schema, real.schema);
  });

  it("has every flag that is the sweep's own, and none that it does not have", () => {
    const shared = {
      ...inventoryOptions,
      ...connectionOptions,
      ...outputOptions,
      ...changeOptions,
    };
    const flags = new Map(
      Object.entries(program.options).flatMap(([name, option]) =>
        "flag" in option ? [[option.flag as string, name in shared] as const] : []
      ),
    );
    const named = new Set((page.match(/(?<![\w-])--[a-z][a-z-]+/g) ?? [])
      .map((flag) => flag.replace("--no-", "--")));
    assertEquals([...named].filter((flag) => !flags.has(flag)), []);
    const own = [...flags].filter(([, isShared]) => !isShared).map(([flag]) => flag);
    assertEquals(own.filter((flag) => !named.has(flag)), []);
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
