import type { Buffer } from "node:buffer";
import * as zlib from "node:zlib";

/** The byte of a gzip header that names the system that made it (RFC 1952), and "unknown". */
const systemOffset = 9;
const unknownSystem = 255;

/** Compresses as well as gzip can; the header says neither when nor where. */
export async function gzip(bytes: Uint8Array): Promise<Uint8Array> {
  const level = zlib.constants.Z_BEST_COMPRESSION;
  const compressed = await called((done) => zlib.gzip(bytes, { level }, done));
  compressed[systemOffset] = unknownSystem;
  return compressed;
}

/**
 * Decompresses.
 *
 * @param maxBytes Largest result.
 * @throws {Error} when `bytes` is damaged, or the result would be larger.
 */
export function gunzip(bytes: Uint8Array, maxBytes: number): Promise<Uint8Array> {
  return called((done) => zlib.gunzip(bytes, { maxOutputLength: maxBytes }, done));
}

type Callback = (error: Error | null, result: Buffer) => void;

function called(start: (done: Callback) => void): Promise<Uint8Array> {
  return new Promise((resolve, reject) => {
    start((error, result) => error === null ? resolve(result) : reject(error));
  });
}
