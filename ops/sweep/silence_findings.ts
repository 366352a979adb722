import { globPattern } from "../engine/inventory/pattern/glob.ts";
import type { Fleet } from "../fleet/fleet.ts";
import type { MaintenanceWindow, Silence, SweepQuiet } from "../fleet/sweep_silences.ts";
import { weeklyEnd } from "../fleet/sweep_times.ts";
import type { Finding, Silencing } from "./finding.ts";

/**
 * Marks the problems that the inventory silences, by what it says of their host. What is the whole
 * fleet's is silenced by what it says of all hosts.
 *
 * @param nowMs This machine's clock, in ms since 1970.
 */
export function silenceFindings(
  findings: readonly Finding[],
  { hosts }: Pick<Fleet, "hosts">,
  nowMs: number,
): Finding[] {
  const byHost = new Map<string | null, SweepQuiet>(
    hosts.map(({ name, sweep }) => [name, sweep.quiet]),
  );
  byHost.set(null, commonQuiet(hosts.map(({ sweep }) => sweep.quiet)));
  return findings.map((finding) => {
    const quiet = byHost.get(finding.host);
    if (finding.status === "ok" || quiet === undefined) return finding;
    const silenced = silencingOf(finding, quiet, nowMs);
    return silenced === undefined ? finding : { ...finding, silenced };
  });
}

/** What all hosts of a fleet are kept quiet about. */
export function commonQuiet([first, ...others]: readonly SweepQuiet[]): SweepQuiet {
  if (first === undefined) return { silences: [], maintenance: [] };
  const isIn = <T>(list: readonly T[], item: T): boolean =>
    list.some((other) => JSON.stringify(other) === JSON.stringify(item));
  return {
    silences: first.silences.filter((silence) =>
      others.every(({ silences }) => isIn(silences, silence))
    ),
    maintenance: first.maintenance.filter((window) =>
      others.every(({ maintenance }) => isIn(maintenance, window))
    ),
  };
}

/** When a maintenance window is over that it is the time of; `undefined` when it is not. */
export function windowEnd({ when }: MaintenanceWindow, nowMs: number): number | undefined {
  if ("weekly" in when) return weeklyEnd(when.weekly, nowMs);
  return when.fromMs <= nowMs && nowMs < when.untilMs ? when.untilMs : undefined;
}

/** What keeps a problem quiet the longest. */
function silencingOf(
  finding: Finding,
  { silences, maintenance }: SweepQuiet,
  nowMs: number,
): Silencing | undefined {
  const all: Silencing[] = [
    ...silences.filter((silence) => nowMs < silence.untilMs && matches(silence, finding))
      .map(({ reason, untilMs }): Silencing => ({ by: "silence", reason, untilMs })),
    ...maintenance.flatMap((window): Silencing[] => {
      const untilMs = windowEnd(window, nowMs);
      return untilMs === undefined ? [] : [{ by: "maintenance", reason: window.reason, untilMs }];
    }),
  ];
  return all.sort((a, b) => b.untilMs - a.untilMs)[0];
}

function matches({ check, subject }: Silence, finding: Finding): boolean {
  return check === finding.check &&
    (subject === undefined || globPattern(subject).test(finding.subject));
}
