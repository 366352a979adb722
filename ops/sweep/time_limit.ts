/** A signal that aborts with an error of ours when its time is over. */
export class TimeLimit implements Disposable {
  readonly #controller = new AbortController();
  readonly #timer: ReturnType<typeof setTimeout>;

  /** @param reason Makes what it aborts with. */
  constructor(ms: number, reason: () => Error) {
    const end = (): void => this.#controller.abort(reason());
    this.#timer = setTimeout(end, Math.max(0, ms));
    if (ms <= 0) end();
  }

  /** Aborts when the time is over. */
  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** It does not abort any more. */
  [Symbol.dispose](): void {
    clearTimeout(this.#timer);
  }
}
