import { skipWithout } from "../support/debian_program.ts";
import { Daemon } from "./daemon.ts";

const program = "/usr/bin/prometheus-alertmanager";

/** Why tests with an Alertmanager are left out here, or `false` when they can run. */
export function skipWithoutAlertmanager(): string | false {
  return skipWithout(program, "prometheus-alertmanager");
}

/** Debian's Alertmanager on a free loopback port, alone: without a cluster. */
export class AlertmanagerServer implements AsyncDisposable {
  readonly #daemon: Daemon;

  private constructor(daemon: Daemon) {
    this.#daemon = daemon;
  }

  /**
   * Starts one, and waits until it is ready.
   *
   * @param configuration The text of `alertmanager.yaml`.
   */
  static async start(configuration: string): Promise<AlertmanagerServer> {
    const daemon = await Daemon.start({
      program,
      args: [
        "--config.file=@/alertmanager.yaml",
        "--storage.path=@/data",
        // Else it looks for a private address of this machine to gossip at.
        "--cluster.listen-address=",
      ],
      files: { "alertmanager.yaml": configuration },
    });
    return new AlertmanagerServer(daemon);
  }

  /** What a Prometheus calls it: `127.0.0.1:PORT`. */
  get address(): string {
    return this.#daemon.url.slice("http://".length);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#daemon[Symbol.asyncDispose]();
  }
}
