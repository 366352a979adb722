import type { FleetRun } from "./fleet_run.ts";
import type { HostWork } from "./host_work.ts";
import type { Interruption } from "../engine/run/interruption.ts";

/** What `restart --json` and `rollback --json` print, without their schema number. */
export interface RollingJson {
  readonly check: boolean;
  readonly fleet: string;
  readonly changed: number;
  readonly failed: number;
  readonly unreachable: number;
  readonly hosts: Readonly<Record<string, RollingHostJson>>;
}

/** A host's part of {@linkcode RollingJson}. */
export interface RollingHostJson extends Interruption {
  readonly outcome: string;
  readonly release: string | null;
  readonly releaseBefore: string | null;
  readonly error: string | null;
}

const undisturbed: Interruption = {
  lost: 0,
  longestOutageMs: 0,
  drainSeconds: 0,
  peersMoved: 0,
  peersClosed: 0,
};

/** How many hosts came to what. */
export function outcomeCounts(
  { hosts }: FleetRun,
): Pick<RollingJson, "changed" | "failed" | "unreachable"> {
  const count = (...outcomes: readonly (string | undefined)[]): number =>
    hosts.filter(({ outcome }) => outcomes.includes(outcome)).length;
  return {
    changed: hosts.filter((host) => host.changed > 0).length,
    failed: count("failed", "rolled_back"),
    unreachable: count("unreachable"),
  };
}

/** The result of a rolling command as JSON data. */
export function rollingJson(
  run: FleetRun,
  work: HostWork,
  about: { readonly check: boolean; readonly fleet: string },
): RollingJson {
  return {
    ...about,
    ...outcomeCounts(run),
    hosts: Object.fromEntries(run.hosts.map((host) => [host.name, {
      outcome: host.outcome ?? "skipped",
      release: host.releaseAfter,
      releaseBefore: host.releaseBefore,
      error: host.error ?? null,
      ...work.interruptions.get(host.name) ?? undisturbed,
    }])),
  };
}
