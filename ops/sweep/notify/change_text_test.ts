import { assert, assertEquals, assertFalse } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import type { NotifiedChange } from "./change.ts";
import { changesSubject, changesText } from "./change_text.ts";

const atMs = Date.parse("2026-11-26T08:30:00Z");

function change(host: string | null, rest: Partial<NotifiedChange> = {}): NotifiedChange {
  return {
    ...{ id: "1", kind: "new", host, check: "disk-space", subject: "/var", from: null },
    remedy: `deno task exec -i x ${host} -- df`,
    ...{ to: "critical", value: "96 % used", atMs, sinceMs: atMs },
    ...rest,
  };
}

const textOf = (changes: readonly NotifiedChange[], dropped = 0): string =>
  changesText({ fleet: "prod", changes, dropped, sender: "ops1" });

describe("the text of changes", () => {
  it("puts equal ones together, the worst first, with what to do once", () => {
    const solved = { check: "unit", subject: "relay", kind: "solved", from: "warning", to: "ok" };
    assertEquals(
      textOf([
        change("relay3", { ...solved, value: "active" } as Partial<NotifiedChange>),
        change("relay1"),
        change("relay2", { value: "99 % used" }),
        change("app1", { value: "full" }),
        change(null, { check: "services", subject: "web", kind: "worse", remedy: "" }),
      ]),
      `Fleet prod: 5 changes at 2026-11-26 08:30 UTC

WORSE critical: services web
  whole fleet: 96 % used

NEW critical: disk-space /var
  relay[1-2]: 96 to 99 % used
  app1: full
  What to do: deno task exec -i x relay1,relay2,app1 -- df

SOLVED: unit relay
  relay3: active

How it is now: deno task sweep -i INVENTORY
-- 
deno task sweep on ops1`,
    );
  });

  it("is bounded, and says what is left out", () => {
    const many = Array.from(
      { length: 20_000 },
      (_, at) =>
        change(`host${at}`, {
          ...{ subject: `/disk${at % 500}`, atMs: atMs + at },
          value: String.fromCharCode(0x4e00 + at).repeat(400),
        }),
    );
    const text = textOf(many, 7);
    assert(text.length < 250_000);
    assert(text.startsWith("Fleet prod: 20000 changes at 2026-11-26 08:30 UTC\n"));
    assert(text.includes("and 30 more"));
    assert(text.includes("And 18400 more changes."));
    assert(text.includes("7 older changes could not be delivered and are lost."));
  });

  it("says when the first and the last was noticed, where mail was held up", () => {
    const text = textOf([change("a"), change("b", { atMs: atMs + 3_600_000 })]);
    assertEquals(
      text.split("\n")[0],
      "Fleet prod: 2 changes from 2026-11-26 08:30 UTC to 2026-11-26 09:30 UTC",
    );
  });

  it("escapes what hosts have said", () => {
    const text = textOf([change("a", { value: "\x1b[2J\nSubject: x", subject: "\u202e" })]);
    assertFalse(text.includes("\x1b") || text.includes("\u202e") || /^Subject/m.test(text));
  });
});

describe("the subject of changes", () => {
  const cases: [changes: NotifiedChange[], subject: string][] = [
    [[change("relay1")], "[prod] NEW critical: disk-space /var on relay1"],
    [[change("a"), change("b")], "[prod] NEW critical: disk-space /var on 2 hosts"],
    [
      [change(null, { kind: "solved", to: "ok" }), change("a", { to: "warning" })],
      "[prod] NEW warning: disk-space /var on a (+1 more)",
    ],
    [[], "[prod] nothing has changed"],
  ];
  for (const [changes, subject] of cases) {
    it(`is ${subject}`, () => assertEquals(changesSubject("prod", changes), subject));
  }
});
