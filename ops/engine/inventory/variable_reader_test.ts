import { assert, assertEquals, assertThrows } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import * as v from "valibot";
import { hostWith } from "../../../tests/inventory/host_with.ts";
import { ConfigError } from "../../../tunnel/errors.ts";
import type { Variables } from "./inventory.ts";
import { VariableReader } from "./variable_reader.ts";

/** What is wrong after something has been read. */
function mistakes(variables: Variables, read: (reader: VariableReader) => unknown): string[] {
  const reader = new VariableReader(hostWith(variables));
  assertEquals(read(reader), undefined);
  return assertThrows(() => reader.throwIfAny(), ConfigError).message.split("\n");
}

const start = 'Cannot use variable "x" of host "relay1", set in hosts.yml:3, as ';

describe("VariableReader", () => {
  it("reads values of each type, and nothing where none is set", () => {
    const reader = new VariableReader(
      hostWith({ s: "{{ n }}a", n: 5, d: "07", t: "-8", yes: "Yes", off: 0, l: ["a"], o: null }),
    );
    assertEquals(reader.string("s"), "5a");
    assertEquals(reader.integer("n", { min: 5, max: 5 }), 5);
    assertEquals(reader.integer("t", { min: -8, max: 0 }), -8);
    assertEquals([reader.boolean("yes"), reader.boolean("off")], [true, false]);
    assertEquals([reader.strings("l"), reader.strings("d")], [["a"], ["07"]]);
    for (const name of ["o", "missing", "constructor"]) {
      assertEquals(reader.string(name), undefined);
      assertEquals(reader.boolean(name), undefined);
      assertEquals(reader.structure(name, v.any()), undefined);
    }
    reader.throwIfAny();
  });

  it("takes Ansible's words for true and false", () => {
    const words: [boolean, readonly (string | number | boolean)[]][] = [
      [true, ["y", "YES", "on", "1", 1, "True", true, "t"]],
      [false, ["n", "No", "off", "0", 0, "false", false, "F"]],
    ];
    for (const [value, texts] of words) {
      for (const x of texts) assertEquals(new VariableReader(hostWith({ x })).boolean("x"), value);
    }
    for (const x of ["", "maybe", 2, [], { a: true }]) {
      const [message] = mistakes({ x }, (reader) => reader.boolean("x"));
      assertEquals(
        message,
        `${start}it must be true or false: current value is ${JSON.stringify(x)}`,
      );
    }
  });

  it("says what a text must be", () => {
    for (const x of [5, true, []]) {
      const [message] = mistakes({ x }, (reader) => reader.string("x"));
      assert(message?.startsWith(`${start}it must be a text; put it in quotes`), message);
    }
    const rule = "it must be short";
    const [message] = mistakes({ x: "long" }, (reader) => reader.string("x", () => rule));
    assertEquals(message, `${start}it must be short: current value is "long"`);
  });

  it("says which numbers there may be", () => {
    for (const x of [0, 11, 1.5, "", "5 ", "0x5", "1e1", "05", true, "99999999999999999999"]) {
      const [message] = mistakes({ x }, (reader) => reader.integer("x", { min: 1, max: 10 }));
      assertEquals(
        message,
        `${start}it must be a whole number from 1 to 10: current value is ${JSON.stringify(x)}`,
      );
    }
  });

  it("checks structures, and says which part is wrong", () => {
    const schema = v.array(v.strictObject({ id: v.string(), port: v.number() }));
    const x = [{ id: "a", port: 1 }];
    assertEquals(new VariableReader(hostWith({ x })).structure("x", schema), x);
    const [message] = mistakes({ x: [{ id: "a", port: "1" }, 5] }, (reader) => {
      return reader.structure("x", schema);
    });
    assert(
      message?.startsWith(`${start}it has another form than it must have ([0].port: `),
      message,
    );
    assert(message?.includes("; [1]: "), message);
  });

  it("finds names that are misspelt", () => {
    const known = ["ztna_port", "ztna_zone"];
    const reader = new VariableReader(hostWith({ ztna_prot: 1, ztna_zone: 1, other: 2 }));
    reader.refuseUnknown("ztna_", known);
    assertEquals(
      assertThrows(() => reader.throwIfAny(), ConfigError).message,
      'Cannot use variable "ztna_prot" of host "relay1", set in hosts.yml:3, as there is no such setting: the nearest valid name is "ztna_port"',
    );
  });

  it("gathers all mistakes", () => {
    const messages = mistakes({ a: [], b: "{{ c }}", d: "x" }, (reader) => {
      reader.boolean("a");
      reader.string("b");
      return reader.integer("d", { min: 0, max: 1 });
    });
    assertEquals(messages.length, 3);
  });
});
