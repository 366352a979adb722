import { assert, assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { readPlainScalar, readTaggedScalar } from "./yaml_scalar.ts";

describe("readPlainScalar", () => {
  const cases: [text: string, value: string | number | boolean | null][] = [
    ...["yes", "On", "TRUE"].map((text): [string, boolean] => [text, true]),
    ...["no", "Off", "FALSE"].map((text): [string, boolean] => [text, false]),
    ...["", "~", "null", "Null", "NULL"].map((text): [string, null] => [text, null]),
    ...["y", "n", "tRUE", "nULL", "1e5", "1.5e3", "0o17", "08", "1:60", "=", "<<", "1.2.3"]
      .map((text): [string, string] => [text, text]),
    ["0", 0],
    ["-0", 0],
    ["0644", 420],
    ["-0x1F", -31],
    ["0b1_01", 5],
    ["1_000", 1000],
    ["1:30", 90],
    ["-1:00:01", -3601],
    ["1:30.5", 90.5],
    ["1.5", 1.5],
    ["5.", 5],
    ["-.5", "-.5"],
    [".5", 0.5],
    ["1.5e+3", 1500],
    ["12345678901234567890", "12345678901234567890"],
    ["2024-01-31", "2024-01-31"],
    ["2024-1-2 3:04:05", "2024-01-02T03:04:05"],
    ["2024-01-02t03:04:05.25 Z", "2024-01-02T03:04:05.250000+00:00"],
    ["2024-01-02 03:04:05.0 -5:30", "2024-01-02T03:04:05-05:30"],
    ["2024-1-2", "2024-1-2"],
  ];
  for (const [text, value] of cases) {
    it(`reads ${JSON.stringify(text)}`, () => assertEquals(readPlainScalar(text), { value }));
  }

  for (
    const text of ["2024-13-01", "2024-02-30", "2024-01-01 25:00:00", "2024-01-01 01:00:00 +24:00"]
  ) {
    it(`refuses the date ${text}`, () => assert("rule" in readPlainScalar(text)));
  }

  it("refuses numbers that JSON has not", () => {
    for (const text of [".inf", "-.Inf", ".NaN"]) assert("rule" in readPlainScalar(text), text);
  });
});

describe("readTaggedScalar", () => {
  it("takes values for what their tag says, and refuses others", () => {
    assertEquals(readTaggedScalar("str", "yes"), { value: "yes" });
    assertEquals(readTaggedScalar("int", "0x10"), { value: 16 });
    assertEquals(readTaggedScalar("bool", "off"), { value: false });
    for (const [tag, text] of [["int", "x"], ["binary", "aa=="], ["constructor", "x"]] as const) {
      assert("rule" in readTaggedScalar(tag, text), tag);
    }
  });
});
