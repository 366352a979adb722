import { maxUsedRetryTokens, retryTokenLifetimeSeconds } from "./limits.ts";

/**
 * Remembers Retry tokens for as long as they are valid, so that none opens two connections (fault
 * LR17 of the reference: a token could be replayed for a minute).
 *
 * Bounded: when more are used in one lifetime than it holds, the oldest are forgotten.
 */
export class UsedTokens {
  #current = new Set<number>();
  #previous = new Set<number>();
  #startedAt = -Infinity;

  /** Marks the token with `nonce` as used; false when it was already. */
  use(nonce: Uint8Array, unixSeconds: number): boolean {
    // 48 of its random bits fit a number exactly.
    const view = new DataView(nonce.buffer, nonce.byteOffset, nonce.byteLength);
    const key = view.getUint32(0) * 65_536 + view.getUint16(4);
    const age = unixSeconds - this.#startedAt;
    if (age > retryTokenLifetimeSeconds || this.#current.size >= maxUsedRetryTokens) {
      this.#previous = age > 2 * retryTokenLifetimeSeconds ? new Set() : this.#current;
      this.#current = new Set();
      this.#startedAt = unixSeconds;
    }
    if (this.#current.has(key) || this.#previous.has(key)) return false;
    this.#current.add(key);
    return true;
  }
}
