import { createCipheriv, createDecipheriv } from "node:crypto";
import { formatSocketAddress, type SocketAddress } from "./address.ts";
import { retryTokenLifetimeSeconds } from "./limits.ts";
import { UsedTokens } from "./used_tokens.ts";

const nonceLength = 12;
const tagLength = 16;
const keyLength = 32;
const algorithm = "aes-256-gcm";

/** What a valid token says: the destination CID of the client's very first Initial. */
export interface RetryTokenContent {
  readonly originalDestinationCid: Uint8Array;
}

/**
 * Encodes a token's plaintext (protocol section 1.4): address text, original destination CID and
 * Unix time, the first two with a length byte.
 */
export function encodeRetryPlaintext(
  address: SocketAddress,
  originalDestinationCid: Uint8Array,
  unixSeconds: number,
): Uint8Array {
  const text = new TextEncoder().encode(formatSocketAddress(address));
  const plaintext = new Uint8Array(1 + text.length + 1 + originalDestinationCid.length + 8);
  plaintext[0] = text.length;
  plaintext.set(text, 1);
  plaintext[1 + text.length] = originalDestinationCid.length;
  plaintext.set(originalDestinationCid, 2 + text.length);
  new DataView(plaintext.buffer).setBigUint64(plaintext.length - 8, BigInt(unixSeconds));
  return plaintext;
}

/**
 * Seals and opens Retry tokens with AES-256-GCM (protocol section 1.4): nonce, ciphertext, tag.
 * Processes with the same key accept each other's tokens.
 */
export class RetryTokens {
  readonly #key: Uint8Array;
  readonly #now: () => number;
  readonly #used = new UsedTokens();

  /**
   * `key` has 32 bytes. `now` gives Unix seconds.
   *
   * @throws {RangeError} when the key has another length.
   */
  constructor(key: Uint8Array, now: () => number = () => Math.floor(Date.now() / 1000)) {
    if (key.length !== keyLength) {
      throw new RangeError(
        `Cannot seal Retry tokens as "key" must have ${keyLength} bytes: ` +
          `current value has ${key.length}`,
      );
    }
    this.#key = key.slice();
    this.#now = now;
  }

  /** A token for a client at `address` whose first Initial had `originalDestinationCid`. */
  seal(
    address: SocketAddress,
    originalDestinationCid: Uint8Array,
    nonce: Uint8Array = crypto.getRandomValues(new Uint8Array(nonceLength)),
  ): Uint8Array {
    const plaintext = encodeRetryPlaintext(address, originalDestinationCid, this.#now());
    const cipher = createCipheriv(algorithm, this.#key, nonce);
    const sealed = cipher.update(plaintext);
    cipher.final();
    const token = new Uint8Array(nonceLength + sealed.length + tagLength);
    token.set(nonce);
    token.set(sealed, nonceLength);
    token.set(cipher.getAuthTag(), nonceLength + sealed.length);
    return token;
  }

  /** The content of a token that is ours, made for `address`, not too old and not used before. */
  open(token: Uint8Array, address: SocketAddress): RetryTokenContent | undefined {
    const plaintext = this.#decrypt(token);
    if (plaintext === undefined) return undefined;
    const textLength = plaintext[0] ?? 0;
    const cidLength = plaintext[1 + textLength];
    if (cidLength === undefined || plaintext.length !== 2 + textLength + cidLength + 8) {
      return undefined;
    }
    const text = new TextDecoder().decode(plaintext.subarray(1, 1 + textLength));
    if (text !== formatSocketAddress(address)) return undefined;
    const view = new DataView(plaintext.buffer, plaintext.byteOffset, plaintext.byteLength);
    const now = this.#now();
    const age = BigInt(now) - view.getBigUint64(plaintext.length - 8);
    if (age > BigInt(retryTokenLifetimeSeconds)) return undefined;
    if (!this.#used.use(token.subarray(0, nonceLength), now)) return undefined;
    const start = 2 + textLength;
    return { originalDestinationCid: plaintext.slice(start, start + cidLength) };
  }

  #decrypt(token: Uint8Array): Uint8Array | undefined {
    if (token.length < nonceLength + tagLength) return undefined;
    try {
      const decipher = createDecipheriv(algorithm, this.#key, token.subarray(0, nonceLength));
      decipher.setAuthTag(token.subarray(token.length - tagLength));
      const plaintext = decipher.update(token.subarray(nonceLength, token.length - tagLength));
      decipher.final();
      return new Uint8Array(plaintext);
    } catch {
      // The tag does not match: forged, damaged, or sealed with another key.
      return undefined;
    }
  }
}
