import { planBatches, type Serial } from "../engine/run/batches.ts";
import type { HostRun } from "./host_run.ts";

/** One host first, then a quarter of them at a time. */
export const defaultSerial: Serial = [
  { unit: "hosts", value: 1 },
  { unit: "percent", value: 25 },
];

/**
 * The batches of a rolling command: hosts with a relay first, so that connectors find the relays as
 * they will be, then all others; each kind in batches of its own.
 */
export function rollingBatches(
  hosts: readonly HostRun[],
  serial: Serial = defaultSerial,
): HostRun[][] {
  const [relays, others] = [
    hosts.filter(({ host }) => host.relay !== undefined),
    hosts.filter(({ host }) => host.relay === undefined),
  ];
  return [relays, others].flatMap((kind) => planBatches(kind, serial)).map((batch) => [...batch]);
}
