import { formatRatios, formatRows, type OpsBenchRow } from "../ops/report.ts";
import type { ToolVersions } from "../ops/versions.ts";
import { formatTable } from "../table.ts";

/** Sweeps of so many hosts, with no connection up, 32 at a time. */
export interface ScaleRow {
  readonly hosts: number;
  readonly rounds: number;
  /** Median of a whole sweep, and of a bare handshake with every host. */
  readonly seconds: number;
  readonly handshakeSeconds: number;
  /** User and system time of the command and its children on the laptop. */
  readonly cpuSecondsPerHost: number;
  /** The most memory that the command has had, ssh's processes left out. */
  readonly peakBytes: number;
}

/** What one host that never says a word costs the others. */
export interface FrozenHost {
  /** Those that answer. */
  readonly hosts: number;
  readonly hostTimeoutSeconds: number;
  /** Until all of them had answered, without the frozen one and beside it. */
  readonly othersSeconds: number;
  readonly othersSecondsBesideFrozen: number;
  /** The whole sweep beside it. */
  readonly secondsBesideFrozen: number;
}

/** Where the tools were compared. */
export type ComparedAt = "loopback" | "lab";

/** Everything that `deno task bench sweep --json` prints. */
export interface SweepBenchReport extends SweepBenchRatios {
  readonly schema: 1;
  /** Load of the machine before the first measurement: its average of one minute. */
  readonly loadBefore: number;
  readonly versions: ToolVersions;
  readonly rows: Readonly<Partial<Record<ComparedAt, readonly OpsBenchRow[]>>>;
  readonly scale: readonly ScaleRow[];
  readonly frozen: FrozenHost | null;
}

/** What is to be reached; `null` where it was not measured. */
export interface SweepBenchRatios {
  /** Ansible's time for the facts over ours for the sweep. */
  readonly coldSpeedup: number | null;
  readonly warmSpeedup: number | null;
  /** Our time over that of a loop of ssh that does nothing on the hosts. */
  readonly coldOverBare: number | null;
  readonly warmOverBare: number | null;
  /** The same over one that has the hosts run our script: what is left is our own. */
  readonly coldOverScript: number | null;
  readonly warmOverScript: number | null;
  readonly labColdSpeedup: number | null;
  readonly labWarmSpeedup: number | null;
  /** Of the most hosts: our time over that of the handshakes. */
  readonly scaleOverHandshakes: number | null;
  /** Memory with the most hosts over that with the fewest. */
  readonly memoryGrowth: number | null;
  /** Until the other hosts have answered beside a frozen one, over the same without it. */
  readonly othersBesideFrozen: number | null;
  /** What a sweep lasts longer than the others and the frozen host's own time, in seconds. */
  readonly secondsAfterTimeout: number | null;
}

const goals: Partial<Record<keyof SweepBenchRatios, string>> = {
  coldSpeedup: ">= 4",
  warmSpeedup: ">= 15",
  coldOverBare: "<= 1.3",
  warmOverBare: "<= 1.3",
  scaleOverHandshakes: "<= 1.5",
  memoryGrowth: "<= 1.5",
  othersBesideFrozen: "<= 1.1",
};

/** What was measured. */
export type Measured = Pick<SweepBenchReport, "rows" | "scale" | "frozen">;

/** What the measurements say about ours and the others. */
export function ratiosOf({ rows, scale, frozen }: Measured): SweepBenchRatios {
  const over = (
    at: ComparedAt,
    connections: OpsBenchRow["connections"],
    [above, below]: readonly [OpsBenchRow["tool"], OpsBenchRow["tool"]],
  ): number | null => {
    const seconds = (tool: OpsBenchRow["tool"]): number | undefined =>
      rows[at]?.find((row) => row.tool === tool && row.connections === connections)?.seconds;
    const [dividend, divisor] = [seconds(above), seconds(below)];
    return dividend === undefined || divisor === undefined ? null : dividend / divisor;
  };
  const [fewest, most] = [scale[0], scale.at(-1)];
  return {
    coldSpeedup: over("loopback", "cold", ["ansible", "ztna-fleet"]),
    warmSpeedup: over("loopback", "warm", ["ansible", "ztna-fleet"]),
    coldOverBare: over("loopback", "cold", ["ztna-fleet", "ssh loop"]),
    warmOverBare: over("loopback", "warm", ["ztna-fleet", "ssh loop"]),
    coldOverScript: over("loopback", "cold", ["ztna-fleet", "ssh script"]),
    warmOverScript: over("loopback", "warm", ["ztna-fleet", "ssh script"]),
    labColdSpeedup: over("lab", "cold", ["ansible", "ztna-fleet"]),
    labWarmSpeedup: over("lab", "warm", ["ansible", "ztna-fleet"]),
    scaleOverHandshakes: most === undefined ? null : most.seconds / most.handshakeSeconds,
    memoryGrowth: fewest === undefined || fewest === most
      ? null
      : most!.peakBytes / fewest.peakBytes,
    othersBesideFrozen: frozen === null
      ? null
      : frozen.othersSecondsBesideFrozen / frozen.othersSeconds,
    secondsAfterTimeout: frozen === null ? null : frozen.secondsBesideFrozen -
      Math.max(frozen.hostTimeoutSeconds, frozen.othersSecondsBesideFrozen),
  };
}

/** The report for people. */
export function formatReport(report: SweepBenchReport): string {
  const places = (["loopback", "lab"] as const).flatMap((at) => {
    const rows = report.rows[at];
    return rows === undefined ? [] : [`${at}\n${formatRows(rows)}`];
  });
  const scale = formatTable(
    ["hosts", "sweep s", "handshakes s", "ratio", "CPU ms/host", "peak MiB"],
    report.scale.map((row) => [
      String(row.hosts),
      ...[row.seconds, row.handshakeSeconds, row.seconds / row.handshakeSeconds]
        .map((value) => value.toFixed(2)),
      (row.cpuSecondsPerHost * 1000).toFixed(1),
      (row.peakBytes / 1024 ** 2).toFixed(0),
    ]),
  );
  const names = Object.keys(ratiosOf(report)) as (keyof SweepBenchRatios)[];
  return [...places, scale, formatRatios(report, names, goals)].join("\n\n");
}
