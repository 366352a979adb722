import { assertEquals } from "@std/assert";
import { after, before, describe, it } from "@std/testing/bdd";
import fc from "fast-check";
import { type Finding, findingKey, type FindingStatus, findingStatuses } from "../finding.ts";
import { openHistory, type SweepHistory } from "./history.ts";
import { HistoryDatabase } from "./history_database.ts";
import type { ChangeKind } from "./known_state.ts";
import { openProblems, pastChanges } from "./past_changes.ts";
import { findingOf, sweepOf, type TestSweep } from "./test_sweeps.ts";

const minuteMs = 60_000;
const startMs = 1_795_000_000_000;
const hosts = ["relay1", "relay2", "connector1"];
const checks = ["disk", "load"];
const subjects = ["", "/var"];

interface Step {
  /** After the sweep before, in minutes; below 0 it began earlier than that and ended later. */
  readonly minutes: number;
  readonly isWhole: boolean;
  readonly sweep: Pick<TestSweep, "hosts" | "silent" | "unreadable" | "partialChecks" | "findings">;
  /** Whether another process makes it. */
  readonly reopens: boolean;
}

const status = fc.constantFrom(...findingStatuses);
const finding = fc.record({
  host: fc.constantFrom(...hosts, null),
  check: fc.constantFrom(...checks),
  subject: fc.constantFrom(...subjects),
  status,
});
const step: fc.Arbitrary<Step> = fc.record({
  minutes: fc.oneof({ weight: 5, arbitrary: fc.integer({ min: 1, max: 90 }) }, fc.constant(-1)),
  isWhole: fc.boolean(),
  reopens: fc.boolean(),
  sweep: fc.record({
    hosts: fc.subarray(hosts),
    silent: fc.subarray(hosts, { maxLength: 1 }),
    unreadable: fc.subarray(hosts, { maxLength: 1 }),
    partialChecks: fc.subarray(checks, { maxLength: 1 }),
    findings: fc.uniqueArray(finding, {
      maxLength: 8,
      selector: ({ host, check, subject }) => findingKey({ host, check, subject }),
    }).map((all) =>
      all.map(({ host, check, subject, status }) => findingOf(host, check, status, { subject }))
    ),
  }),
}).map((made) => {
  // A sweep has findings only of the hosts that it was to ask.
  const findings = made.sweep.findings.filter(({ host }) =>
    host === null || made.sweep.hosts.includes(host)
  );
  return { ...made, sweep: { ...made.sweep, findings } };
});

/** The same in memory, in the simplest way: a list of everything that ever was. */
class Model {
  /** Of each finding, what it was like since when. */
  readonly log = new Map<string, { status: FindingStatus | "gone"; sinceMs: number }[]>();
  readonly #sweptMs = new Map<string | null, number>();

