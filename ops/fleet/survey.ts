import { quote } from "../../tunnel/printable.ts";
import type { Connection } from "../engine/connection/connection.ts";
import type { HostLock } from "../engine/connection/host_lock.ts";
import { HostError } from "../engine/errors.ts";
import type { Facts } from "../engine/resource/facts.ts";
import { gatherFacts } from "../engine/resource/gather_facts.ts";
import type { ExtraScript } from "../engine/resource/gather_script.ts";
import type { Play } from "../engine/resource/resource.ts";
import {
  parsePlatformFacts,
  type PlatformFacts,
  platformFactsScript,
} from "../release/platform_facts.ts";
import type { Release } from "../release/release.ts";
import {
  parseReleaseFacts,
  type ReleaseFacts,
  releaseFactsScript,
} from "../release/release_facts.ts";
import type { FleetHost } from "./fleet.ts";
import {
  parsePreflightFacts,
  type PreflightFacts,
  preflightFactsScript,
} from "./preflight_facts.ts";
import { programPorts } from "./program_ports.ts";
import {
  type ProgramsHealth,
  programsHealthScript,
  readProgramsHealth,
} from "./programs_health.ts";
import { parseSnapshot, type Snapshot, snapshotFactsScript } from "./snapshot.ts";

/** Everything that a command knows of a host before it does something there. */
export interface Survey {
  readonly facts: Facts;
  readonly platform: PlatformFacts;
  readonly releases: ReleaseFacts;
  readonly preflight: PreflightFacts;
  /** An earlier run has changed something that was never found to be good. */
  readonly snapshot: Snapshot | undefined;
  readonly health: ProgramsHealth;
  /** When it came, in milliseconds since 1970 by this machine's clock. */
  readonly receivedMs: number;
}

/** How {@linkcode surveyHost} asks. */
export interface SurveyOptions {
  readonly host: FleetHost;
  /** Resources to gather facts for. */
  readonly play: Play;
  /** What is going to be deployed. */
  readonly release?: Release;
  readonly diff?: boolean;
  /** Taken before anything is looked at. */
  readonly lock?: HostLock;
  readonly signal: AbortSignal;
}

/**
 * Asks a host everything, in one round trip. Changes nothing.
 *
 * @throws {HostError} when the answer is not what was asked for.
 * @throws {HostLockedError} when another operator is changing the host.
 */
export async function surveyHost(
  connection: Connection,
  options: SurveyOptions,
): Promise<Survey> {
  const { host, play, release, diff = false, lock, signal } = options;
  const extras: ExtraScript[] = [
    { id: "platform", script: platformFactsScript() },
    { id: "releases", script: releaseFactsScript(release) },
    { id: "preflight", script: preflightFactsScript(programPorts(host)) },
    { id: "snapshot", script: snapshotFactsScript },
    { id: "health", script: programsHealthScript(host) },
  ];
  const facts = await gatherFacts(connection, play, {
    what: "survey the host",
    extras,
    diff,
    signal,
    ...lock && { lock },
  });
  const text = (id: string): string => facts.extras.get(id)?.stdout ?? "";
  const required = <T>(part: string, value: T | undefined): T => {
    if (value !== undefined) return value;
    throw new HostError(
      host.name,
      `Cannot read the ${part} of ${quote(host.name)} as its answer is not what was asked for; ` +
        `run again with -vv to see what it prints`,
    );
  };
  return {
    facts,
    platform: required("platform", parsePlatformFacts(text("platform"))),
    releases: parseReleaseFacts(text("releases")),
    preflight: required("state", parsePreflightFacts(text("preflight"))),
    snapshot: parseSnapshot(text("snapshot")),
    health: readProgramsHealth(host, text("health")),
    receivedMs: Date.now(),
  };
}
