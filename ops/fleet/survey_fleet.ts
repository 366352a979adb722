import { quote } from "../../tunnel/printable.ts";
import type { HostLock } from "../engine/connection/host_lock.ts";
import { HostError } from "../engine/errors.ts";
import type { FleetRun } from "./fleet_run.ts";
import type { HostRun } from "./host_run.ts";
import { registeredServices } from "./programs_health.ts";
import { type Survey, surveyHost } from "./survey.ts";
import type { TunnelVerifier } from "./tunnel_verifier.ts";

/** A host that runs a release. */
export interface DeployedHost {
  readonly run: HostRun;
  readonly survey: Survey;
  /** The release that `current` points to. */
  readonly release: string;
}

/**
 * Connects to all hosts and asks what they have, for commands that work on what was deployed. A host
 * without a release has failed.
 *
 * @param options.lock Taken on each host first; without it nothing may be changed.
 */
export async function surveyDeployed(
  options: {
    readonly run: FleetRun;
    readonly verifier: TunnelVerifier;
    readonly lock: HostLock | undefined;
    readonly signal: AbortSignal;
  },
): Promise<DeployedHost[]> {
  const { run, verifier, lock, signal } = options;
  const found = new Map<HostRun, DeployedHost>();
  await run.connectAll(async (host) => {
    run.emit({ type: "host_state", host: host.name, phase: "gathering" });
    const survey = await surveyHost(host.connection, {
      host: host.host,
      play: { resources: [], handlers: [] },
      signal,
      ...lock && { lock },
    });
    const release = survey.releases.current;
    if (release === undefined) {
      throw new HostError(
        host.name,
        `Cannot go on with ${quote(host.name)} as it must run a release: there is none; ` +
          `"deno task deploy" brings it one`,
      );
    }
    host.releaseBefore = host.releaseAfter = release;
    if (host.host.relay) verifier.noteRegistered(host.name, registeredServices(survey.health));
    found.set(host, { run: host, survey, release });
    run.emit({ type: "host_state", host: host.name, phase: "waiting", detail: "for its batch" });
  });
  return run.remaining.map((host) => found.get(host)!);
}
