import { assert, assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { type Finding, findingKey } from "../finding.ts";
import { findingOf } from "../history/test_sweeps.ts";
import { type SentAlert, sweepAlerts } from "./alertmanager.ts";
import type { ToldProblem } from "./change.ts";

const minute = 60_000;
const silenced = { by: "silence", reason: "known", untilMs: 1 } as const;

/** What is sent after sweeps a minute apart; `unseen` hosts have not answered. */
function sendAll(
  sweeps: readonly (readonly Finding[])[],
  { unseen = [], since }: {
    readonly unseen?: readonly (string | null)[];
    readonly since?: ReadonlyMap<string, number>;
  } = {},
): SentAlert[][] {
  let told: ReadonlyMap<string, ToldProblem> = new Map();
  return sweeps.map((findings, at) => {
    const next = sweepAlerts(told, {
      startedMs: at * minute,
      findings: new Map(findings.map((finding) => [findingKey(finding), finding])),
      coverage: { isComplete: (host) => !unseen.includes(host) },
      since: since ?? new Map(),
      flapping: new Set(),
    }, { fleet: "prod", holdMs: 15 * minute, nowMs: at * minute });
    told = next.told;
    return [...next.alerts];
  });
}

/** An alert in short: its severity, when it began and when it ends, in minutes. */
const brief = ({ labels, startsAt, endsAt }: SentAlert): string =>
  `${labels["severity"]} ${Date.parse(startsAt) / minute}-${Date.parse(endsAt) / minute}`;

describe("the alerts of sweeps", () => {
  const critical = findingOf("a", "unit", "critical");
  const warning = findingOf("a", "unit", "warning");
  const well = findingOf("a", "unit", "ok");
  const cases: [what: string, sweeps: Finding[][], alerts: string[][]][] = [
    [
      "are sent again by every sweep, from when the problem began",
      [[critical], [critical], [critical]],
      [["critical 0-15"], ["critical 0-16"], ["critical 0-17"]],
    ],
    [
      "end at once when the problem does",
      [[critical], [well], [well]],
      [["critical 0-15"], ["critical 0-1"], []],
    ],
    [
      "end when nobody looks any more",
      [[critical], [], []],
      [["critical 0-15"], ["critical 0-1"], []],
    ],
    [
      "end and begin with another severity",
      [[warning], [critical]],
      [["warning 0-15"], ["critical 1-16", "warning 0-1"]],
    ],
    [
      "end when they are silenced, and begin again afterwards",
      [[critical], [{ ...critical, silenced }], [critical]],
      [["critical 0-15"], ["critical 0-1"], ["critical 2-17"]],
    ],
  ];
  for (const [what, sweeps, alerts] of cases) {
    it(what, () => assertEquals(sendAll(sweeps).map((sent) => sent.map(brief)), alerts));
  }

  it("go on while their host does not answer", () => {
    const sent = sendAll([[critical], [], []], { unseen: ["a"] });
    assertEquals(sent.map((alerts) => alerts.map(brief)), [
      ...[["critical 0-15"], ["critical 0-16"], ["critical 0-17"]],
    ]);
  });

  it("begin when the history says", () => {
    const since = new Map([[findingKey(critical), -5 * minute]]);
    assertEquals(sendAll([[critical]], { since }).flat().map(brief), ["critical -5-15"]);
  });

  it("name the check, and have no empty labels", () => {
    const finding = findingOf(null, "served-certificate", "critical", {
      value: "expired",
      remedy: "deno task deploy",
    });
    const [[alert]] = sendAll([[finding]]) as [[SentAlert]];
    assertEquals(alert.labels, {
      ...{ alertname: "ZtnaSweepServedCertificate", fleet: "prod", check: "served-certificate" },
      severity: "critical",
    });
    assertEquals(alert.annotations, { summary: "prod: expired", remedy: "deno task deploy" });
  });

  it("are well-formed whatever a host has said", () => {
    const finding = findingOf("a", "unit", "warning", { subject: "\ud800x", value: "\udc00" });
    const [[alert]] = sendAll([[finding]]) as [[SentAlert]];
    const texts = [...Object.values(alert.labels), ...Object.values(alert.annotations)];
    assert(texts.every((text) => text.isWellFormed()));
  });
});
