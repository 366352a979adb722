import { createHmac } from "node:crypto";
import { decodeHex } from "@std/encoding/hex";
import { ConfigError } from "../tunnel/errors.ts";
import { quote } from "../tunnel/printable.ts";

/** Length of a retry key, in bytes. */
export const retryKeyLength = 32;

/** Longer files are no key, whatever they are; 64 digits and a line end fit. */
const maxFileLength = 128;

/**
 * Reads a retry key: 32 bytes as they are, or 64 hexadecimal digits with white space around them.
 *
 * @throws ConfigError when the file can't be read or holds something else; the message does not
 * show its content.
 */
export function readRetryKey(
  path: string,
  readFile: (path: string) => Uint8Array = readStart,
): Uint8Array {
  let content: Uint8Array;
  try {
    content = readFile(path);
  } catch (cause) {
    const reason = cause instanceof Deno.errors.NotFound
      ? "it does not exist"
      : `reading it failed (${cause instanceof Error ? cause.message : String(cause)})`;
    throw new ConfigError(
      `Cannot use the retry key file as ${reason}: current value is ${quote(path)}; make one ` +
        `with "openssl rand -out FILE ${retryKeyLength}", or leave "--retry-key" out`,
      { cause },
    );
  }
  if (content.length === retryKeyLength) return content.slice();
  const text = content.length <= maxFileLength ? new TextDecoder().decode(content).trim() : "";
  if (/^[0-9a-fA-F]{64}$/.test(text)) return decodeHex(text);
  throw new ConfigError(
    `Cannot use the retry key file ${quote(path)} as it must hold ${retryKeyLength} bytes or ` +
      `${2 * retryKeyLength} hexadecimal digits: current value has ${
        content.length > maxFileLength ? `more than ${maxFileLength}` : content.length
      } bytes`,
  );
}

/** The key of stateless reset tokens that belongs to a retry key, so that one file serves both. */
export function resetKeyOf(retryKey: Uint8Array): Uint8Array {
  return createHmac("sha256", retryKey).update("ztna stateless reset").digest();
}

function readStart(path: string): Uint8Array {
  using file = Deno.openSync(path);
  const buffer = new Uint8Array(maxFileLength + 1);
  let length = 0;
  while (length < buffer.length) {
    const read = file.readSync(buffer.subarray(length));
    if (read === null) break;
    length += read;
  }
  return buffer.subarray(0, length);
}
