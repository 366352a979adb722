import { ConfigError } from "../../tunnel/errors.ts";
import type { runProbe } from "../probe/probe.ts";
import { type ProbeSummary, verifyTunnel } from "../probe/verify_tunnel.ts";
import { contentDigest, releaseId } from "../release/checkout_release.ts";
import type { Report } from "../report.ts";
import { applyActions } from "./apply.ts";
import { fetchDependencies } from "./dependencies.ts";
import { DeploymentError } from "./deployment_error.ts";
import { DeploymentLock } from "../deployment_lock.ts";
import {
  type DeploymentFile,
  type DesiredState,
  desiredState,
  programFingerprint,
} from "./desired_state.ts";
import { fileDigests, gatherFacts, readDeployment } from "./facts.ts";
import { readHealth, type ServiceHealth } from "./health.ts";
import {
  defaultPorts,
  type LocalPorts,
  localServiceId,
  type ProgramName,
  wantedPorts,
} from "./inventory.ts";
import { type Action, type ActualState, describeAction, plan } from "./plan.ts";
import { checkPortsDiffer, checkPortsFree } from "./port_check.ts";
import { localProbeTarget } from "./probe_target.ts";
import type { StatePaths } from "./state_paths.ts";
import { type Expectation, judge } from "./verdict.ts";
import { pollUntil } from "../waiting.ts";

/** How long programs may take to be ready, in ms: the old one may need 10 s to stop before. */
const defaultReadyDeadlineMs = 40_000;

/** What to deploy and how. */
export interface DeployLocalOptions {
  readonly paths: StatePaths;
  /** The checkout's directory. */
  readonly checkout: string;
  /** The Deno executable that runs the programs. */
  readonly deno: string;
  /** Ports given by flags; others stay as they were deployed. */
  readonly ports: Partial<LocalPorts>;
  /** Only say what would change. */
  readonly check: boolean;
  readonly report: Report;
  readonly signal: AbortSignal;
  /** Called before the first change, if there is any. */
  readonly onPlan?: (release: string, changes: readonly string[]) => void;
  /** How long programs may take to be ready, in ms; 40,000 by default. */
  readonly readyDeadlineMs?: number;
  /** Loads the probe; the real one by default. It may throw where there is no QUIC library. */
  readonly loadProbe?: () => Promise<typeof runProbe>;
}

/** What a deployment has come to. */
export interface DeployLocalResult {
  readonly deployment: DeploymentFile;
  /** What was changed, or would be. */
  readonly changes: readonly string[];
  /** What runs now; with `check`, nothing is asked. */
  readonly health: Readonly<Record<ProgramName, ServiceHealth>> | undefined;
  readonly probes: Readonly<Record<string, ProbeSummary>> | undefined;
}

/**
 * Makes this machine run a relay, a connector and the sample application, and shows that packets go
 * through the tunnel. Does only what is necessary; running it again changes nothing.
 *
 * @throws {ConfigError} when something is wrong that the user must decide; nothing was touched.
 * @throws {DeploymentError} when programs don't become ready.
 * @throws {TunnelError} when packets get lost.
 */
export async function deployLocal(options: DeployLocalOptions): Promise<DeployLocalResult> {
  const { paths, check, report, signal } = options;
  checkPlatform();
  if (check) return await planLocal(options);
  // Before anything is touched: it says so where there is no native QUIC library.
  const probe = await (options.loadProbe ?? loadRealProbe)();
  Deno.mkdirSync(paths.root, { recursive: true, mode: 0o700 });
  using _lock = DeploymentLock.take(paths.lockFile, "deploy");

  const { desired, actions, deployment } = await prepare(options);
  if (actions.length > 0) {
    options.onPlan?.(desired.release, actions.map(describeAction));
    report.step(`Change this machine to release ${desired.release}`);
    if (actions.some(({ kind }) => kind.endsWith("_program"))) {
      report.info("fetch what the programs import");
      await fetchDependencies(options, signal);
    }
    await applyActions({ ...options, desired }, actions);
  }
  report.step("Verify that all programs are ready");
  const health = await waitUntilReady(options, deployment, desired);
  report.done("relay, connector and application are ready");
  report.step("Send packets through the tunnel");
  const probes = await verifyTunnel(probe, {
    target: localProbeTarget(paths)!,
    protocols: ["udp", "icmp"],
    advice: `see the logs in "${paths.log}"`,
    signal,
  });
  for (const [protocol, { sent, received }] of Object.entries(probes)) {
    report.done(`${protocol.toUpperCase()}: ${received} of ${sent} packets came back`);
  }
  return { deployment, changes: actions.map(describeAction), health, probes };
}

