import type { Clock, Timer } from "../clock.ts";
import { acknowledgmentDelayMs } from "./limits.ts";

/** What an `OutputQueue` needs of a connection; it alone writes the two flags. */
export interface OutputSource {
  flushScheduled: boolean;
  acknowledgmentScheduled: boolean;
  /** Whether packets wait for an acknowledgment that nothing else has carried. */
  readonly needsAcknowledgment: boolean;
  /** Sends all there is; false when the socket takes no more for now. */
  flush(): boolean;
}

/**
 * The connections that have something to send. Each is flushed once at the end of a turn, however
 * many packets of the turn concerned it; mere acknowledgments wait a little for data to join.
 */
export class OutputQueue {
  readonly #clock: Clock;
  #waiting: OutputSource[] = [];
  #acknowledging: OutputSource[] = [];
  #acknowledgmentTimer: Timer | undefined;
  #inTurn = false;
  #flushPending = false;
  #closed = false;

  /** The clock times acknowledgments. */
  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Packets are being received: `flush` will be called when they have been. False: it was known. */
  beginTurn(): boolean {
    if (this.#inTurn) return false;
    return this.#inTurn = true;
  }

  /** Has `source` flushed at the end of this turn, or soon when there is none. */
  schedule(source: OutputSource): void {
    if (source.flushScheduled) return;
    source.flushScheduled = true;
    this.#waiting.push(source);
    if (!this.#inTurn) this.flushSoon();
  }

  /** Has `source` flushed within `acknowledgmentDelayMs`, unless it was by then. */
  scheduleAcknowledgment(source: OutputSource): void {
    if (source.acknowledgmentScheduled || source.flushScheduled) return;
    source.acknowledgmentScheduled = true;
    this.#acknowledging.push(source);
    this.#acknowledgmentTimer ??= this.#clock.setTimer(
      () => this.#sendAcknowledgments(),
      acknowledgmentDelayMs,
    );
  }

  /** Flushes when what runs now has finished. */
  flushSoon(): void {
    if (this.#flushPending || this.#closed) return;
    this.#flushPending = true;
    setImmediate(() => {
      this.#flushPending = false;
      this.flush();
    });
  }

  /** Ends the turn: flushes all that wait. */
  flush(): void {
    this.#inTurn = false;
    if (this.#closed || this.#waiting.length === 0) return;
    const sources = this.#waiting;
    this.#waiting = [];
    for (let index = 0; index < sources.length; index++) {
      const source = sources[index]!;
      source.flushScheduled = false;
      if (source.flush()) continue;
      // The socket is full, and has `flushSoon` called when it is not.
      if (!source.flushScheduled) this.#waiting.push(source);
      source.flushScheduled = true;
      for (let rest = index + 1; rest < sources.length; rest++) this.#waiting.push(sources[rest]!);
      return;
    }
    // A flush may have reported an end, and whoever heard of it may have sent something.
    if (this.#waiting.length > 0) this.flushSoon();
  }

  /** Flushes nothing any more. */
  close(): void {
    this.#closed = true;
    this.#acknowledgmentTimer?.[Symbol.dispose]();
  }

  #sendAcknowledgments(): void {
    this.#acknowledgmentTimer = undefined;
    const sources = this.#acknowledging;
    this.#acknowledging = [];
    for (const source of sources) {
      source.acknowledgmentScheduled = false;
      if (source.needsAcknowledgment) this.schedule(source);
    }
    this.flush();
  }
}
