import { assert, assertEquals, assertThrows } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { ConfigError } from "../../../tunnel/errors.ts";
import { hostWith } from "../../../tests/inventory/host_with.ts";
import type { Variables, VariableValue } from "./inventory.ts";
import { readVariable } from "./read_variable.ts";

function read(value: VariableValue, others: Variables = {}): VariableValue | undefined {
  return readVariable(hostWith({ ...others, x: value }), "x");
}

function refusal(value: VariableValue, others: Variables = {}): string {
  return assertThrows(() => read(value, others), ConfigError).message;
}

describe("readVariable", () => {
  it("replaces names and members", () => {
    const others = { port: 22, name: "a", deep: { er: { b: true } }, via: "<{{ name }}>" };
    const cases: [text: VariableValue, value: VariableValue][] = [
      ["plain } {", "plain } {"],
      ["", ""],
      ["{{ name }}", "a"],
      ["{{name}}-{{ via }}", "a-<a>"],
      ["{{- name -}}", "a"],
      ["{{ port }}", 22],
      [":{{ port }}", ":22"],
      ["{{ deep.er.b }}/{{ deep.er.b }}", "True/True"],
      ["{{ deep }}", { er: { b: true } }],
      [
        "{{ inventory_hostname }} {{ inventory_dir }} {{ inventory_file }}",
        "relay1 /fleet /fleet/hosts.yml",
      ],
      [["{{ name }}", { k: "{{ port }}", "{{ name }}": 1 }], ["a", { k: 22, "{{ name }}": 1 }]],
      [{ __ansible_unsafe: "{{ name }}" }, "{{ name }}"],
      [null, null],
      ["[{{ nothing }}]", "[]"],
    ];
    for (const [text, value] of cases) {
      assertEquals(read(text, { ...others, nothing: null }), value, JSON.stringify(text));
    }
    assertEquals(readVariable(hostWith({}), "x"), undefined);
  });

  it("refuses what takes more than that, with the variable, its origin and the template", () => {
    const start = 'Cannot use variable "x" of host "relay1", set in hosts.yml:3, as ';
    for (
      const text of [
        "{{ a | int }}",
        "{{ a['b'] }}",
        "{{ 1 + 1 }}",
        "{{ }}",
        "{% if a %}",
        "{# c #}",
      ]
    ) {
      const message = refusal(text, { a: 1 });
      assert(
        message.startsWith(`${start}of templates only {{ NAME }} and {{ NAME.MEMBER }}`),
        message,
      );
      assert(message.includes("write the value out: current value is "), message);
      assert(message.endsWith(JSON.stringify(text)), message);
    }
    assertEquals(
      refusal("{{ prot }}", { port: 1 }),
      `${start}there is no "prot" for {{ prot }}: the nearest valid name is "port": current value is "{{ prot }}"`,
    );
    assert(refusal("{{ a.b.c }}", { a: { b: 1 } }).includes('there is no "c" for {{ a.b.c }}'));
    assert(refusal("{{ constructor.name }}").includes('there is no "constructor"'));
    assert(
      refusal("a{{ l }}", { l: [] }).includes("within a text only texts, numbers and booleans"),
    );
  });

  it("names the variable in which the mistake is", () => {
    const message = refusal("{{ a }}", { a: "{{ b }}", b: "{{ c | d }}" });
    assert(
      message.startsWith(
        'Cannot use variable "b" of host "relay1", set in hosts.yml:3, which "x" uses, as of templates',
      ),
      message,
    );
  });

  it("finds loops", () => {
    assert(refusal("{{ x }}").includes("a variable must not use itself: x > x"));
    const message = refusal("{{ a }}", { a: "{{ b.c }}", b: { c: "{{ a }}" } });
    assert(message.includes("a variable must not use itself: a > b.c > a"), message);
  });

  it("bounds what templates grow to", () => {
    const doubling = Object.fromEntries(
      Array.from({ length: 40 }, (_, i) => [`v${i}`, `{{ v${i + 1} }}{{ v${i + 1} }}`]),
    );
    const texts = refusal("{{ v0 }}", { ...doubling, v40: "xx" });
    assert(texts.includes("a value may use 10000 variables"), texts);
    const lists = Object.fromEntries(
      Array.from({ length: 40 }, (_, i) => [`v${i}`, [`{{ v${i + 1} }}`, `{{ v${i + 1} }}`]]),
    );
    assert(refusal("{{ v0 }}", { ...lists, v40: "x" }).includes("a value may use 10000 variables"));
    const long = refusal("{{ l }}{{ l }}", { l: "x".repeat(40_000) });
    assert(long.includes("a text may grow to 65536 characters"), long);
    const chain = Object.fromEntries(
      Array.from({ length: 100 }, (_, i) => [`v${i}`, `{{ v${i + 1} }}`]),
    );
    assert(refusal("{{ v0 }}", chain).includes("64 deep"));
  });

  it("says what to do about encrypted values, and shows no secrets", () => {
    const vault = { __ansible_vault: "$ANSIBLE_VAULT;1.1;AES256\n33" };
    for (const value of [vault, [vault], { a: vault }]) {
      assert(refusal(value).endsWith("let an executable inventory give the value"));
    }
    const host = hostWith({ ansible_become_password: "hunter2 {{ x | y }}" });
    const { message } = assertThrows(
      () => readVariable(host, "ansible_become_password"),
      ConfigError,
    );
    assert(!message.includes("hunter2"), message);
  });
});
