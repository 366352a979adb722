import { assertEquals, assertStringIncludes } from "@std/assert";
import { afterEach, beforeEach, describe, it } from "@std/testing/bdd";
import type { NotifiedChange } from "./change.ts";
import {
  maxPending,
  noState,
  readStates,
  type ReceiverState,
  withPending,
  writeStates,
} from "./notification_state.ts";

const place = { host: "a", check: "unit", subject: "", value: "failed", remedy: "", sinceMs: 1 };
const change = (id: string): NotifiedChange => ({
  ...{ ...place, id, kind: "new", atMs: 1, from: null, to: "critical" },
});
const state: ReceiverState = {
  sweepMs: 1000,
  told: [{ ...place, host: null, status: "critical", isFlapping: false }],
  pending: [change("1")],
  dropped: 3,
};

describe("what receivers know", () => {
  let directory: string;
  let warnings: string[];
  beforeEach(() => {
    directory = Deno.makeTempDirSync({ prefix: "notifications-" });
    warnings = [];
  });
  afterEach(() => Deno.removeSync(directory, { recursive: true }));

  const path = (): string => `${directory}/notifications.json`;
  const read = (): ReturnType<typeof readStates> =>
    readStates(path(), (text) => warnings.push(text));

  it("is kept, for its owner alone", () => {
    writeStates(path(), { "webhook:1": state }, 1000);
    assertEquals(read(), { "webhook:1": state });
    assertEquals(Deno.statSync(path()).mode! & 0o777, 0o600);
    assertEquals(warnings, []);
  });

  it("is nothing at first", () => {
    assertEquals([read(), warnings], [{}, []]);
  });

  it("is forgotten when no sweep has named the receiver for a month", () => {
    const states = { old: state, new: { ...state, sweepMs: 1000 + 86_400_000 } };
    writeStates(path(), states, 1000 + 30 * 86_400_000);
    assertEquals(Object.keys(read()), ["new"]);
  });

  const damages: [what: string, text: string][] = [
    ["no JSON", "{"],
    ["empty", ""],
    ["of a later version", '{"schema": 2, "receivers": {}}'],
    ["of another form", '{"schema": 1, "receivers": {"a": {"told": "all"}}}'],
    ["binary", "\0\xff\xfe"],
  ];
  for (const [what, text] of damages) {
    it(`is begun anew, with a warning, when its file is ${what}`, () => {
      Deno.writeTextFileSync(path(), text);
      assertEquals(read(), {});
      assertEquals(warnings.length, 1);
      assertStringIncludes(warnings[0]!, "they are told of every problem again");
    });
  }

  it("has the youngest changes, when too many wait", () => {
    const many = Array.from({ length: maxPending }, (_, at) => change(String(at)));
    const { pending, dropped } = withPending({ ...state, pending: [change("old")] }, many);
    assertEquals([pending.length, dropped, pending[0]?.id], [maxPending, 4, "0"]);
    assertEquals(withPending(noState, [change("1")]).dropped, 0);
  });
});
