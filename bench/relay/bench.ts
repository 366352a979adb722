import { formatTable } from "../table.ts";
import { BenchTunnel } from "./bench_tunnel.ts";

/** How a benchmark runs. */
export interface BenchOptions {
  /** Short measurements, to see that everything works. */
  readonly quick: boolean;
  /** Told what is being done. */
  readonly progress: (line: string) => void;
}

/** One row of the table: one payload size with one number of idle connections. */
export interface RelayBenchRow {
  readonly idleConnections: number;
  readonly payloadBytes: number;
  readonly datagramsPerSecond: number;
  readonly megabitsPerSecond: number;
  /** Relay CPU for one forwarded datagram, at about 70 % of the highest rate, in µs. */
  readonly cpuPerDatagramMicroseconds: number;
  /** The native library's own part of it, measured in the same run, in µs. */
  readonly floorMicroseconds: number;
  readonly cpuPerDatagramOverFloor: number;
  /** Datagrams that did not reach the connector at 70 % of the highest rate. */
  readonly lostAt70Percent: number;
  readonly rttP50Ms: number;
  readonly rttP99Ms: number;
}

/** Everything that `deno task bench relay --json` prints. */
export interface RelayBenchReport extends IdleCost {
  readonly schema: 1;
  readonly rows: readonly RelayBenchRow[];
  /** The worst row's. */
  readonly cpuPerDatagramOverFloor: number;
  /** CPU per datagram with idle connections over without: the worst size's. */
  readonly idleConnectionsRatio: number;
}

/** What idle connections cost. */
export interface IdleCost {
  readonly memoryPerIdleConnectionKiB: number;
  readonly connectionsPerSecond: number;
  /** Relay CPU of one accepted connection, registration included, in ms. */
  readonly cpuPerConnectionMs: number;
}

const payloadSizes = [64, 512, 1100];

async function measureRow(
  bench: BenchTunnel,
  payloadBytes: number,
  idleConnections: number,
  quick: boolean,
): Promise<RelayBenchRow> {
  const seconds = quick ? 1 : 3;
  const rounds = quick ? 1 : 5;
  const { load } = bench;
  await load.ask({ do: "flood", bytes: payloadBytes, seconds: 1 });
  const flood = await bench.during(() =>
    load.ask({ do: "flood", bytes: payloadBytes, seconds }) as Promise<{ seconds: number }>
  );
  const datagramsPerSecond = flood.forwarded / flood.seconds;
  const cpu: number[] = [];
  const floors: number[] = [];
  let lost = 0;
  for (let round = 0; round < rounds; round++) {
    const run = await bench.during(() =>
      load.ask({
        do: "rate",
        bytes: payloadBytes,
        seconds,
        perSecond: 0.7 * datagramsPerSecond,
      }) as Promise<{ sent: number }>
    );
    cpu.push(run.cpuMicroseconds / run.forwarded);
    lost += run.sent - run.delivered;
    floors.push(await bench.floor(payloadBytes, 1));
  }
  const rtt = await load.ask({
    do: "roundTrips",
    bytes: payloadBytes,
    count: quick ? 500 : 5000,
  });
  // Other guests of the machine can only add to CPU time: the least disturbed rounds count.
  const cpuPerDatagramMicroseconds = Math.min(...cpu);
  const floorMicroseconds = Math.min(...floors);
  return {
    idleConnections,
    payloadBytes,
    datagramsPerSecond,
    megabitsPerSecond: datagramsPerSecond * payloadBytes * 8 / 1e6,
    cpuPerDatagramMicroseconds,
    floorMicroseconds,
    cpuPerDatagramOverFloor: cpuPerDatagramMicroseconds / floorMicroseconds,
    lostAt70Percent: lost,
    rttP50Ms: rtt.p50Ms!,
    rttP99Ms: rtt.p99Ms!,
  };
}

