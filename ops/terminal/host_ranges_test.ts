import { assert, assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import fc from "fast-check";
import { expandHostRange } from "../engine/inventory/format/host_range.ts";
import { compressHosts } from "./host_ranges.ts";

describe("compressHosts", () => {
  const cases: [names: string[], text: string][] = [
    [[], ""],
    [["relay1"], "relay1"],
    [["relay1", "relay2"], "relay[1-2]"],
    [["relay2", "relay1", "relay3", "relay7"], "relay[1-3,7]"],
    [["relay1", "connector1", "relay2", "connector3"], "relay[1-2],connector[1,3]"],
    [["relay9", "relay10", "relay11"], "relay[9-11]"],
    [["relay08", "relay09", "relay10", "relay11"], "relay[08-11]"],
    [["relay9", "relay09", "relay10"], "relay9,relay[09-10]"],
    [["r001", "r01", "r1"], "r001,r01,r1"],
    [["web1-eu", "web2-eu", "web1-us"], "web[1-2]-eu,web1-us"],
    [["eu1-web1", "eu1-web2", "eu2-web1"], "eu1-web[1-2],eu2-web1"],
    [["10.0.0.1", "10.0.0.2", "10.0.1.1"], "10.0.0.[1-2],10.0.1.1"],
    [["gateway", "relay1", "gateway"], "gateway,relay1"],
    [["a12345678901234567", "a12345678901234568"], "a12[345678901234567-345678901234568]"],
    [["0", "1", "2"], "[0-2]"],
  ];
  for (const [names, text] of cases) {
    it(`writes ${names.join(" ") || "nothing"} as ${text || "nothing"}`, () => {
      assertEquals(compressHosts(names), text);
    });
  }

  it("says every name once, so that expanding it gives the names back", () => {
    const name = fc.tuple(
      fc.constantFrom("relay", "web1-", "", "x0"),
      fc.oneof(
        fc.nat(130).map(String),
        fc.nat(130).map((number) => String(number).padStart(3, "0")),
        fc.nat(12).map((number) => String(number).padStart(2, "0")),
        fc.constant(""),
      ),
      fc.constantFrom("", ".eu", "-b"),
    ).map((parts) => parts.join("")).filter((name) => name !== "");
    fc.assert(fc.property(fc.array(name, { maxLength: 60 }), (names) => {
      assertEquals(expand(compressHosts(names)).sort(), [...new Set(names)].sort());
    }));
  });
});

/** The inverse: each range is expanded as an inventory expands it. */
function expand(text: string): string[] {
  const parts = text.match(/(?:[^,[]|\[[^\]]*\])+/g) ?? [];
  return parts.flatMap((part) => {
    const [, prefix, ranges, suffix] = /^(.*)\[(.*)\](.*)$/.exec(part) ?? [];
    if (ranges === undefined) return [part];
    return ranges.split(",").flatMap((range) => {
      if (!range.includes("-")) return [`${prefix}${range}${suffix}`];
      const expanded = expandHostRange(`${prefix}[${range.replace("-", ":")}]${suffix}`);
      assert("names" in expanded, part);
      return expanded.names;
    });
  });
}
