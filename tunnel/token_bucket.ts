/** Allows `perSecond` events a second on average and as many in one burst. */
export class TokenBucket {
  readonly #perMs: number;
  readonly #burst: number;
  #tokens: number;
  #updatedMs: number;

  /** `perSecond` and `burst` are positive; `nowMs` is the clock's current time. */
  constructor(perSecond: number, nowMs: number, burst: number = perSecond) {
    this.#perMs = perSecond / 1000;
    this.#burst = burst;
    this.#tokens = burst;
    this.#updatedMs = nowMs;
  }

  /** Takes one token; false when there is none. */
  take(nowMs: number): boolean {
    if (nowMs > this.#updatedMs) {
      const refilled = this.#tokens + (nowMs - this.#updatedMs) * this.#perMs;
      this.#tokens = Math.min(this.#burst, refilled);
      this.#updatedMs = nowMs;
    }
    if (this.#tokens < 1) return false;
    this.#tokens -= 1;
    return true;
  }
}
