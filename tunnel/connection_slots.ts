import type { Clock, Timer } from "./clock.ts";

/** Open connections; beyond it the oldest one is closed, so that hung clients can't lock out others. */
const maxConnections = 64;
/** Life of a connection in milliseconds, from its acceptance to the last byte of the answer. */
export const connectionDeadlineMs = 10_000;

/** A place for a connection. Disposing of it, when the connection has ended, makes it free. */
export interface ConnectionSlot extends Disposable {
  /** Resolves when the connection was closed from here. */
  readonly isCut: Promise<void>;
}

/** Bounds what clients of an HTTP server can take of it: places, and time in them. */
export class ConnectionSlots {
  readonly #clock: Clock;
  /** What cuts each open connection off, in the order of acceptance. */
  readonly #cuts = new Set<() => void>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /**
   * Takes a place for a connection, whose time runs from now on.
   *
   * @param close Closes it; called at most once, also by this call. Must not throw.
   */
  take(close: () => void): ConnectionSlot {
    const { promise: isCut, resolve } = Promise.withResolvers<void>();
    const free = (): void => {
      deadline[Symbol.dispose]();
      this.#cuts.delete(cut);
    };
    const cut = (): void => {
      free();
      close();
      resolve();
    };
    const deadline: Timer = this.#clock.setTimer(cut, connectionDeadlineMs);
    this.#cuts.add(cut);
    if (this.#cuts.size > maxConnections) {
      const [cutOldest] = this.#cuts;
      cutOldest!();
    }
    return { isCut, [Symbol.dispose]: free };
  }

  /** Closes all connections. */
  cutAll(): void {
    for (const cut of this.#cuts) cut();
  }
}
