import { waitForAnswer } from "../support/wait.ts";
import { MonitoredTunnel, type TunnelHost } from "./monitored_tunnel.ts";
import { PrometheusServer } from "./prometheus_server.ts";
import { quickPrometheus, quickRules, targetFiles } from "./quick_configuration.ts";

/** What a {@linkcode MonitoredFleet} may be told. */
export interface MonitoredFleetOptions {
  /** Where alerts go, as `HOST:PORT`; nowhere by default. */
  readonly alertmanager?: string;
}

/** How long a change may take to be seen: a scrape, and a machine that does much else. */
const longestViewMs = 60_000;

/** A {@linkcode MonitoredTunnel}, and a Prometheus that scrapes it and has the generated rules. */
export class MonitoredFleet implements AsyncDisposable {
  readonly tunnel: MonitoredTunnel;
  readonly prometheus: PrometheusServer;
  readonly #stack: AsyncDisposableStack;

  private constructor(
    stack: AsyncDisposableStack,
    tunnel: MonitoredTunnel,
    prometheus: PrometheusServer,
  ) {
    this.#stack = stack;
    this.tunnel = tunnel;
    this.prometheus = prometheus;
  }

  /** Starts both, and waits until every program was scraped. */
  static async start(options: MonitoredFleetOptions = {}): Promise<MonitoredFleet> {
    await using stack = new AsyncDisposableStack();
    const tunnel = stack.use(await MonitoredTunnel.start());
    const prometheus = stack.use(
      await PrometheusServer.start({
        configuration: quickPrometheus(options.alertmanager),
        files: { ...quickRules(), ...targetFiles(tunnel.targets()) },
      }),
    );
    const fleet = new MonitoredFleet(stack.move(), tunnel, prometheus);
    try {
      await fleet.sees(`sum(up) == ${tunnel.hosts.size}`);
      return fleet;
    } catch (error) {
      await fleet[Symbol.asyncDispose]();
      throw error;
    }
  }

  /** Waits until Prometheus has a value for an expression. */
  async sees(expression: string): Promise<void> {
    const seen = async (): Promise<boolean> => (await this.prometheus.query(expression)).length > 0;
    await waitForAnswer(seen, `a value of ${expression}`, longestViewMs);
  }

  /** Restarts a relay as deploy does, to another release, and waits until its clients are back. */
  async restart(name: TunnelHost, release: string): Promise<void> {
    const host = this.tunnel.host(name);
    host.process.signal("SIGUSR2");
    await this.sees(`ztna_relay_draining{instance="${name}"} == 1`);
    await host.stop();
    await this.sees(`up{instance="${name}"} == 0`);
    await host.startAgain(release);
    await this.sees(`ztna_build_info{instance="${name}",release="${release}"}`);
    await waitForAnswer(
      () => Promise.resolve(this.tunnel.load.isReady),
      "the agents to be back",
      longestViewMs,
    );
    await this.sees(`min(ztna_connector_ready) == 1`);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#stack.disposeAsync();
  }
}
