import type { SweepChanges } from "./history.ts";

/** The documented form of what a sweep has changed; `null` when the history can't tell. */
export function changesJson(changes: SweepChanges | undefined): Record<string, unknown> | null {
  if (changes === undefined) return null;
  const { previousSweepMs, flapping } = changes;
  return {
    since: previousSweepMs === undefined ? null : new Date(previousSweepMs).toISOString(),
    findings: changes.changes.map((
      { kind, before, finding: { host, check, subject, ...now } },
    ) => ({
      ...{ kind, host, check, subject },
      from: before?.status ?? null,
      to: kind === "gone" ? "gone" : now.status,
      value: now.value,
    })),
    flapping: [...flapping.values()],
  };
}
