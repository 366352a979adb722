import { assert, assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import fc from "fast-check";
import { maxHosts } from "../limits.ts";
import { expandHostRange } from "./host_range.ts";

describe("expandHostRange", () => {
  const cases: [pattern: string, names: readonly string[]][] = [
    ["web", ["web"]],
    ["web[1:3]", ["web1", "web2", "web3"]],
    ["web[08:11]x", ["web08x", "web09x", "web10x", "web11x"]],
    ["[:2]", ["0", "1", "2"]],
    ["[0:10:5]", ["0", "5", "10"]],
    ["[1:9:4]", ["1", "5", "9"]],
    ["[5:5]", ["5"]],
    ["[a:c]", ["a", "b", "c"]],
    ["[y:B]", ["y", "z", "A", "B"]],
    ["r[1:2]n[a:b]", ["r1na", "r1nb", "r2na", "r2nb"]],
  ];
  for (const [pattern, names] of cases) {
    it(`expands ${pattern}`, () => assertEquals(expandHostRange(pattern), { names }));
  }

  const wrong: [pattern: string, rule: string][] = [
    ["web[1:3", '"]" must close the range'],
    ["web[1]", "it must be [BEGIN:END]"],
    ["web[1:]", "it must be [BEGIN:END]"],
    ["web[1:2:x]", "it must be [BEGIN:END]"],
    ["web[1:c]", "it must be [BEGIN:END]"],
    ["web[ab:c]", "it must be [BEGIN:END]"],
    ["web[1:2:0]", "the step of a range must be 1 or more"],
    ["web[3:1]", "the begin of a range must not be after its end"],
    ["web[c:a]", "the begin of a range must not be after its end"],
    ["web[01:100]", "equally many digits"],
    ["web[1:1000000000]", "at most 100000 hosts"],
    ["web[1:99999999999999999999]", "at most 100000 hosts"],
    ["web[1:1000][1:1000]", "at most 100000 hosts"],
    [`web${"[1:9]".repeat(1000)}`, "at most 100000 hosts"],
  ];
  for (const [pattern, rule] of wrong) {
    it(`refuses ${pattern.slice(0, 30)}`, () => {
      const expanded = expandHostRange(pattern);
      assert("rule" in expanded && expanded.rule.includes(rule), JSON.stringify(expanded));
    });
  }

  it("expands up to the limit", () => {
    const expanded = expandHostRange(`web[1:${maxHosts}]`);
    assert("names" in expanded);
    assertEquals(expanded.names.length, maxHosts);
    assertEquals(expanded.names.at(-1), `web${maxHosts}`);
  });

  it("gives as many names as the numbers say, all different", () => {
    const number = fc.integer({ min: 0, max: 300 });
    fc.assert(fc.property(number, number, fc.integer({ min: 1, max: 20 }), (begin, more, step) => {
      const expanded = expandHostRange(`x[${begin}:${begin + more}:${step}]`);
      assert("names" in expanded);
      assertEquals(new Set(expanded.names).size, Math.floor(more / step) + 1);
    }));
  });
});
