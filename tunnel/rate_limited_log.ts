import { type Clock, systemClock, type Timer } from "./clock.ts";
import type { LogFields, Logger, LogLevel } from "./log.ts";

/** How much of one event a rate-limited logger writes. */
export interface RateLimitOptions {
  /** Lines of one event in one interval; 10 by default. */
  readonly maxLines?: number;
  /** Length of the interval in milliseconds, from an event's first line on; 10,000 by default. */
  readonly intervalMs?: number;
  readonly clock?: Clock;
}

/** Different events that are told apart; the rest share one limit. Names are constants, so few. */
const maxEvents = 256;
/** What the rest is called. */
const overflowEvent = "other_events";

/** What is known of one event in its current interval. */
interface EventWindow {
  readonly endMs: number;
  lines: number;
  suppressed: number;
}

/**
 * A logger for events that the wire can cause: past `maxLines` lines in an interval an event is only
 * counted, and one line with the number in `suppressed` follows at the interval's end. Children
 * share the limits. Disposing of it writes what is outstanding.
 */
export class RateLimitedLogger implements Logger, Disposable {
  readonly #logger: Logger;
  readonly #limiter: EventLimiter;

  /** @param limiter Given by `child` only. */
  constructor(logger: Logger, options: RateLimitOptions = {}, limiter?: EventLimiter) {
    this.#logger = logger;
    this.#limiter = limiter ?? new EventLimiter(logger, options);
  }

  debug(event: string, fields?: LogFields): void {
    if (this.#limiter.admit("debug", event)) this.#logger.debug(event, fields);
  }

  info(event: string, fields?: LogFields): void {
    if (this.#limiter.admit("info", event)) this.#logger.info(event, fields);
  }

  warn(event: string, fields?: LogFields): void {
    if (this.#limiter.admit("warn", event)) this.#logger.warn(event, fields);
  }

  error(event: string, fields?: LogFields): void {
    if (this.#limiter.admit("error", event)) this.#logger.error(event, fields);
  }

  child(fields: LogFields): Logger {
    return new RateLimitedLogger(this.#logger.child(fields), {}, this.#limiter);
  }

  [Symbol.dispose](): void {
    this.#limiter.flush();
  }
}

/** Decides which lines are written, and reports the rest. */
class EventLimiter {
  readonly #logger: Logger;
  readonly #clock: Clock;
  readonly #maxLines: number;
  readonly #intervalMs: number;
  /** By level and event, as a count must be reported at the level of its lines. */
  readonly #windows: Record<LogLevel, Map<string, EventWindow>> = {
    debug: new Map(),
    info: new Map(),
    warn: new Map(),
    error: new Map(),
  };
  /** Set while something is suppressed. */
  #timer: Timer | undefined;

  constructor(logger: Logger, options: RateLimitOptions) {
    const { maxLines = 10, intervalMs = 10_000, clock = systemClock } = options;
    this.#logger = logger;
    this.#maxLines = maxLines;
    this.#intervalMs = intervalMs;
    this.#clock = clock;
  }

  admit(level: LogLevel, event: string): boolean {
    const windows = this.#windows[level];
    const nowMs = this.#clock.now();
    const key = windows.has(event) || windows.size < maxEvents ? event : overflowEvent;
    let window = windows.get(key);
    if (window === undefined || nowMs >= window.endMs) {
      if (window !== undefined) this.#report(level, key, window);
      window = { endMs: nowMs + this.#intervalMs, lines: 0, suppressed: 0 };
      windows.set(key, window);
    }
    if (window.lines < this.#maxLines) {
      window.lines++;
      return true;
    }
    window.suppressed++;
    this.#timer ??= this.#clock.setTimer(() => this.#reportEnded(), window.endMs - nowMs);
    return false;
  }

  flush(): void {
    this.#timer?.[Symbol.dispose]();
    this.#timer = undefined;
    for (const [level, event, window] of this.#all()) this.#report(level, event, window);
  }

  /** Reports the intervals that have ended, and waits for the next end when there is one. */
  #reportEnded(): void {
    this.#timer = undefined;
    const nowMs = this.#clock.now();
    let nextEndMs = Infinity;
    for (const [level, event, window] of this.#all()) {
      if (window.endMs <= nowMs) {
        this.#report(level, event, window);
        this.#windows[level].delete(event);
      } else if (window.suppressed > 0) {
        nextEndMs = Math.min(nextEndMs, window.endMs);
      }
    }
    if (nextEndMs < Infinity) {
      this.#timer = this.#clock.setTimer(() => this.#reportEnded(), nextEndMs - nowMs);
    }
  }

  #report(level: LogLevel, event: string, window: EventWindow): void {
    if (window.suppressed === 0) return;
    const { suppressed } = window;
    window.suppressed = 0;
    this.#logger[level](event, { suppressed });
  }

  #all(): [LogLevel, string, EventWindow][] {
    const levels = Object.entries(this.#windows) as [LogLevel, Map<string, EventWindow>][];
    return levels.flatMap(([level, windows]) =>
      [...windows].map(([event, window]): [LogLevel, string, EventWindow] => [level, event, window])
    );
  }
}
