import { ConfigError } from "../../../../tunnel/errors.ts";
import { escapeControls } from "../../../../tunnel/printable.ts";
import { maxSourceBytes } from "../limits.ts";
import { mistakeAt, vaultRule } from "../mistakes.ts";

/**
 * Reads a text file of an inventory.
 *
 * @throws {ConfigError} when it can't be read, is too large, no UTF-8 text or encrypted.
 */
export async function readSourceText(path: string, signal?: AbortSignal): Promise<string> {
  return decodeSourceText(await readBounded(path, signal), path);
}

/**
 * The text of a file's bytes, or of a program's output.
 *
 * @param file What messages call it.
 * @throws {ConfigError} when it is no UTF-8 text, or encrypted.
 */
export function decodeSourceText(bytes: Uint8Array, file: string): string {
  let text: string;
  try {
    text = new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    throw mistakeAt({ file, line: lineOfBadUtf8(bytes) }, "it must be a text in UTF-8");
  }
  const nul = text.indexOf("\0");
  if (nul !== -1) {
    const line = text.slice(0, nul).split("\n").length;
    throw mistakeAt({ file, line }, "it must be a text, without NUL characters");
  }
  if (text.startsWith("$ANSIBLE_VAULT;")) {
    throw mistakeAt({ file }, vaultRule);
  }
  return text;
}

async function readBounded(path: string, signal?: AbortSignal): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  try {
    using file = await Deno.open(path);
    for await (const chunk of file.readable) {
      signal?.throwIfAborted();
      length += chunk.length;
      if (length > maxSourceBytes) {
        const rule = `a file of an inventory may have at most ${maxSourceBytes} bytes`;
        throw mistakeAt({ file: path }, rule);
      }
      chunks.push(chunk);
    }
  } catch (error) {
    if (error instanceof ConfigError || signal?.aborted) throw error;
    throw unreadable(path, error);
  }
  return await new Blob(chunks as BlobPart[]).bytes();
}

/** The error about a file or directory that the system does not let us read. */
export function unreadable(path: string, error: unknown): ConfigError {
  const why = error instanceof Error ? error.message : String(error);
  return new ConfigError(
    escapeControls(`Cannot read ${path} as a file of the inventory must be readable: ${why}`),
  );
}

function lineOfBadUtf8(bytes: Uint8Array): number {
  let line = 1;
  for (let start = 0; start < bytes.length; line++) {
    const next = bytes.indexOf(0x0a, start);
    const end = next === -1 ? bytes.length : next;
    try {
      new TextDecoder("utf-8", { fatal: true }).decode(bytes.subarray(start, end));
    } catch {
      return line;
    }
    start = end + 1;
  }
  return line;
}
