import type { DrainHealth } from "../../engine/health/program_status.ts";
import type { UnitState } from "../../engine/health/unit_state.ts";
import type { ProgramFacts } from "./programs.ts";
import type { ReleaseFacts } from "./releases.ts";

/** A program that is well, for tests. */
export function programFacts(change: Partial<ProgramFacts> = {}): ProgramFacts {
  return {
    unit: "ztna-relay@a.service",
    active: true,
    ready: true,
    reason: null,
    release: "1.0.0-aaa",
    instance: "0a",
    uptimeSeconds: 100,
    connections: null,
    services: [],
    drain: drainHealth(),
    state: unitState(),
    healthz: 200,
    ...change,
  };
}

/** A unit that runs, for tests. */
export function unitState(change: Partial<UnitState> = {}): UnitState {
  return {
    ...{ isLoaded: true, active: "active", sub: "running", lastExit: null, restarts: 0, pid: 10 },
    ...change,
  };
}

/** A program that does not drain, for tests. */
export function drainHealth(change: Partial<DrainHealth> = {}): DrainHealth {
  return {
    ...{ draining: false, since: null, connections: 0, agents: 0, connectors: 0 },
    ...{ connectionsAtStart: 0, closedWhileDraining: 0 },
    ...change,
  };
}

/** A host that has a release, for tests. */
export function releaseFacts(change: Partial<ReleaseFacts> = {}): ReleaseFacts {
  return {
    ...{ current: "1.0.0-aaa", switchedMs: 1_799_000_000_000, runtime: "deno-2.9.6" },
    unconfirmed: false,
    ...change,
  };
}
