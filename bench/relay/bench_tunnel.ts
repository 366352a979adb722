import { Worker } from "../worker.ts";
import { freePort, issueCertificates, Program } from "./programs.ts";

/** What differs from a tunnel for two services. */
export interface BenchTunnelOptions {
  /** Services beside those that the load uses; each has a relay connection of its own. */
  readonly idleServices?: readonly string[];
}

/** One relay with its connector, load and backends, each a process of its own, on loopback. */
export class BenchTunnel implements AsyncDisposable {
  readonly #stack = new AsyncDisposableStack();
  relay!: Program;
  connector!: Program;
  /** `load_agent.ts`. */
  load!: Worker;
  /** `floor.ts`, for each core of a small machine. */
  floors!: Worker[];
  relayPort = 0;
  /** Certificates and configurations; removed at the end. */
  readonly directory = Deno.makeTempDirSync({ prefix: "ztna-bench-" });

  /** Starts all of it. Dispose of it also when this fails. */
  async start({ idleServices = [] }: BenchTunnelOptions = {}): Promise<void> {
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
          ...idleServices.map((id) => ({
            ...{ id, backend: `127.0.0.1:${portOf(discard)}`, protocol: "udp" },
          })),
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

  /** Agents that register and then say nothing, for the given services in turn. */
  idleAgents(services: readonly string[] = ["bench-discard"]): Worker {
    return this.#stack.use(
      Worker.start(new URL("./idle_agents.ts", import.meta.url), [
        this.directory,
        String(this.relayPort),
        ...services,
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

/** What has happened during a measurement. */
export interface Forwarded {
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
