import { parseInterval } from "./interval.ts";
import type { SweepSchedule } from "./sweep_schedule.ts";

/** A schedule for tests: every five minutes, by a user of an ops host. */
export function testSchedule(change: Partial<SweepSchedule> = {}): SweepSchedule {
  return {
    fleet: "prod",
    interval: parseInterval("5m")!,
    user: "ops",
    checkout: "/opt/ztna-fleet",
    deno: "/usr/local/bin/deno",
    args: ["--inventory=/opt/ztna-fleet/inventory.yaml", "--quiet"],
    timeoutSeconds: 60,
    environment: {},
    secrets: {},
    needsPrivileges: false,
    inputs: [],
    outputs: [],
    ...change,
  };
}
