import { createHmac } from "node:crypto";
import { connectionIdLength } from "./limits.ts";

/** Length of an instance name in bytes. */
export const instanceLength = 4;

const keyOffset = 1 + instanceLength;
const nonceLength = 7;
const resetTokenLength = 16;
const nameOffset = keyOffset + nonceLength;

/**
 * A small integer read from a connection ID of ours: the key under which its connection is found.
 * 30 bits, so that the engine keeps it unboxed; the whole ID is compared after the look-up.
 * `cid` starts at `offset` in `bytes`, which must hold all of it.
 */
export function connectionIdKey(bytes: Uint8Array, offset: number): number {
  const at = offset + keyOffset;
  return (bytes[at]! & 0x3f) << 24 | bytes[at + 1]! << 16 | bytes[at + 2]! << 8 | bytes[at + 3]!;
}

/** The instance that issued the connection ID at `offset`, or `undefined` when none of us did. */
export function connectionIdInstance(bytes: Uint8Array, offset: number): Uint8Array | undefined {
  if ((bytes[offset]! & 0xc0) !== 0x40) return undefined;
  return bytes.subarray(offset + 1, offset + 1 + instanceLength);
}

/**
 * Issues connection IDs: 20 bytes, the first from 0x40 to 0x7f (no smaller, protocol section 5.3:
 * a peer's control packets are told apart by it), then four that name the instance, so that after
 * a handover another process knows whose packet it holds, then seven random ones, and eight that
 * name the connection, but only to those who have the key: for others nothing links its IDs.
 *
 * The name is there for resets: quiche 0.18 believes a stateless reset only if it carries the
 * token of the connection's first ID, which is long out of use when a server crashes.
 */
export class ConnectionIdIssuer {
  /** Names this process, in `instanceLength` bytes. */
  readonly instance: Uint8Array;
  readonly #resetKey: Uint8Array;
  /** Random bytes are drawn for many IDs at once: one call into the system each is slow. */
  readonly #pool = new Uint8Array(64 * connectionIdLength);
  #poolOffset = this.#pool.length;

  /**
   * `resetKey` makes the stateless reset tokens (RFC 9000 section 10.3.2): processes that share
   * it can reset each other's connections after a crash.
   */
  constructor(instance: Uint8Array, resetKey: Uint8Array) {
    if (instance.length !== instanceLength) {
      throw new RangeError(
        `Cannot issue connection IDs as "instance" must have ${instanceLength} bytes: ` +
          `current value has ${instance.length}`,
      );
    }
    this.instance = instance.slice();
    this.#resetKey = resetKey.slice();
  }

  /** A connection ID for a new connection, whose name is random, too. */
  issue(): Uint8Array {
    if (this.#poolOffset === this.#pool.length) {
      crypto.getRandomValues(this.#pool);
      this.#poolOffset = 0;
    }
    const cid = this.#pool.slice(this.#poolOffset, this.#poolOffset + connectionIdLength);
    this.#poolOffset += connectionIdLength;
    cid[0] = 0x40 | (cid[0]! & 0x3f);
    cid.set(this.instance, 1);
    return cid;
  }

  /** Another connection ID for the connection that has `sibling`. */
  issueFor(sibling: Uint8Array): Uint8Array {
    const cid = this.issue();
    cid.set(this.#unmask(sibling), nameOffset);
    // Masking is its own inverse.
    cid.set(this.#unmask(cid), nameOffset);
    return cid;
  }

  /** The stateless reset token of a connection's first ID, from any of its IDs: 16 bytes. */
  firstResetToken(cid: Uint8Array): Uint8Array {
    return this.#digest("first stateless reset", this.#unmask(cid)).subarray(0, resetTokenLength);
  }

  /** The stateless reset token of a later connection ID: 16 bytes. */
  resetToken(cid: Uint8Array): Uint8Array {
    return this.#digest("stateless reset", cid).subarray(0, resetTokenLength);
  }

  /** The connection's name in `cid`. */
  #unmask(cid: Uint8Array): Uint8Array {
    const mask = this.#digest("connection name", cid.subarray(keyOffset, nameOffset));
    return cid.subarray(nameOffset).map((byte, index) => byte ^ mask[index]!);
  }

  #digest(purpose: string, data: Uint8Array): Uint8Array {
    return createHmac("sha256", this.#resetKey).update(purpose).update(data).digest();
  }
}

/** A stateless reset token as the 128-bit integer that the binding takes. */
export function resetTokenInteger(token: Uint8Array): bigint {
  const view = new DataView(token.buffer, token.byteOffset, token.byteLength);
  return view.getBigUint64(0) << 64n | view.getBigUint64(8);
}
