import { assert, assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { maxUsedRetryTokens, retryTokenLifetimeSeconds } from "./limits.ts";
import { UsedTokens } from "./used_tokens.ts";

function nonce(number: number): Uint8Array {
  const bytes = new Uint8Array(12);
  new DataView(bytes.buffer).setUint32(0, number);
  return bytes;
}

describe("UsedTokens", () => {
  it("takes each token once", () => {
    const used = new UsedTokens();
    assertEquals(used.use(nonce(1), 0), true);
    assertEquals(used.use(nonce(2), 0), true);
    assertEquals(used.use(nonce(1), 0), false);
    assertEquals(used.use(nonce(2), 0), false);
  });

  it("remembers a token for at least its lifetime, whenever it was used", () => {
    for (let offset = 0; offset < 2 * retryTokenLifetimeSeconds; offset += 7) {
      const used = new UsedTokens();
      for (let second = 0; second <= offset; second++) used.use(nonce(1000 + second), second);
      assertEquals(used.use(nonce(1), offset), true);
      for (let age = 1; age <= retryTokenLifetimeSeconds; age++) {
        assertEquals(used.use(nonce(1), offset + age), false, `used at ${offset}, age ${age}`);
      }
    }
  });

  it("forgets it when nothing could be replayed any more", () => {
    const used = new UsedTokens();
    used.use(nonce(1), 0);
    assertEquals(used.use(nonce(1), 3 * retryTokenLifetimeSeconds), true);
  });

  it("stays bounded under a flood, and still knows the newest ones", () => {
    const used = new UsedTokens();
    const count = 3 * maxUsedRetryTokens;
    for (let index = 0; index < count; index++) assert(used.use(nonce(index), 5));
    for (let index = count - maxUsedRetryTokens; index < count; index++) {
      assertEquals(used.use(nonce(index), 5), false);
    }
    assertEquals(used.use(nonce(0), 5), true);
  });
});
