import { assert } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import fc from "fast-check";
import { needsLinux } from "../../engine/resource/test_shell.ts";
import { factSources } from "./fact_sources.ts";
import type { FactSource } from "./fact_source.ts";
import { ask, parse } from "./test_source.ts";

/** What the facts of one source may take as JSON: a history keeps some, and 500 hosts have them. */
const maxFactBytes = 1_000_000;

/** What one source may have a host print, in characters. */
const maxOutputLength = 700_000;

function checkParse(source: FactSource<unknown>, output: string): void {
  const facts = parse(source, output);
  const text = facts === undefined ? "" : JSON.stringify(facts);
  assert(text.length < maxFactBytes, `${text.length} characters`);
}

for (const [name, source] of Object.entries<FactSource<unknown>>(factSources)) {
  describe(`the source "${name}"`, { skip: needsLinux }, () => {
    it("makes something or nothing of any text, and never throws", () => {
      fc.assert(fc.property(fc.string({ unit: "binary" }), (text) => checkParse(source, text)));
    });

    it("makes something or nothing of its own output when it is damaged", async () => {
      const { output } = await ask(source);
      const at = fc.nat(output.length);
      const damage = fc.oneof(
        fc.string({ unit: "binary" }),
        fc.constantFrom("\n", "$(reboot)", "9".repeat(400)),
      );
      fc.assert(fc.property(at, at, damage, (from, to, text) => {
        checkParse(source, output.slice(0, from));
        checkParse(source, output.slice(0, from) + text + output.slice(to));
      }));
    });

    it("keeps a bounded part of an enormous answer", async () => {
      const { output } = await ask(source);
      checkParse(source, output.repeat(Math.ceil(4_000_000 / (output.length + 1))));
      checkParse(source, output + "x".repeat(4_000_000));
      checkParse(source, output.replaceAll("\n", "\n".repeat(10_000)));
    });

    it("has a host print a bounded answer", async () => {
      const { output } = await ask(source);
      assert(output !== "" && output.length < maxOutputLength, `${output.length} characters`);
    });
  });
}
