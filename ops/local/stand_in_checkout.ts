/**
 * For tests: a checkout whose relay and connector are tiny programs that listen, say that they are
 * ready and do nothing else, in a temporary directory with a state directory and free ports.
 */

import { checkout as realCheckout } from "../checkout.ts";
import type { runProbe } from "../probe/probe.ts";
import { type Output, Report } from "../report.ts";
import type { DeployLocalOptions } from "./deploy_local.ts";
import { readProcesses } from "./facts.ts";
import type { LocalPorts } from "./inventory.ts";
import { signalProcess } from "../process_identity.ts";
import { type StatePaths, statePathsAt } from "./state_paths.ts";

const standIn = `
const config = JSON.parse(Deno.readTextFileSync(Deno.args[1]));
if (config.port) Deno.listenDatagram({ hostname: "127.0.0.1", port: config.port, transport: "udp" });
const status = { release: Deno.env.get("ZTNA_RELEASE"), instance: "0a0b0c0d" };
Deno.serve({ hostname: "127.0.0.1", port: config.metrics_port, onListen() {} }, (request) =>
  request.url.endsWith("/status") ? Response.json(status) : new Response("ok"));
`;

/** The temporary directory and what is in it. */
export class StandInCheckout implements AsyncDisposable {
  readonly root: string = Deno.realPathSync(Deno.makeTempDirSync({ prefix: "ztna-local-" }));
  readonly checkout = `${this.root}/checkout`;
  readonly paths: StatePaths = statePathsAt(`${this.root}/state/local`);
  readonly ports: LocalPorts = freePorts();
  /** What the last deployment wrote to standard error. */
  progress = "";
  /** What the next probes claim that came back, of 20 packets each. */
  received = 20;

  constructor() {
    for (const name of ["relay", "connector"]) this.writeProgram(name, standIn);
    for (const name of ["ops", "tunnel"]) {
      Deno.symlinkSync(`${realCheckout}/${name}`, `${this.checkout}/${name}`);
    }
    for (const name of ["deno.json", "deno.lock", "std.d.ts"]) {
      Deno.copyFileSync(`${realCheckout}/${name}`, `${this.checkout}/${name}`);
    }
  }

  /** Replaces the program of `relay` or `connector`. */
  writeProgram(name: string, source: string = standIn): void {
    Deno.mkdirSync(`${this.checkout}/${name}`, { recursive: true });
    Deno.writeTextFileSync(`${this.checkout}/${name}/main.ts`, source);
  }

  /** Options for `deployLocal`; the probe is a stub. */
  options(change: Partial<DeployLocalOptions> = {}): DeployLocalOptions {
    this.progress = "";
    return {
      paths: this.paths,
      checkout: this.checkout,
      deno: Deno.execPath(),
      ports: this.ports,
      check: false,
      report: this.report(),
      signal: new AbortController().signal,
      readyDeadlineMs: 15_000,
      loadProbe: () => Promise.resolve(this.#probe),
      ...change,
    };
  }

  /** A report whose progress ends in `progress`. */
  report(): Report {
    const output: Output = {
      stdout: () => undefined,
      stderr: (text) => void (this.progress += text),
      color: { stdout: false, stderr: false },
    };
    return new Report(output);
  }

  /** Numbers of the processes that run, by program; of the supervisor too. */
  pids(): Record<string, number | undefined> {
    const { supervisor, programs } = readProcesses(this.paths);
    return {
      supervisor: supervisor?.pid,
      ...Object.fromEntries(
        Object.entries(programs).map(([name, { process }]) => [name, process?.pid]),
      ),
    };
  }

  readonly #probe: typeof runProbe = (options) => {
    const sent = options.count!;
    const received = Math.min(sent, this.received);
    const rttMs = { min: 1, p50: 1, p95: 1, p99: 1, max: 1 };
    const counts = { sent, received, lost: sent - received, duplicated: 0, reordered: 0 };
    const report = { ...counts, rttMs, outagesMs: [], protocol: options.protocol };
    return Promise.resolve(report as unknown as Awaited<ReturnType<typeof runProbe>>);
  };

  /** Kills what is left of the deployment, and removes everything. */
  async [Symbol.asyncDispose](): Promise<void> {
    const { supervisor, programs } = readProcesses(this.paths);
    if (supervisor !== undefined) signalProcess(supervisor, "SIGKILL");
    for (const { process } of Object.values(programs)) {
      if (process !== undefined) signalProcess(process, "SIGKILL");
    }
    await Deno.remove(this.root, { recursive: true });
  }
}

/** Four ports that are free at this moment, below those that systems give to clients. */
export function freePorts(): LocalPorts {
  const found = new Set<number>();
  while (found.size < 4) {
    const port = 20_000 + Math.floor(Math.random() * 10_000);
    if (isFree(port)) found.add(port);
  }
  const [relay, relayAdmin, connectorAdmin, application] = [...found] as [
    number,
    number,
    number,
    number,
  ];
  return { relay, relayAdmin, connectorAdmin, application };
}

function isFree(port: number): boolean {
  try {
    Deno.listen({ hostname: "127.0.0.1", port }).close();
    Deno.listenDatagram({ hostname: "127.0.0.1", port, transport: "udp" }).close();
    return true;
  } catch {
    return false;
  }
}
