import { assert, assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import fc from "fast-check";
import { lastValue, readRecords } from "./records.ts";

function line(name: string, value: string): string {
  return `${name} ${new TextEncoder().encode(value).toBase64()}\n`;
}

describe("readRecords", () => {
  it("gives back what was written, whatever is in it", () => {
    const record = fc.record({ name: fc.stringMatching(/^[a-z_]{1,32}$/), value: fc.string() });
    fc.assert(fc.property(fc.array(record), (records) => {
      const written = records.map(({ name, value }) => line(name, value)).join("");
      const expected = records.map(({ name, value }) => ({ name, value: value.toWellFormed() }));
      assertEquals(readRecords(written), expected);
    }));
  });

  it("passes over everything else", () => {
    const noise = "bash: warning: setlocale\nunit not*base64\nUnit QQ==\nunit  QQ==\nunit QQ\n\n";
    assertEquals(readRecords(`${noise}${line("unit", "a")}${noise}`), [
      { name: "unit", value: "a" },
    ]);
  });

  it("is bounded, and never throws", () => {
    assertEquals(readRecords(line("status", "x".repeat(1024 * 1024))), []);
    fc.assert(fc.property(fc.string(), (text) => assert(Array.isArray(readRecords(text)))));
  });
});

describe("lastValue", () => {
  it("is that of the last record of a name", () => {
    const records = readRecords(line("a", "1") + line("b", "2") + line("a", "3"));
    assertEquals([lastValue(records, "a"), lastValue(records, "c")], ["3", undefined]);
  });
});
