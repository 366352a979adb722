/** The part of an HTTP/1 request that the admin endpoints look at. */
export interface HttpRequest {
  readonly method: string;
  /** Path without the query string, as sent: nothing is decoded. */
  readonly path: string;
}

/** Why a request head was refused: 400 not HTTP/1, 431 too long. */
export type HttpRefusal = 400 | 431;

/** Longest request head that is read, in bytes; a Prometheus scrape has under 500. */
export const maxRequestHeadLength = 8192;

const requestLine = /^([!#$%&'*+.^_`|~0-9A-Za-z-]{1,32}) (\S+) HTTP\/1\.[01]$/;
const authority = /^https?:\/\/[^/?#]*/i;

/**
 * Reads the head of an HTTP/1.0 or 1.1 request (RFC 9112) out of the bytes that have come so far.
 * Header fields and a body are not looked at: no answer depends on them.
 *
 * @returns `undefined` when more bytes are needed.
 */
export function parseRequestHead(bytes: Uint8Array): HttpRequest | HttpRefusal | undefined {
  const end = headEnd(bytes);
  if (end === -1) return bytes.length >= maxRequestHeadLength ? 431 : undefined;
  const line = bytes.subarray(0, bytes.indexOf(lineFeed));
  const [, method, target] = requestLine.exec(latin1.decode(line).trimEnd()) ?? [];
  if (method === undefined || target === undefined) return 400;
  const path = target.replace(authority, "").replace(/[?#].*$/, "");
  return { method, path: path === "" ? "/" : path };
}

const lineFeed = 0x0a;
const carriageReturn = 0x0d;
const latin1 = new TextDecoder("latin1");

/** Offset of the empty line's end, with or without carriage returns (RFC 9112 section 2.2). */
function headEnd(bytes: Uint8Array): number {
  for (let at = bytes.indexOf(lineFeed); at !== -1; at = bytes.indexOf(lineFeed, at + 1)) {
    const next = bytes[at + 1] === carriageReturn ? at + 2 : at + 1;
    if (bytes[next] === lineFeed) return next + 1;
  }
  return -1;
}
