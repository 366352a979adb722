/** Sweeps with texts that hosts and inventories could choose to do harm, for property tests. */

import fc from "fast-check";
import { findingKey, findingStatuses } from "../finding.ts";
import type { ReportedSweep } from "./reported_sweep.ts";
import { startedMs } from "./test_sweep.ts";

/** Texts that end something in one of the forms of a report, and any others. */
const text = fc.oneof(
  fc.constantFrom(
    ...["", "]]>", "-->", "<!--", "</testcase>", "<![CDATA[", "&amp;", "&#0;", `" onload="x`],
    ...["</style><script>alert(1)</script>", "<img src=x onerror=alert(1)>", "'", "`"],
    ...['"} 1\nztna_sweep_status{fleet="x"} 0', "\\", '\\"', "\n# EOF\n", "a\r\nb", "\0"],
    ...["\x1b[2J\x1b[H", "\u009b31m", "\u202eevil", "\u2028", "\ufffe", "\uffff", "\ud800"],
    ...["$&", "$1", "deno task sweep -i $(reboot)", "日本語", "🚀", "a".repeat(2000)],
    ...["4 s", "5 s", "%s", "{{x}}", "relay01", "service web", "__proto__", "-i …"],
  ),
  fc.string({ unit: "binary", maxLength: 30 }),
);

const names = fc.uniqueArray(text, { minLength: 1, maxLength: 4 });
const number = fc.oneof(fc.double({ noNaN: true }), fc.constantFrom(0, -0, 1e300, -1));

const finding = fc.record({
  place: fc.nat(4),
  check: text.filter((id) => id !== ""),
  subject: text,
  status: fc.constantFrom(...findingStatuses),
  value: text,
  remedy: text,
  measure: fc.option(
    fc.record({
      value: number.filter(Number.isFinite),
      unit: fc.constantFrom(
        "seconds" as const,
        "bytes" as const,
        "ratio" as const,
        "count" as const,
      ),
    }),
    { nil: undefined },
  ),
  silenced: fc.option(
    fc.record({
      by: fc.constantFrom("silence" as const, "maintenance" as const),
      reason: text,
      untilMs: fc.constantFrom(startedMs, startedMs + 1e9, Infinity),
    }),
    { nil: undefined },
  ),
  kind: fc.option(fc.constantFrom("new", "worse", "better", "solved", "gone"), { nil: undefined }),
});

/** Sweeps in which every text may be anything. */
export const hostileSweep: fc.Arbitrary<ReportedSweep> = fc.record({
  fleet: text,
  hosts: names,
  found: fc.array(finding, { maxLength: 8 }),
  service: text,
  hasHistory: fc.boolean(),
  why: text,
}).map(({ fleet, hosts, found, service, hasHistory, why }) => {
  const findings = found.map(({ place, measure, silenced, kind: _, ...rest }) => ({
    ...rest,
    host: hosts[place] ?? null,
    ...measure !== undefined && { measure },
    ...silenced !== undefined && rest.status !== "ok" && { silenced },
  }));
  const changes = findings.flatMap((each, i) => {
    const { kind } = found[i]!;
    return kind === undefined ? [] : [{ kind, finding: each, before: undefined }];
  });
  const window = { name: "24h", upMs: 5, downMs: 1, unknownMs: 1 };
  return {
    result: { fleet, hosts, findings, startedMs, durationMs: 1234.5 },
    changes: hasHistory
      ? {
        previousSweepMs: startedMs - 1,
        changes,
        since: new Map(findings.map((each) => [findingKey(each), startedMs - 1])),
        flapping: new Map(),
      }
      : undefined,
    recent: {
      startsMs: [startedMs - 1, startedMs],
      hosts: new Map(hosts.map((host) => [host, ["ok", "critical"] as const])),
    },
    fixes: findings.slice(0, 3).map((each) => ({
      ...{ finding: each, result: "left alone", changes: [], why },
    })),
    uptime: [{ service, isUp: true, windows: [window, { ...window, upMs: 0, downMs: 0 }] }],
  };
});
