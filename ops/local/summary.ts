import { formatTable } from "../table.ts";
import type { DeploymentFile } from "./desired_state.ts";
import type { ServiceHealth } from "./health.ts";
import { localAddress, type LocalPorts, type ProgramName } from "./inventory.ts";
import type { StatePaths } from "./state_paths.ts";
import type { ProbeSummary } from "../probe/verify_tunnel.ts";

/** What runs where, as a table for people. */
export function serviceTable(
  health: Readonly<Record<ProgramName, ServiceHealth>>,
  ports: LocalPorts,
): string {
  const rows = (["relay", "connector", "application"] as const).map((name) => {
    const found = health[name];
    const state = !found.active ? "down" : found.ready ? "ready" : "not ready";
    return [
      `  ${name}`,
      state,
      found.pid === null ? "-" : String(found.pid),
      found.instance ?? "-",
      String(found.restarts),
      address(name, ports),
      found.reason ?? "",
    ];
  });
  return formatTable([
    ["  PROGRAM", "STATE", "PID", "INSTANCE", "RESTARTS", "ADDRESS", ""],
    ...rows,
  ]);
}

/** What came of the probe's packets, as a table for people. */
export function probeTable(probes: Readonly<Record<string, ProbeSummary>>): string {
  const ms = (value: number | null): string => value === null ? "-" : `${value.toFixed(2)} ms`;
  const rows = Object.entries(probes).map(([protocol, { sent, received, lost, rttMs }]) => [
    `  ${protocol.toUpperCase()}`,
    ...[sent, received, lost].map(String),
    ...[rttMs.min, rttMs.p50, rttMs.p99].map(ms),
  ]);
  return formatTable([
    ["  PROTOCOL", "SENT", "RECEIVED", "LOST", "RTT MIN", "P50", "P99"],
    ...rows,
  ]);
}

/**
 * What to try next.
 *
 * @param task How tasks are started on this machine, such as `deno task`.
 */
export function nextSteps(paths: StatePaths, deployment: DeploymentFile, task: string): string {
  const { ports } = deployment;
  return [
    "Try next:",
    `  ${task} status`,
    `  ${task} probe --count 1000 --rate 500`,
    `  curl http://${localAddress}:${ports.relayAdmin}/metrics`,
    `  ${task} down`,
    `State and logs are in ${paths.root}`,
  ].join("\n");
}

/**
 * How a task is started on this machine: by `deno`, or by `npx` where that brought Deno along.
 *
 * @param path The `PATH` of the environment; npx puts directories of its own in front.
 */
export function taskCommand(path: string, version: string): string {
  const own = path.split(":").filter((directory) => !/node_modules|_npx/.test(directory));
  return own.some((directory) => isFile(`${directory}/deno`))
    ? "deno task"
    : `npx -y deno@${version} task`;
}

function isFile(path: string): boolean {
  try {
    return Deno.statSync(path).isFile;
  } catch {
    return false;
  }
}

function address(name: ProgramName, ports: LocalPorts): string {
  switch (name) {
    case "relay":
      return `${localAddress}:${ports.relay}/udp, http://${localAddress}:${ports.relayAdmin}/status`;
    case "connector":
      return `http://${localAddress}:${ports.connectorAdmin}/status`;
    case "application":
      return `${localAddress}:${ports.application}/udp and /tcp (echo)`;
  }
}
