/** What `/status` says of the relay's departure. */
export interface DrainStatus {
  /** Whether nobody new is taken any more. */
  readonly draining: boolean;
  /** Since when, ISO 8601 in UTC; `null` while it is not. */
  readonly since: string | null;
  /** Clients whose connections are there, registered or not: what is left to wait for. */
  readonly connections: number;
  /** Those of them that are registered as an agent. */
  readonly agents: number;
  /** Those that are registered as a connector. */
  readonly connectors: number;
  /** `connections` when it began; 0 while it has not. */
  readonly connectionsAtStart: number;
  /** Clients whose connections have ended since. */
  readonly closedWhileDraining: number;
  /** Attempts to connect that were refused since. */
  readonly refusedConnections: number;
  /** Registrations that were refused since, on connections that were there. */
  readonly refusedRegistrations: number;
}

/** Who is there now, for {@linkcode Drain.status}. */
export type PeerCounts = Pick<
  DrainStatus,
  "connections" | "agents" | "connectors" | "refusedConnections"
>;

/**
 * Whether the relay is on its way out, and what has become of its clients since: the account that
 * `restart` and `deploy` read, as nobody but the relay itself knows when the last one is gone.
 */
export class Drain {
  #since: Date | undefined;
  #connectionsAtStart = 0;
  #closed = 0;
  #refusedRegistrations = 0;

  /** Whether nobody new is to be taken. */
  get isDraining(): boolean {
    return this.#since !== undefined;
  }

  /** Nobody new is taken from now on. Repeating it changes nothing. */
  begin(now: Date, connections: number): void {
    if (this.#since !== undefined) return;
    this.#since = now;
    this.#connectionsAtStart = connections;
  }

  /** A client's connection has ended. */
  onClosed(): void {
    if (this.isDraining) this.#closed += 1;
  }

  /** A client that is there wanted to register for more. */
  onRefusedRegistration(): void {
    this.#refusedRegistrations += 1;
  }

  /** Its part of `/status`. */
  status(now: PeerCounts): DrainStatus {
    return {
      draining: this.isDraining,
      since: this.#since?.toISOString() ?? null,
      ...now,
      connectionsAtStart: this.#connectionsAtStart,
      closedWhileDraining: this.#closed,
      refusedRegistrations: this.#refusedRegistrations,
    };
  }
}
