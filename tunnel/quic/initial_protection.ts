import { type Cipheriv, createCipheriv, createHmac } from "node:crypto";
import { Buffer } from "node:buffer";

/** Salt of QUIC version 1 (RFC 9001 section 5.2). */
const initialSalt = Uint8Array.fromHex("38762cf7f55934b34d179ae6a4c80cadccbb7f0a");

/** Length of AES-128-GCM's tag in bytes. */
export const tagBytes = 16;
/** Length of what header protection samples, in bytes (RFC 9001 section 5.4.2). */
export const sampleBytes = 16;

/** What protects the Initial packets of one side (RFC 9001 section 5). */
export interface InitialKeys {
  readonly key: Uint8Array;
  readonly iv: Uint8Array;
  readonly headerProtection: Uint8Array;
}

/**
 * The keys of a server's Initial packets. They hide nothing: whoever has seen the client's first
 * packet can derive them.
 *
 * @param destinationCid The one in the client's first Initial, or in its first one after a Retry.
 */
export function serverInitialKeys(destinationCid: Uint8Array): InitialKeys {
  const initial = hmac(initialSalt, destinationCid);
  const secret = expandLabel(initial, "server in", 32);
  return {
    key: expandLabel(secret, "quic key", 16),
    iv: expandLabel(secret, "quic iv", 12),
    headerProtection: expandLabel(secret, "quic hp", 16),
  };
}

/** Encrypts `payload` of packet `number` and appends the tag; `header` is authenticated with it. */
export function sealPayload(
  { key, iv }: InitialKeys,
  number: number,
  header: Uint8Array,
  payload: Uint8Array,
): Uint8Array {
  const nonce = iv.slice();
  new DataView(nonce.buffer).setUint32(8, new DataView(nonce.buffer).getUint32(8) ^ number);
  const cipher = createCipheriv("aes-128-gcm", key, nonce);
  cipher.setAAD(header);
  const sealed = finished(cipher, payload);
  return Uint8Array.from([...sealed, ...cipher.getAuthTag()]);
}

/** The five bytes that mask a header whose packet has this sample (RFC 9001 section 5.4.3). */
export function headerMask({ headerProtection }: InitialKeys, sample: Uint8Array): Uint8Array {
  const cipher = createCipheriv("aes-128-ecb", headerProtection, null);
  return finished(cipher, sample).subarray(0, 5);
}

function finished(cipher: Cipheriv, data: Uint8Array): Uint8Array {
  return Buffer.concat([cipher.update(data), cipher.final()]);
}

/** HKDF-Expand-Label of TLS 1.3 (RFC 8446 section 7.1) for at most 32 bytes: one round of HMAC. */
function expandLabel(secret: Uint8Array, label: string, length: number): Uint8Array {
  const fullLabel = new TextEncoder().encode(`tls13 ${label}`);
  const info = [0, length, fullLabel.length, ...fullLabel, 0];
  return hmac(secret, Uint8Array.from([...info, 1])).subarray(0, length);
}

function hmac(key: Uint8Array, data: Uint8Array): Uint8Array {
  return createHmac("sha256", key).update(data).digest();
}
