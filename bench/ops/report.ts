import { formatTable } from "../table.ts";
import type { KeyExchange } from "./loopback_hosts.ts";
import type { ToolVersions } from "./versions.ts";

/** What is measured. */
export type Work = "command" | "convergedDeploy" | "oneFileDeploy" | "firstDeploy" | "sweep";

/** Who does it. */
export type ToolName = "ztna-fleet" | "ansible" | "ansible raw" | "ssh loop" | "ssh script";

/** One row of the table: one tool at one work. */
export interface OpsBenchRow {
  readonly work: Work;
  readonly tool: ToolName;
  /** Whether OpenSSH's connections were up already (ControlMaster). */
  readonly connections: "cold" | "warm";
  readonly keyExchange: KeyExchange;
  readonly hosts: number;
  /** Measurements that the figures come from. */
  readonly rounds: number;
  /** Median, and the least. */
  readonly seconds: number;
  readonly leastSeconds: number;
  /** User and system time of the command and its children on the laptop; median. */
  readonly cpuSeconds: number;
  /** Clients of OpenSSH that were started; those of all hosts, divided by their number. */
  readonly sshProcessesPerHost: number;
  /**
   * What the operator's machine waits for, one after the other: scripts, modules, copies. Ours are
   * those of the host with the most.
   */
  readonly roundTripsPerHost: number;
  /** On the network, encrypted, logins included. */
  readonly sentBytesPerHost: number;
  readonly receivedBytesPerHost: number;
}

/** How many times faster ours is; `null` where that was not measured. */
export interface OpsBenchRatios {
  /** Ansible's time over ours, for one command on all hosts. */
  readonly commandColdSpeedup: number | null;
  readonly commandWarmSpeedup: number | null;
  /** The same over Ansible's `raw` module, which runs no Python. */
  readonly commandColdSpeedupOverRaw: number | null;
  readonly commandWarmSpeedupOverRaw: number | null;
  /** Our time over that of a bare parallel loop of ssh. */
  readonly commandColdOverBare: number | null;
  readonly commandWarmOverBare: number | null;
  /** Ansible's time over ours, with connections that were down before. */
  readonly convergedDeploySpeedup: number | null;
  readonly oneFileDeploySpeedup: number | null;
  readonly firstDeploySpeedup: number | null;
  /** Of one host in a deploy of ours that changes nothing: the most of any host. */
  readonly convergedRoundTrips: number | null;
  readonly convergedSshProcesses: number | null;
}

/** Everything that `deno task bench ops --json` prints. */
export interface OpsBenchReport extends OpsBenchRatios {
  readonly schema: 1;
  /** Load of the machine before the first measurement: its average of one minute. */
  readonly loadBefore: number;
  readonly versions: ToolVersions;
  readonly rows: readonly OpsBenchRow[];
}

/** What is worth reaching, as the issue of the engine says it: at least, or at most. */
const goals: Partial<Record<keyof OpsBenchRatios, string>> = {
  commandColdSpeedup: ">= 2.5",
  commandWarmSpeedup: ">= 10",
  commandColdOverBare: "<= 1.2",
  commandWarmOverBare: "<= 2",
  convergedDeploySpeedup: ">= 15",
  oneFileDeploySpeedup: ">= 10",
  convergedRoundTrips: "<= 2",
  convergedSshProcesses: "<= 1",
};

/** What the rows say about ours and the others. */
export function ratiosOf(rows: readonly OpsBenchRow[]): OpsBenchRatios {
  const find = (
    work: Work,
    tool: ToolName,
    connections: OpsBenchRow["connections"],
  ): OpsBenchRow | undefined =>
    rows.find((row) =>
      row.work === work && row.tool === tool && row.connections === connections &&
      row.keyExchange === "default"
    );
  const speedup = (
    work: Work,
    connections: OpsBenchRow["connections"] = "cold",
    other: ToolName = "ansible",
  ): number | null => {
    const [theirs, ours] = [find(work, other, connections), find(work, "ztna-fleet", connections)];
    return theirs && ours ? theirs.seconds / ours.seconds : null;
  };
  const overBare = (connections: OpsBenchRow["connections"]): number | null => {
    const inverse = speedup("command", connections, "ssh loop");
    return inverse === null ? null : 1 / inverse;
  };
  const converged = find("convergedDeploy", "ztna-fleet", "cold");
  return {
    commandColdSpeedup: speedup("command"),
    commandWarmSpeedup: speedup("command", "warm"),
    commandColdSpeedupOverRaw: speedup("command", "cold", "ansible raw"),
    commandWarmSpeedupOverRaw: speedup("command", "warm", "ansible raw"),
    commandColdOverBare: overBare("cold"),
    commandWarmOverBare: overBare("warm"),
    convergedDeploySpeedup: speedup("convergedDeploy"),
    oneFileDeploySpeedup: speedup("oneFileDeploy"),
    firstDeploySpeedup: speedup("firstDeploy"),
    convergedRoundTrips: converged?.roundTripsPerHost ?? null,
    convergedSshProcesses: converged?.sshProcessesPerHost ?? null,
  };
}

/** The report for people. */
export function formatReport(report: OpsBenchReport): string {
  const names = Object.keys(ratiosOf([])) as (keyof OpsBenchRatios)[];
  return `${formatRows(report.rows)}\n\n${formatRatios(report, names, goals)}`;
}

/** The table of all rows. */
export function formatRows(rows: readonly OpsBenchRow[]): string {
  const header = [
    ...["work", "connections", "key exchange", "tool", "hosts"],
    ...["median s", "least s", "CPU s", "ssh/host", "trips/host", "KiB sent", "KiB got"],
  ];
  const kibibytes = (bytes: number): string => (bytes / 1024).toFixed(1);
  return formatTable(
    header,
    rows.map((row) => [
      ...[row.work, row.connections, row.keyExchange, row.tool, String(row.hosts)],
      ...[row.seconds, row.leastSeconds, row.cpuSeconds].map((seconds) => seconds.toFixed(2)),
      ...[row.sshProcessesPerHost, row.roundTripsPerHost].map((count) => count.toFixed(1)),
      ...[row.sentBytesPerHost, row.receivedBytesPerHost].map(kibibytes),
    ]),
  );
}

/** A line for each ratio that was measured, with its goal. */
export function formatRatios<N extends string>(
  ratios: Readonly<Record<N, number | null>>,
  names: readonly N[],
  goals: Readonly<Partial<Record<N, string>>>,
): string {
  return names.flatMap((name) => {
    const ratio = ratios[name];
    if (ratio === null) return [];
    return [`${name.padEnd(28)} ${ratio.toFixed(2).padStart(8)}  ${goals[name] ?? ""}`.trimEnd()];
  }).join("\n");
}