/** Memory and CPU of `count` new idle connections. */
async function measureIdle(bench: BenchTunnel, count: number): Promise<IdleCost> {
  const read = async () => {
    const metrics = await bench.relay.metrics();
    return {
      cpuSeconds: metrics.get("process_cpu_seconds_total")!,
      residentBytes: metrics.get("process_resident_memory_bytes")!,
    };
  };
  const agents = bench.idleAgents();
  // The first quarter makes the heap grow to its working size, which is no connection's fault.
  const warmUp = count / 4;
  await agents.ask({ do: "connect", count: warmUp });
  const before = await read();
  const { seconds } = await agents.ask({ do: "connect", count: count - warmUp });
  const after = await read();
  return {
    memoryPerIdleConnectionKiB: (after.residentBytes - before.residentBytes) / 1024 /
      (count - warmUp),
    connectionsPerSecond: (count - warmUp) / seconds!,
    cpuPerConnectionMs: (after.cpuSeconds - before.cpuSeconds) * 1000 / (count - warmUp),
  };
}

/** Relay, connector and load agent as separate processes on loopback. */
export async function benchRelay(
  options: BenchOptions,
): Promise<{ json: RelayBenchReport; table: string }> {
  const { quick, progress } = options;
  const idleCount = quick ? 100 : 2000;
  await using bench = new BenchTunnel();
  const interrupt = () => void bench[Symbol.asyncDispose]().finally(() => Deno.exit(130));
  Deno.addSignalListener("SIGINT", interrupt);
  Deno.addSignalListener("SIGTERM", interrupt);
  await bench.start();
  const rows: RelayBenchRow[] = [];
  for (const bytes of payloadSizes) {
    progress(`${bytes} bytes, no idle connections`);
    rows.push(await measureRow(bench, bytes, 0, quick));
  }
  progress(`opening ${idleCount} idle connections`);
  const idle = await measureIdle(bench, idleCount);
  for (const bytes of payloadSizes) {
    progress(`${bytes} bytes, ${idleCount} idle connections`);
    rows.push(await measureRow(bench, bytes, idleCount, quick));
  }
  const ratios = payloadSizes.map((_, index) =>
    rows[index + payloadSizes.length]!.cpuPerDatagramMicroseconds /
    rows[index]!.cpuPerDatagramMicroseconds
  );
  Deno.removeSignalListener("SIGINT", interrupt);
  Deno.removeSignalListener("SIGTERM", interrupt);
  const json: RelayBenchReport = {
    schema: 1,
    rows,
    cpuPerDatagramOverFloor: Math.max(...rows.map((row) => row.cpuPerDatagramOverFloor)),
    idleConnectionsRatio: Math.max(...ratios),
    ...idle,
  };
  return { json, table: formatReport(json) };
}

function formatReport(report: RelayBenchReport): string {
  const table = formatTable(
    [
      "idle",
      "bytes",
      "datagrams/s",
      "Mbit/s",
      "CPU µs",
      "floor µs",
      "ratio",
      "lost",
      "RTT p50",
      "p99",
    ],
    report.rows.map((row) => [
      row.idleConnections.toFixed(0),
      row.payloadBytes.toFixed(0),
      row.datagramsPerSecond.toFixed(0),
      row.megabitsPerSecond.toFixed(1),
      row.cpuPerDatagramMicroseconds.toFixed(1),
      row.floorMicroseconds.toFixed(1),
      row.cpuPerDatagramOverFloor.toFixed(2),
      row.lostAt70Percent.toFixed(0),
      `${row.rttP50Ms.toFixed(2)} ms`,
      `${row.rttP99Ms.toFixed(2)} ms`,
    ]),
  );
  return `${table}

CPU per datagram over the library's own: ${report.cpuPerDatagramOverFloor.toFixed(2)} (worst row)
With idle connections over without:      ${report.idleConnectionsRatio.toFixed(2)} (worst size)
Memory per idle connection:              ${report.memoryPerIdleConnectionKiB.toFixed(1)} KiB
Connections accepted:                    ${report.connectionsPerSecond.toFixed(0)}/s, ${
    report.cpuPerConnectionMs.toFixed(2)
  } ms of relay CPU each`;
}
