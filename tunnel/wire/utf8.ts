import { bytesEqual } from "./bytes.ts";

const encoder = new TextEncoder();
// ignoreBOM keeps a byte order mark as the character that it is: IDs are compared byte for byte.
const decoder = new TextDecoder("utf-8", { ignoreBOM: true });

/**
 * The text of UTF-8 bytes, or `undefined` when they are not UTF-8. Strict, and a leading byte order
 * mark stays. Does not use the decoder's fatal mode, whose exception costs 20 µs: a flood of bad
 * text must not.
 */
export function decodeUtf8(data: Uint8Array): string | undefined {
  const text = decoder.decode(data);
  // Bad bytes become U+FFFD, which may also be there by right: then the bytes come out again.
  if (text.includes("\ufffd") && !bytesEqual(encoder.encode(text), data)) return undefined;
  return text;
}

/** The UTF-8 bytes of a text, or `undefined` when it holds half a surrogate pair. */
export function encodeUtf8(text: string): Uint8Array | undefined {
  return text.isWellFormed() ? encoder.encode(text) : undefined;
}
