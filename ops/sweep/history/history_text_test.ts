import { assert, assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { formatLocalTime } from "../../terminal/local_time.ts";
import type { HistoryReport } from "./history_report.ts";
import { historyText } from "./history_text.ts";
import type { PastChange } from "./past_changes.ts";
import { foldSweeps, type PastSweep } from "./sweep_list.ts";

const minuteMs = 60_000;
const hourMs = 60 * minuteMs;
const startMs = Date.UTC(2026, 10, 26, 3, 0);
const at = (minutes: number): number => startMs + minutes * minuteMs;

function sweep(minutes: number, rest: Partial<PastSweep> = {}): PastSweep {
  const counts = { hosts: 2, unreachable: 0, ok: 60, warning: 0, critical: 0 };
  return { startedMs: at(minutes), durationMs: 900, isWhole: true, ...counts, ...rest };
}

function change(rest: Partial<PastChange>): PastChange {
  const about = { host: "relay1", check: "disk-space", subject: "/var" };
  return {
    ...{ kind: "new", ...about, from: "ok", to: "warning", value: "81 % of 20 GiB used" },
    ...{ sinceMs: at(5), untilMs: undefined },
    ...rest,
  };
}

function report(rest: Partial<HistoryReport>): HistoryReport {
  const sweeps = rest.sweeps ?? [];
  return {
    ...{ filter: { fromMs: at(0) }, nowMs: at(60), sweeps, changes: [], problems: [] },
    ...{ series: foldSweeps(sweeps, 15 * minuteMs), flapping: [], uptime: [] },
    ...rest,
  };
}

/** Times as they are in this machine's zone. */
function shown(text: string): string {
  return text.replace(/\b03:(\d\d)/g, (_, minutes) => formatLocalTime(at(Number(minutes))));
}

describe("the text of a history", () => {
  it("folds sweeps in a row that say the same, and shows gaps", () => {
    const sweeps = [
      ...[sweep(0), sweep(5), sweep(10), sweep(15, { critical: 1 })],
      ...[sweep(20, { hosts: 1, isWhole: false }), sweep(50), sweep(55)],
    ];
    const lines = historyText(report({ sweeps }), false).split("\n\n")[0]!.split("\n");
    assertEquals(lines.map((line) => line.split(/ {2,}/)), [
      [shown("7 sweeps since 03:00")],
      ["FROM", "TO", "SWEEPS", "HOSTS", "UNREACHABLE", "WARNINGS", "CRITICAL"],
      [shown("03:00"), shown("03:10"), "3", "2", "0", "0", "0"],
      [shown("03:15"), "1", "2", "0", "0", "1"],
      [shown("03:20"), "1", "1 (--limit)", "0", "0", "0"],
      ["(no sweep for 30 min 00 s)"],
      [shown("03:50"), shown("03:55"), "2", "2", "0", "0", "0"],
    ]);
  });

  it("tells what has changed, what is not well, what flaps, and how services were", () => {
    const text = historyText(
      report({
        changes: [
          change({ untilMs: at(12) }),
          change({ kind: "worse", from: "warning", to: "critical", sinceMs: at(12) }),
          change({ kind: "gone", host: null, check: "plan", subject: "", to: "gone", value: "" }),
        ],
        problems: [change({ to: "critical" })],
        flapping: [{ host: "relay1", check: "memory", subject: "", changes: 6 }],
        uptime: [{
          service: "web",
          isUp: false,
          windows: [
            { name: "24h", upMs: 0, downMs: 0, unknownMs: 24 * hourMs },
            { name: "7d", upMs: 99_999.9 * hourMs, downMs: 0.1 * hourMs, unknownMs: 0 },
            { name: "30d", upMs: 9 * hourMs, downMs: hourMs, unknownMs: 30 * hourMs },
          ],
        }],
      }),
      false,
    );
    assertEquals(
      text,
      shown(`0 sweeps since 03:00

3 changes since 03:00
WHEN              WHAT         HOST     CHECK       SUBJECT  LASTED      VALUE
03:05  new warning  relay1   disk-space  /var     7 min 00 s  81 % of 20 GiB used
03:12  worse        relay1   disk-space  /var                 81 % of 20 GiB used
03:05  gone         (fleet)  plan

1 problem at the last look
SINCE             STATUS    HOST    CHECK       SUBJECT  FOR          VALUE
03:05  critical  relay1  disk-space  /var     55 min 00 s  81 % of 20 GiB used

Changing too often to trust what they are now
HOST    CHECK   SUBJECT  CHANGES
relay1  memory           6 in 2 hours

Uptime of services, of the time in which sweeps have looked
SERVICE  NOW   24h        7d        30d
web      down  not known  99.999 %  90.00 % (75 % not known)`),
    );
  });

  it("lets nothing that a host has said move the cursor", () => {
    const value = "\x1b[2Jcleared\n\u202Ereversed";
    const text = historyText(report({ changes: [change({ value, host: "\x07" })] }), false);
    assert(text.includes("\\u001b[2Jcleared\\u000a\\u202ereversed"), text);
    assert(text.includes("\\u0007"), text);
  });

  it("is bounded", () => {
    const changes = Array.from({ length: 5000 }, (_, i) => change({ value: `number ${i}.` }));
    const text = historyText(report({ changes }), false);
    assert(text.includes("(4800 older lines: --json has them)"));
    assert(text.includes("number 4999."));
    assert(!text.includes("number 4799."));
    const long = historyText(report({ changes: [change({ value: "x".repeat(5000) })] }), false);
    assert(long.length < 500);
  });
});
