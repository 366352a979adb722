import { skipWithout } from "../support/debian_program.ts";
import { Daemon } from "./daemon.ts";
import type { SeriesLabels } from "./prometheus_answer.ts";

const program = "/usr/bin/prometheus-alertmanager";

/** Why tests with an Alertmanager are left out here, or `false` when they can run. */
export function skipWithoutAlertmanager(): string | false {
  return skipWithout(program, "prometheus-alertmanager");
}

/** How an {@linkcode AlertmanagerServer} is configured. */
export interface AlertmanagerServerOptions {
  /** The text of `alertmanager.yaml`; relative paths in it are those of `files`. */
  readonly configuration: string;
  /** Further files, by their paths beside the configuration. */
  readonly files?: Readonly<Record<string, string>>;
}

/** An alert as Alertmanager has it. */
export interface ManagedAlert {
  readonly labels: SeriesLabels;
  readonly annotations: SeriesLabels;
  readonly receivers: readonly { readonly name: string }[];
  readonly status: {
    readonly state: "active" | "suppressed" | "unprocessed";
    /** Fingerprints of the alerts that keep it quiet. */
    readonly inhibitedBy: readonly string[];
  };
}

/** Debian's Alertmanager on a free loopback port, alone: without a cluster. */
export class AlertmanagerServer implements AsyncDisposable {
  readonly #daemon: Daemon;

  private constructor(daemon: Daemon) {
    this.#daemon = daemon;
  }

  /** Starts one, and waits until it is ready. */
  static async start(options: AlertmanagerServerOptions): Promise<AlertmanagerServer> {
    const daemon = await Daemon.start({
      program,
      args: [
        "--config.file=@/alertmanager.yaml",
        "--storage.path=@/data",
        // Else it looks for a private address of this machine to gossip at.
        "--cluster.listen-address=",
      ],
      files: { ...options.files, "alertmanager.yaml": options.configuration },
    });
    return new AlertmanagerServer(daemon);
  }

  /** `http://127.0.0.1:PORT`. */
  get url(): string {
    return this.#daemon.url;
  }

  /** What a Prometheus calls it: `127.0.0.1:PORT`. */
  get address(): string {
    return this.url.slice("http://".length);
  }

  /** What it has logged. */
  get log(): string {
    return this.#daemon.log;
  }

  /** The alerts that it has, those that it keeps quiet included. */
  async alerts(): Promise<readonly ManagedAlert[]> {
    const response = await fetch(`${this.url}/api/v2/alerts`);
    return await response.json() as ManagedAlert[];
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#daemon[Symbol.asyncDispose]();
  }
}
