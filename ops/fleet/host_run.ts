import type { Connection, ConnectionTraffic } from "../engine/connection/connection.ts";
import type { ConnectionSettings } from "../engine/connection/connection_settings.ts";
import type { HostOutcome } from "../engine/run/event.ts";
import type { FleetHost } from "./fleet.ts";

/** What a run needs of a host. */
export interface RunHost {
  readonly name: string;
  readonly connection: ConnectionSettings;
}

/** One host during a run: what is known of it, and how it ends. */
export class HostRun<H extends RunHost = FleetHost> {
  readonly host: H;
  /** Changes made or, with `--check`, due. */
  changed = 0;
  /** What it ran before the run, and what it runs now; `null` for nothing or not known. */
  releaseBefore: string | null = null;
  releaseAfter: string | null = null;
  #connection: Connection | undefined;
  #traffic: ConnectionTraffic | undefined;
  #outcome: HostOutcome | undefined;
  #error: string | undefined;

  constructor(host: H) {
    this.host = host;
  }

  get name(): string {
    return this.host.name;
  }

  /** The connection; there must be one by now. */
  get connection(): Connection {
    if (this.#connection === undefined) throw new TypeError(`"${this.name}" is not connected`);
    return this.#connection;
  }

  set connection(connection: Connection) {
    this.#connection = connection;
  }

  /** What its connection has cost so far, also when it has ended; `undefined` if there was none. */
  get traffic(): ConnectionTraffic | undefined {
    return this.#connection?.traffic ?? this.#traffic;
  }

  /** How it has ended; `undefined` while it has not. */
  get outcome(): HostOutcome | undefined {
    return this.#outcome;
  }

  /** What went wrong, in whole sentences. */
  get error(): string | undefined {
    return this.#error;
  }

  /** Whether it counts for `--max-fail`. */
  get hasFailed(): boolean {
    return this.#outcome === "failed" || this.#outcome === "unreachable" ||
      this.#outcome === "rolled_back";
  }

  /** It is over for this host. The first outcome counts. */
  finish(outcome: HostOutcome, error?: string): void {
    if (this.#outcome !== undefined) return;
    this.#outcome = outcome;
    this.#error = error;
    if (outcome === "skipped") this.changed = 0;
  }

  /** Ends the connection, if there is one, and with it what still runs and the host's lock. */
  async disconnect(): Promise<void> {
    const connection = this.#connection;
    if (connection === undefined) return;
    await connection[Symbol.asyncDispose]();
    this.#traffic = connection.traffic;
    this.#connection = undefined;
  }
}
