import { type Clock, systemClock } from "../../../tunnel/clock.ts";
import type { EventSink, FleetEvent, StampedEvent } from "./event.ts";

/** Passes a run's events to its sinks, in order, with the time at which they were. */
export class EventBus {
  readonly #clock: Clock;
  readonly #startMs: number;
  readonly #startedAt: number;
  readonly #sinks = new Map<EventSink, string>();

  /** @param options.startedAt The time of day that the clock's `now()` is at present. */
  constructor(options: { readonly clock?: Clock; readonly startedAt?: Date } = {}) {
    const { clock = systemClock, startedAt = new Date() } = options;
    this.#clock = clock;
    this.#startMs = clock.now();
    this.#startedAt = startedAt.getTime();
  }

  /**
   * Gives all further events to a sink, until what is returned is disposed of.
   *
   * @param name What it writes, for the warning when it can't: "the audit".
   */
  subscribe(name: string, sink: EventSink): Disposable {
    this.#sinks.set(sink, name);
    return { [Symbol.dispose]: () => void this.#sinks.delete(sink) };
  }

  /** Tells all sinks. One that throws gets no more events, and the others a warning. */
  emit(event: FleetEvent): void {
    const atMs = this.#clock.now() - this.#startMs;
    const time = new Date(this.#startedAt + atMs).toISOString();
    const stamped: StampedEvent = { ...event, atMs, time };
    const failures: FleetEvent[] = [];
    for (const [sink, name] of this.#sinks) {
      try {
        sink(stamped);
      } catch (error) {
        this.#sinks.delete(sink);
        const reason = error instanceof Error ? error.message : String(error);
        failures.push({ type: "warning", text: `Cannot go on with ${name}: ${reason}` });
      }
    }
    for (const failure of failures) this.emit(failure);
  }
}