  record({ isWhole, sweep }: Step, atMs: number): string[] {
    const changes: string[] = [];
    const told = new Set<string | null>(isWhole ? [null, ...sweep.hosts] : sweep.hosts);
    for (const { host } of sweep.findings) told.add(host);
    const isOld = (host: string | null): boolean => (this.#sweptMs.get(host) ?? 0) >= atMs;
    const put = (key: string, next: FindingStatus | "gone"): void => {
      const states = this.log.get(key) ?? [];
      const last = states.at(-1)?.status;
      if (last === next || last === undefined && next === "gone") return;
      const kind = kindOf(last ?? "gone", next);
      this.log.set(key, [...states, { status: next, sinceMs: atMs }]);
      if (kind !== undefined) changes.push(`${kind} ${key}`);
    };
    for (const { status, ...found } of sweep.findings) {
      if (!isOld(found.host)) put(findingKey(found), status);
    }
    for (const key of this.log.keys()) {
      const [host, check] = JSON.parse(key) as [string | null, string];
      if (isOld(host) || sweep.findings.some((found) => findingKey(found) === key)) continue;
      const isAsked = host === null || sweep.hosts.includes(host);
      const isAnswered = host === null || !isAsked
        ? isWhole
        : ![...sweep.silent!, ...sweep.unreadable!].includes(host);
      if (isAsked && sweep.partialChecks!.includes(check)) continue;
      if (!isAnswered) continue;
      if (this.log.get(key)?.at(-1)?.status !== "gone") told.add(host);
      put(key, "gone");
    }
    for (const host of told) {
      if (!isOld(host)) this.#sweptMs.set(host, atMs);
    }
    return changes.sort();
  }
}

function kindOf(
  from: FindingStatus | "gone",
  to: FindingStatus | "gone",
): ChangeKind | undefined {
  const table: Readonly<Record<string, ChangeKind>> = {
    "gone>warning": "new",
    "gone>critical": "new",
    "ok>warning": "new",
    "ok>critical": "new",
    "warning>critical": "worse",
    "critical>warning": "better",
    "warning>ok": "solved",
    "critical>ok": "solved",
    "warning>gone": "gone",
    "critical>gone": "gone",
  };
  return table[`${from}>${to}`];
}

describe("the history of any sweeps", () => {
  let directory: string;
  before(() => directory = Deno.makeTempDirSync({ prefix: "ztna-history-model-" }));
  after(() => Deno.removeSync(directory, { recursive: true }));

  it("is what a simple model of it says: changes, states, and since when", () => {
    fc.assert(fc.property(fc.array(step, { maxLength: 12 }), (steps) => {
      const path = `${directory}/${crypto.randomUUID()}.db`;
      const model = new Model();
      const told: string[][] = [];
      const expected: string[][] = [];
      const open = (): SweepHistory =>
        openHistory(path, {
          warn: (text) => {
            throw new Error(text);
          },
        });
      let history = open();
      let latestMs = startMs;
      for (const each of steps) {
        if (each.reopens) {
          history[Symbol.dispose]();
          history = open();
        }
        const atMs = latestMs + each.minutes * minuteMs;
        latestMs = Math.max(latestMs, atMs);
        const recorded = history.record(sweepOf({ ...each.sweep, atMs }), {
          isWhole: each.isWhole,
          nowMs: latestMs + minuteMs / 2,
        });
        told.push(recorded!.changes.map((change) => `${change.kind} ${keyOf(change)}`).sort());
        expected.push(model.record(each, atMs));
        for (const [key, sinceMs] of recorded!.since) {
          assertEquals(sinceMs, model.log.get(key)?.at(-1)?.sinceMs);
        }
      }
      history[Symbol.dispose]();
      assertEquals(told, expected);
      if (steps.length > 0) assertStored(path, model);
    }));
  });
});

/** Holds what is in the file against the model. */
function assertStored(path: string, { log }: Model): void {
  using database = new HistoryDatabase(path);
  const filter = { fromMs: 0 };
  const sorted = (lines: readonly string[]): string[] => [...lines].sort();
  const problems = [...log].map(([key, states]) => ({ key, ...states.at(-1)! }))
    .filter(({ status }) => status === "warning" || status === "critical")
    .map(({ key, status, sinceMs }) => `${sinceMs} ${key} ${status}`);
  const changes = [...log].flatMap(([key, states]) =>
    states.flatMap(({ status, sinceMs }, i) => {
      const kind = kindOf(states[i - 1]?.status ?? "gone", status);
      const until = states[i + 1]?.sinceMs;
      return kind === undefined ? [] : [`${sinceMs} ${until} ${kind} ${key}`];
    })
  );
  assertEquals(
    sorted(
      openProblems(database, filter).map((problem) =>
        `${problem.sinceMs} ${findingKey(problem)} ${problem.to}`
      ),
    ),
    sorted(problems),
  );
  assertEquals(
    sorted(
      pastChanges(database, filter).map((change) =>
        `${change.sinceMs} ${change.untilMs} ${change.kind} ${findingKey(change)}`
      ),
    ),
    sorted(changes),
  );
}

function keyOf({ finding }: { readonly finding: Finding }): string {
  return findingKey(finding);
}
