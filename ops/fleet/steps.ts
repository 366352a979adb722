import { type FleetHost, type ProgramName, programsOf } from "./fleet.ts";

/**
 * One thing that a rolling command does with a host. Steps are data, so that a plan of them can be
 * shown, tested, and one kind replaced by another (a hot handover instead of drain and restart).
 */
export type HostStep =
  /** Keeps a copy of what will change, for {@linkcode HostStep} `restore`. */
  | { readonly kind: "snapshot" }
  /** Tells a program to take no new peers, and waits until those that it has are gone. */
  | { readonly kind: "drain"; readonly program: ProgramName; readonly timeoutSeconds: number }
  /** Carries out the plan: configuration, units, the switch to the release, restarts. */
  | { readonly kind: "apply" }
  /** Points `current` at a release that is on the host. */
  | { readonly kind: "switch"; readonly release: string }
  | { readonly kind: "restart"; readonly program: ProgramName }
  /** Waits until `/readyz` says yes; `release` is what must run then. */
  | {
    readonly kind: "wait_ready";
    readonly program: ProgramName;
    readonly release: string | undefined;
    readonly timeoutSeconds: number;
  }
  /** Sends packets through the tunnel by every relay that the host has to do with. */
  | { readonly kind: "verify_tunnel" }
  /** What was changed is good: the snapshot goes, old releases too. */
  | { readonly kind: "confirm" };

/** What a plan means for a host's programs. */
export interface DeployPlanSummary {
  /** Whether there is anything to apply on it while it is out of service. */
  readonly hasChanges: boolean;
  /** Programs that it stops or restarts. */
  readonly restarts: readonly ProgramName[];
  /** Whether an earlier run has left a change that nobody has confirmed. */
  readonly isUnconfirmed: boolean;
  /**
   * Programs that an earlier run left draining, which only a restart ends, and that the plan does
   * not restart.
   */
  readonly stillDraining: readonly ProgramName[];
  /** Whether all its programs are ready and run the release, as far as they are not restarted. */
  readonly isHealthy: boolean;
}

/**
 * The steps that bring a host to `release`.
 *
 * @param drainTimeoutSeconds Overrides the host's own; 0 goes without draining.
 */
export function deploySteps(
  host: FleetHost,
  release: string,
  plan: DeployPlanSummary,
  drainTimeoutSeconds?: number,
): HostStep[] {
  const { hasChanges, restarts, stillDraining, isUnconfirmed, isHealthy } = plan;
  const steps: HostStep[] = [];
  if (hasChanges) {
    steps.push({ kind: "snapshot" });
    steps.push(...drainSteps(host, restarts, drainTimeoutSeconds));
    steps.push({ kind: "apply" });
  }
  steps.push(...stillDraining.map((program): HostStep => ({ kind: "restart", program })));
  if (hasChanges || !isHealthy) steps.push(...readySteps(host, release));
  if (hasChanges || isUnconfirmed) steps.push({ kind: "verify_tunnel" }, { kind: "confirm" });
  return steps;
}

/** The steps of a rolling restart. */
export function restartSteps(
  host: FleetHost,
  programs: readonly ProgramName[],
  drainTimeoutSeconds?: number,
): HostStep[] {
  return [
    ...drainSteps(host, programs, drainTimeoutSeconds),
    ...programs.map((program): HostStep => ({ kind: "restart", program })),
    ...readySteps(host, undefined).filter((step) =>
      step.kind !== "wait_ready" || programs.includes(step.program)
    ),
    { kind: "verify_tunnel" },
  ];
}

/** The steps that take a host back to a release that it still has. */
export function rollbackSteps(
  host: FleetHost,
  release: string,
  drainTimeoutSeconds?: number,
): HostStep[] {
  const programs = programsOf(host);
  return [
    ...drainSteps(host, programs, drainTimeoutSeconds),
    { kind: "switch", release },
    ...programs.map((program): HostStep => ({ kind: "restart", program })),
    ...readySteps(host, release),
    { kind: "verify_tunnel" },
    { kind: "confirm" },
  ];
}

/** Only relays have peers that can go elsewhere. */
function drainSteps(
  host: FleetHost,
  programs: readonly ProgramName[],
  drainTimeoutSeconds: number | undefined,
): HostStep[] {
  const timeoutSeconds = drainTimeoutSeconds ?? host.relay?.drainTimeoutSeconds ?? 0;
  if (!programs.includes("relay") || timeoutSeconds === 0) return [];
  return [{ kind: "drain", program: "relay", timeoutSeconds }];
}

function readySteps(host: FleetHost, release: string | undefined): HostStep[] {
  return programsOf(host).map((program) => ({
    kind: "wait_ready",
    program,
    release,
    timeoutSeconds: host.readyTimeoutSeconds,
  }));
}

/** A step for people, in the present participle: "waiting until the relay is ready". */
export function describeStep(step: HostStep): string {
  switch (step.kind) {
    case "snapshot":
      return "saving what will change";
    case "drain":
      return `draining the ${step.program}`;
    case "apply":
      return "applying";
    case "switch":
      return `switching to ${step.release}`;
    case "restart":
      return `restarting the ${step.program}`;
    case "wait_ready":
      return `waiting until the ${step.program} is ready`;
    case "verify_tunnel":
      return "sending packets through the tunnel";
    case "confirm":
      return "tidying up";
  }
}
