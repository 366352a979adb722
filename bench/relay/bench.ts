import { Worker } from "../worker.ts";
import { formatTable } from "../table.ts";
import { freePort, issueCertificates, Program } from "./programs.ts";

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

/** One relay with its connector, load and backends. */
class Bench implements AsyncDisposable {
  readonly #stack = new AsyncDisposableStack();
  relay!: Program;
  connector!: Program;
  load!: Worker;
  floors!: Worker[];
  relayPort = 0;
  readonly directory = Deno.makeTempDirSync({ prefix: "ztna-bench-" });

  async start(): Promise<void> {
    const { directory } = this;
    this.#stack.defer(() => Deno.remove(directory, { recursive: true }));
    await issueCertificates(directory);
    const discard = this.#stack.use(listen());
    const echo = this.#stack.use(listen());
    void echoAll(echo);
    this.relayPort = freePort();
    this.relay = this.#stack.use(
      await Program.start("relay", directory, {
        port: this.relayPort,
        bind_addr: "127.0.0.1",
        cert_path: `${directory}/relay.pem`,
        key_path: `${directory}/relay.key`,
        ca_cert_path: `${directory}/ca.pem`,
        metrics_port: freePort(),
        log_level: "warn",
      }),
    );
    this.connector = this.#stack.use(
      await Program.start("connector", directory, {
        intermediate_server: {
          host: "127.0.0.1",
          port: this.relayPort,
          server_name: "ztna-server",
        },
        services: [
          { id: "bench-discard", backend: `127.0.0.1:${portOf(discard)}`, protocol: "udp" },
          { id: "bench-echo", backend: `127.0.0.1:${portOf(echo)}`, protocol: "udp" },
        ],
        ca_cert: `${directory}/ca.pem`,
        client_cert: `${directory}/connector.pem`,
        client_key: `${directory}/connector.key`,
        metrics_port: freePort(),
        log_level: "warn",
      }),
    );
    const worker = (name: string, args: string[] = []) =>
      this.#stack.use(
        Worker.start(new URL(`./${name}.ts`, import.meta.url), [directory, ...args]),
      );
    this.load = worker("load_agent", [String(this.relayPort)]);
    this.floors = [worker("floor"), worker("floor")];
  }

  idleAgents(): Worker {
    return this.#stack.use(
      Worker.start(new URL("./idle_agents.ts", import.meta.url), [
        this.directory,
        String(this.relayPort),
      ]),
    );
  }

  /** Both at once, so that both cores are as busy as they are with the relay and its peers. */
  async floor(bytes: number, seconds: number): Promise<number> {
    const answers = await Promise.all(
      this.floors.map((floor) => floor.ask({ do: "measure", bytes, seconds })),
    );
    return answers.reduce((sum, answer) => sum + answer.microseconds!, 0) / answers.length;
  }

  /** What the relay forwarded and the connector passed on during `work`. */
  async during<T>(work: () => Promise<T>): Promise<T & Forwarded> {
    const before = [await this.relay.metrics(), await this.connector.metrics()];
    const result = await work();
    // What is on the way arrives.
    await new Promise((resolve) => setTimeout(resolve, 300));
    const after = [await this.relay.metrics(), await this.connector.metrics()];
    const grown = (program: number, name: string) =>
      after[program]!.get(name)! - before[program]!.get(name)!;
    return {
      ...result,
      forwarded: grown(0, "ztna_datagrams_relayed_total"),
      delivered: grown(1, "ztna_connector_forwarded_packets_total"),
      cpuMicroseconds: grown(0, "process_cpu_seconds_total") * 1e6,
    };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#stack.disposeAsync();
  }
}

interface Forwarded {
  readonly forwarded: number;
  readonly delivered: number;
  readonly cpuMicroseconds: number;
}

function listen(): Deno.DatagramConn & Disposable {
  const socket = Deno.listenDatagram({ transport: "udp", hostname: "127.0.0.1", port: 0 });
  return Object.assign(socket, { [Symbol.dispose]: () => socket.close() });
}

function portOf(socket: Deno.DatagramConn): number {
  return (socket.addr as Deno.NetAddr).port;
}

async function echoAll(socket: Deno.DatagramConn): Promise<void> {
  try {
    for await (const [data, from] of socket) void socket.send(data, from).catch(() => {});
  } catch {
    // Closed at the end of the benchmark.
  }
}

async function measureRow(
  bench: Bench,
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
async function measureIdle(bench: Bench, count: number): Promise<IdleCost> {
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
  await using bench = new Bench();
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
