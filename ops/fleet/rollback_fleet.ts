import { ConfigError } from "../../tunnel/errors.ts";
import { quote } from "../../tunnel/printable.ts";
import { rollbackCandidates } from "../release/release_facts.ts";
import { type RollingOptions, rollThrough, stopsHere } from "./restart_fleet.ts";
import { rollbackSteps } from "./steps.ts";
import { type DeployedHost, surveyDeployed } from "./survey_fleet.ts";

/**
 * Takes a fleet back to a release that is still on its hosts, batch by batch. Configuration stays
 * as it is. What fails is told by the run's hosts.
 *
 * @param to The release; by default the one that all hosts ran before.
 * @returns the release.
 * @throws {ConfigError} when there is no such release; nothing was touched.
 */
export async function rollbackFleet(
  options: RollingOptions,
  to: string | undefined,
  onTarget: (release: string) => void,
): Promise<void> {
  const { run, work, maxFail, check, drainTimeoutSeconds } = options;
  const hosts = await surveyDeployed({ ...options, lock: check ? undefined : options.lock });
  if (stopsHere(options, maxFail)) return;
  const target = to ?? commonTarget(hosts);
  onTarget(target);
  refuseMissing(hosts, target);
  for (const { run: host, release } of hosts) {
    host.changed = release === target ? 0 : 1;
    if (release === target) run.finish(host, "done");
  }
  if (check) {
    for (const host of run.remaining) run.finish(host, "done");
    return;
  }
  await rollThrough(options, async (host) => {
    const steps = rollbackSteps(host.host, target, drainTimeoutSeconds);
    await work.perform(host, steps, { isInterrupting: true, releaseBefore: host.releaseBefore });
  });
}

/**
 * The release that all hosts ran before the one that they run now.
 *
 * @throws {ConfigError} when they run different ones, or there is none that all have.
 */
export function commonTarget(hosts: readonly DeployedHost[]): string {
  const current = new Set(hosts.map(({ release }) => release));
  if (current.size > 1) {
    throw new ConfigError(
      `Cannot tell which release to go back to as the hosts must run the same one now:\n` +
        hosts.map(({ run, release }) => `  ${run.name} runs ${release}`).join("\n") +
        `\nchoose one with "--to RELEASE"`,
    );
  }
  const candidates = hosts.map(({ survey }) => rollbackCandidates(survey.releases));
  const target = candidates[0]?.find((id) => candidates.every((others) => others.includes(id)));
  if (target !== undefined) return target;
  throw new ConfigError(
    `Cannot go back as all hosts must have an earlier release in common:\n` +
      hosts.map(({ run }, i) => `  ${run.name} has ${listed(candidates[i]!)}`).join("\n") +
      `\nchoose hosts with "--limit", or deploy the checkout of the release that you want`,
  );
}

/** @throws {ConfigError} when a host does not have the release. */
function refuseMissing(hosts: readonly DeployedHost[], target: string): void {
  const missing = hosts.filter(({ survey }) => !survey.releases.releases.has(target));
  if (missing.length === 0) return;
  throw new ConfigError(
    missing.map(({ run, survey }) =>
      `Cannot take ${quote(run.name)} to release ${quote(target)} as it must be there: it has ` +
      listed([...survey.releases.releases])
    ).join("\n"),
  );
}

function listed(releases: readonly string[]): string {
  return releases.length === 0 ? "none" : releases.join(", ");
}
