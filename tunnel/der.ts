/**
 * A strict reader for DER (X.690), just enough for X.509: definite lengths in their shortest form,
 * one-byte tags, nothing copied. Every read is bounded by the element around it, so no input can
 * make it read past its end, loop or throw.
 *
 * Written here because certificates are hostile input and the parsers at hand are slow or can be
 * fooled (see `identity.ts`).
 */

/** Identifier octets that X.509 uses (X.690 section 8.1.2; context tags of RFC 5280). */
export const derTag = {
  boolean: 0x01,
  integer: 0x02,
  bitString: 0x03,
  octetString: 0x04,
  objectIdentifier: 0x06,
  utf8String: 0x0c,
  sequence: 0x30,
  set: 0x31,
  printableString: 0x13,
  teletexString: 0x14,
  ia5String: 0x16,
  utcTime: 0x17,
  generalizedTime: 0x18,
  universalString: 0x1c,
  bmpString: 0x1e,
  /** `[n] EXPLICIT` or a constructed `[n] IMPLICIT`. */
  contextConstructed: 0xa0,
  /** A primitive `[n] IMPLICIT`. */
  contextPrimitive: 0x80,
} as const;

/** One element: its tag and where its header and contents are in the bytes that it was read from. */
export interface DerElement {
  /** The identifier octet, class and constructed bit included. */
  readonly tag: number;
  /** Where the element begins (its identifier octet). */
  readonly headerStart: number;
  /** Where its contents begin. */
  readonly start: number;
  /** Where it ends (one past its last byte). */
  readonly end: number;
}

/**
 * Reads the element at `offset`, which must end at or before `limit`.
 * Returns `undefined` for anything that is not strict DER.
 */
export function readDer(bytes: Uint8Array, offset: number, limit: number): DerElement | undefined {
  if (limit > bytes.length || offset + 2 > limit) return undefined;
  const tag = bytes[offset]!;
  // 0x1f announces a tag number in further bytes; X.509 has none.
  if ((tag & 0x1f) === 0x1f) return undefined;
  const first = bytes[offset + 1]!;
  let start = offset + 2;
  let length = first;
  if (first >= 0x80) {
    const lengthBytes = first & 0x7f;
    // 0 is BER's indefinite form; three bytes hold 16 MiB, more than a TLS message can carry.
    if (lengthBytes === 0 || lengthBytes > 3 || start + lengthBytes > limit) return undefined;
    length = 0;
    for (let i = 0; i < lengthBytes; i++) length = length * 256 + bytes[start + i]!;
    if (length < 0x80 || length < 2 ** (8 * (lengthBytes - 1))) return undefined; // not the shortest form
    start += lengthBytes;
  }
  const end = start + length;
  return end > limit ? undefined : { tag, headerStart: offset, start, end };
}

/** As {@linkcode readDer}, and `undefined` as well when the element has another tag. */
export function readDerTagged(
  bytes: Uint8Array,
  offset: number,
  limit: number,
  tag: number,
): DerElement | undefined {
  const element = readDer(bytes, offset, limit);
  return element?.tag === tag ? element : undefined;
}

/**
 * The elements inside a constructed element, in order.
 * Returns `undefined` when they don't fill it exactly.
 */
export function readDerChildren(bytes: Uint8Array, parent: DerElement): DerElement[] | undefined {
  const children: DerElement[] = [];
  for (let offset = parent.start; offset < parent.end;) {
    const child = readDer(bytes, offset, parent.end);
    if (child === undefined) return undefined;
    children.push(child);
    offset = child.end;
  }
  return children;
}

/** Whether the contents of `element` are exactly `contents`. */
export function derContentsEqual(
  bytes: Uint8Array,
  element: DerElement,
  contents: readonly number[],
): boolean {
  if (element.end - element.start !== contents.length) return false;
  for (let i = 0; i < contents.length; i++) {
    if (bytes[element.start + i] !== contents[i]) return false;
  }
  return true;
}

/**
 * The text of a directory string (RFC 5280 section 4.1.2.4) or an IA5String.
 * Returns `undefined` when the bytes don't fit the type, or it is another type.
 */
export function readDerText(bytes: Uint8Array, element: DerElement): string | undefined {
  const contents = bytes.subarray(element.start, element.end);
  switch (element.tag) {
    case derTag.utf8String:
      return decodeUtf8(contents);
    case derTag.printableString:
    case derTag.ia5String:
      return decodeSingleBytes(contents, 0x7f);
    case derTag.teletexString: // T.61 in the standard, Latin-1 in every implementation
      return decodeSingleBytes(contents, 0xff);
    case derTag.bmpString:
      return decodeCodeUnits(contents, 2);
    case derTag.universalString:
      return decodeCodeUnits(contents, 4);
    default:
      return undefined;
  }
}

/**
 * The instant of a UTCTime or GeneralizedTime in the form that RFC 5280 section 4.1.2.5 requires
 * (seconds present, `Z`), in milliseconds since 1970; `undefined` for anything else.
 */
export function readDerTime(bytes: Uint8Array, element: DerElement): number | undefined {
  const text = decodeSingleBytes(bytes.subarray(element.start, element.end), 0x7f);
  if (text === undefined) return undefined;
  let year: number;
  let rest: string;
  if (element.tag === derTag.utcTime && /^\d{12}Z$/.test(text)) {
    const short = Number(text.slice(0, 2));
    year = short < 50 ? 2000 + short : 1900 + short;
    rest = text.slice(2);
  } else if (element.tag === derTag.generalizedTime && /^\d{14}Z$/.test(text)) {
    year = Number(text.slice(0, 4));
    rest = text.slice(4);
  } else {
    return undefined;
  }
  const [month, day, hour, minute, second] = [0, 2, 4, 6, 8].map((at) =>
    Number(rest.slice(at, at + 2))
  ) as [number, number, number, number, number];
  const date = new Date(0);
  date.setUTCFullYear(year, month - 1, day);
  date.setUTCHours(hour, minute, second);
  // Date rolls over what it can't hold (30 February, 25 o'clock): then it isn't what was written.
  const same = date.getUTCMonth() === month - 1 && date.getUTCDate() === day &&
    date.getUTCHours() === hour && date.getUTCMinutes() === minute &&
    date.getUTCSeconds() === second;
  return same ? date.getTime() : undefined;
}

const strictUtf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

function decodeUtf8(contents: Uint8Array): string | undefined {
  try {
    return strictUtf8.decode(contents);
  } catch {
    return undefined;
  }
}

function decodeSingleBytes(contents: Uint8Array, highest: number): string | undefined {
  let text = "";
  for (const byte of contents) {
    if (byte > highest) return undefined;
    text += String.fromCharCode(byte);
  }
  return text;
}

function decodeCodeUnits(contents: Uint8Array, width: 2 | 4): string | undefined {
  if (contents.length % width !== 0) return undefined;
  let text = "";
  for (let at = 0; at < contents.length; at += width) {
    let code = 0;
    for (let i = 0; i < width; i++) code = code * 256 + contents[at + i]!;
    // A surrogate is not a character in either encoding.
    if (code > 0x10ffff || (code >= 0xd800 && code <= 0xdfff)) return undefined;
    text += String.fromCodePoint(code);
  }
  return text;
}
