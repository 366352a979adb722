import type { ConnectionTraffic } from "../engine/connection/connection.ts";
import type { ChangeJson } from "../engine/resource/change.ts";
import type { FleetRun } from "./fleet_run.ts";
import type { HostWork } from "./host_work.ts";
import type { Interruption } from "../engine/run/interruption.ts";
import { outcomeCounts } from "./rolling_json.ts";

/** What `deploy --json` prints of a fleet, without its schema number. */
export interface DeployJson {
  readonly check: boolean;
  readonly fleet: string;
  readonly release: string;
  /** How many hosts were changed or, with `check`, would be. */
  readonly changed: number;
  /** How many failed, those that were rolled back included. */
  readonly failed: number;
  readonly unreachable: number;
  readonly hosts: Readonly<Record<string, DeployHostJson>>;
}

/** A host's part of {@linkcode DeployJson}. */
export interface DeployHostJson {
  readonly changed: boolean;
  readonly outcome: string;
  /** What it runs now; `null` for nothing or not known. */
  readonly release: string | null;
  readonly releaseBefore: string | null;
  readonly error: string | null;
  readonly changes: readonly ChangeJson[];
  /** What its users noticed; `null` when nothing was taken out of service. */
  readonly interruption: Interruption | null;
  /** What reaching it has cost; `null` when it was not reached. */
  readonly traffic: ConnectionTraffic | null;
}

/** The result of a deploy as JSON data. */
export function deployJson(
  run: FleetRun,
  work: HostWork,
  about: { readonly check: boolean; readonly fleet: string; readonly release: string },
  changes: ReadonlyMap<string, readonly ChangeJson[]>,
): DeployJson {
  return {
    ...about,
    ...outcomeCounts(run),
    hosts: Object.fromEntries(run.hosts.map((host) => [host.name, {
      changed: host.changed > 0,
      outcome: host.outcome ?? "skipped",
      release: host.releaseAfter,
      releaseBefore: host.releaseBefore,
      error: host.error ?? null,
      changes: changes.get(host.name) ?? [],
      interruption: work.interruptions.get(host.name) ?? null,
      traffic: host.traffic ?? null,
    }])),
  };
}