async function loadRealProbe(): Promise<typeof runProbe> {
  return (await import("../probe/probe.ts")).runProbe;
}

async function planLocal(options: DeployLocalOptions): Promise<DeployLocalResult> {
  const { actions, deployment } = await prepare(options);
  return {
    deployment,
    changes: actions.map(describeAction),
    health: undefined,
    probes: undefined,
  };
}

/** Everything before the first change. */
async function prepare(
  options: DeployLocalOptions,
): Promise<{ desired: DesiredState; actions: Action[]; deployment: DeploymentFile }> {
  const { paths, checkout, deno } = options;
  const recorded = readDeployment(paths);
  const ports = { ...defaultPorts, ...recorded?.ports, ...options.ports };
  checkPortsDiffer(wantedPorts(ports));
  const release = releaseId(checkout);
  const desired = desiredState({
    paths,
    ports,
    release,
    checkout,
    deno,
    applicationDigest: contentDigest(checkout, ["ops/local/application.ts"]),
    supervisorDigest: contentDigest(checkout, ["ops/local/supervisor"]),
  });
  const now = Date.now();
  const actual = await gatherFacts(paths, desired, now);
  const actions = plan(desired, actual, now);
  checkPorts(ports, recorded?.ports, actual, actions);
  return {
    desired,
    actions,
    deployment: { schema: 1, release, checkout, serviceId: localServiceId, ports },
  };
}

/** Ports that programs are about to take must be free, or be ours already. */
function checkPorts(
  ports: LocalPorts,
  recorded: LocalPorts | undefined,
  actual: ActualState,
  actions: readonly Action[],
): void {
  const starting = new Set(
    actions.filter((action) => "program" in action).map(({ program }) => program),
  );
  const ours = new Set(
    (recorded === undefined ? [] : wantedPorts(recorded))
      .filter(({ program }) => actual.programs[program]?.process !== undefined)
      .map(({ transport, port }) => `${transport}:${port}`),
  );
  checkPortsFree(
    wantedPorts(ports).filter(({ program, transport, port }) =>
      starting.has(program) && !ours.has(`${transport}:${port}`)
    ),
  );
}

async function waitUntilReady(
  options: DeployLocalOptions,
  deployment: DeploymentFile,
  desired: DesiredState,
): Promise<Record<ProgramName, ServiceHealth>> {
  const { paths, signal, readyDeadlineMs = defaultReadyDeadlineMs } = options;
  const digests = fileDigests(desired);
  const expected = Object.fromEntries(desired.programs.map((program): [string, Expectation] => [
    program.name,
    { fingerprint: programFingerprint(program, digests), release: desired.release },
  ]));
  let last = "";
  const health = await pollUntil(
    async () => {
      const found = await readHealth(paths, deployment);
      const verdict = judge(found, expected);
      if (verdict.kind === "done") return found;
      last = verdict.why;
      if (verdict.kind === "failed") {
        throw new DeploymentError(
          `Cannot start the ${verdict.program} as it must keep running: ${verdict.why}` +
            logTail(paths, verdict.program),
        );
      }
      return undefined;
    },
    readyDeadlineMs,
    signal,
  );
  if (health !== undefined) return health;
  throw new DeploymentError(
    `Cannot call the deployment done as all programs must be ready within ` +
      `${readyDeadlineMs / 1000} s: ${last}; see the logs in "${paths.log}"`,
  );
}

/** The end of a program's log, for a message. */
function logTail(paths: StatePaths, program: string): string {
  const path = `${paths.log}/${program}.log`;
  const maxLines = 5;
  try {
    const lines = Deno.readTextFileSync(path).slice(-4096).trimEnd().split("\n").slice(-maxLines);
    return `\nThe end of "${path}":\n${lines.map((line) => `  ${line}`).join("\n")}`;
  } catch {
    return "";
  }
}

function checkPlatform(): void {
  if (Deno.build.os === "linux" || Deno.build.os === "darwin") return;
  throw new ConfigError(
    `Cannot deploy to this machine as the local deployment needs Linux or macOS: current value ` +
      `is "${Deno.build.os}"`,
  );
}
