import { type Clock, systemClock, type Timer } from "../../tunnel/clock.ts";

/** A signal that aborts with an error of ours when its time is over. */
export class TimeLimit implements Disposable {
  readonly #controller = new AbortController();
  readonly #timer: Timer | undefined;

  /** @param reason Makes what it aborts with. */
  constructor(ms: number, reason: () => Error, clock: Clock = systemClock) {
    const end = (): void => this.#controller.abort(reason());
    if (ms <= 0) end();
    else this.#timer = clock.setTimer(end, ms);
  }

  /** Aborts when the time is over. */
  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** It does not abort any more. */
  [Symbol.dispose](): void {
    this.#timer?.[Symbol.dispose]();
  }
}
