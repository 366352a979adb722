import { promisify } from "node:util";
import * as zlib from "node:zlib";

/**
 * Compresses; the header says neither when nor where. By `CompressionStream`, since that gives the
 * same bytes on every kind of processor, where the faster zlib of `node:zlib` need not.
 */
export async function gzip(bytes: Uint8Array<ArrayBuffer>): Promise<Uint8Array<ArrayBuffer>> {
  const compressed = new Blob([bytes]).stream().pipeThrough(new CompressionStream("gzip"));
  return new Uint8Array(await new Response(compressed).arrayBuffer());
}

/**
 * Decompresses.
 *
 * @param maxBytes Largest result.
 * @throws {Error} when `bytes` is damaged, or the result would be larger.
 */
export async function gunzip(bytes: Uint8Array, maxBytes: number): Promise<Uint8Array> {
  return await promisify(zlib.gunzip)(bytes, { maxOutputLength: maxBytes });
}
