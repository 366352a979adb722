import { formatIpv4 } from "./ipv4.ts";
import { formatIpv6, type IpEndpoint, isPort, parseIpAddress } from "./ip_address.ts";
import { readU32 } from "./bytes.ts";
import { decodeUtf8, encodeUtf8 } from "./utf8.ts";
import { WireError } from "./wire_error.ts";

const truncated = new WireError("truncated", "Cannot read a message as it ends inside a field");
const badTag = new WireError("bad_value", "Cannot read a flag as it must be 0 or 1");
const badVariant = new WireError("unknown_type", "Cannot read a message as its variant is unknown");
const notUtf8 = new WireError("bad_utf8", "Cannot read a text as it must be UTF-8");
const tooLong = new WireError("too_long", "Cannot encode a message as it exceeds its limit");
const notText = new WireError("bad_utf8", "Cannot encode a text as it holds half a surrogate pair");
const outOfRange = new WireError("bad_value", "Cannot encode a number as it is out of range");
const notAddress = new WireError("bad_value", "Cannot encode an address as it must be IP and port");

const noBytes = new Uint8Array(0);

/**
 * Reads the encoding of bincode 1.3's default functions (protocol section 4.2): little-endian,
 * fixed size, u64 lengths. Never throws: after the first failure {@linkcode error} is set and every
 * read answers an empty value, so a message is read field by field and judged once, at the end.
 */
export class BincodeReader {
  readonly #data: Uint8Array;
  readonly #view: DataView;
  #at: number;
  #error: WireError | undefined;

  /** Starts reading `data` at `offset`, 0 by default. */
  constructor(data: Uint8Array, offset = 0) {
    this.#data = data;
    this.#view = new DataView(data.buffer, data.byteOffset, data.byteLength);
    this.#at = offset;
  }

  /** Why reading has failed; `undefined` while all reads succeeded. */
  get error(): WireError | undefined {
    return this.#error;
  }

  /** Bytes not read yet; 0 after a failure. */
  get remaining(): number {
    return this.#error === undefined ? this.#data.length - this.#at : 0;
  }

  #fail(error: WireError): void {
    this.#error ??= error;
  }

  /** Steps over `length` bytes; answers their offset, or -1 when they are not there. */
  #take(length: number): number {
    if (this.#error !== undefined || length > this.#data.length - this.#at) {
      this.#fail(truncated);
      return -1;
    }
    const at = this.#at;
    this.#at += length;
    return at;
  }

  /** A boolean, one byte of 0 or 1. */
  bool(): boolean {
    const at = this.#take(1);
    if (at < 0) return false;
    const value = this.#data[at]!;
    if (value > 1) this.#fail(badTag);
    return value === 1;
  }

  /** An unsigned 16-bit number. */
  u16(): number {
    const at = this.#take(2);
    return at < 0 ? 0 : this.#view.getUint16(at, true);
  }

  /** An unsigned 32-bit number. */
  u32(): number {
    const at = this.#take(4);
    return at < 0 ? 0 : this.#view.getUint32(at, true);
  }

  /** An unsigned 64-bit number. */
  u64(): bigint {
    const at = this.#take(8);
    return at < 0 ? 0n : this.#view.getBigUint64(at, true);
  }

  /** The next `length` bytes as a copy, without a length field. */
  bytes(length: number): Uint8Array {
    const at = this.#take(length);
    return at < 0 ? noBytes : this.#data.slice(at, at + length);
  }

  /** An enum's index, below `count`; 0 after a failure. */
  variant(count: number): number {
    const index = this.u32();
    if (index < count) return index;
    this.#fail(badVariant);
    return 0;
  }

  /** A text with its length. */
  text(): string {
    const length = this.u64();
    // Compared as bigint: a length near 2^64 must not be rounded into a possible one.
    const at = length > BigInt(this.remaining) ? this.#take(Infinity) : this.#take(Number(length));
    if (at < 0) return "";
    const text = decodeUtf8(this.#data.subarray(at, this.#at));
    if (text === undefined) this.#fail(notUtf8);
    return text ?? "";
  }

  /** An optional value. */
  option<T>(read: () => T): T | undefined {
    const isPresent = this.bool();
    return isPresent && this.#error === undefined ? read() : undefined;
  }

  /**
   * A list. `minElementLength`, at least 1, is what an element takes at the least: a count that
   * cannot fit fails before anything is allocated for it.
   */
  list<T>(minElementLength: number, read: () => T): T[] {
    const count = this.u64();
    const list: T[] = [];
    if (count * BigInt(minElementLength) > BigInt(this.remaining)) {
      this.#fail(truncated);
      return list;
    }
    for (let i = Number(count); i > 0 && this.#error === undefined; i--) list.push(read());
    return list;
  }

  /** An IP address and port. */
  endpoint(): IpEndpoint {
    const isIpv6 = this.variant(2) === 1;
    const address = this.bytes(isIpv6 ? 16 : 4);
    const port = this.u16();
    if (this.#error !== undefined) return { hostname: "0.0.0.0", port: 0 };
    return { hostname: isIpv6 ? formatIpv6(address) : formatIpv4(readU32(address, 0)), port };
  }
}

/**
 * Writes what {@linkcode BincodeReader} reads, up to a limit. Never throws for a value that does not
 * fit: {@linkcode finish} answers the first failure instead of bytes.
 */
export class BincodeWriter {
  readonly #maxLength: number;
  #data: Uint8Array;
  #view: DataView;
  #length = 0;
  #error: WireError | undefined;

  /** Makes a writer for at most `maxLength` bytes. */
  constructor(maxLength: number) {
    this.#maxLength = maxLength;
    this.#data = new Uint8Array(Math.min(maxLength, 256));
    this.#view = new DataView(this.#data.buffer);
  }

  /** The bytes written, or why they could not be. */
  finish(): Uint8Array | WireError {
    return this.#error ?? this.#data.subarray(0, this.#length);
  }

  #fail(error: WireError): void {
    this.#error ??= error;
  }

  /** Makes room for `length` bytes; answers their offset, or -1 when they exceed the limit. */
  #reserve(length: number): number {
    const at = this.#length;
    const needed = at + length;
    if (this.#error !== undefined || needed > this.#maxLength) {
      this.#fail(tooLong);
      return -1;
    }
    if (needed > this.#data.length) {
      const larger = new Uint8Array(Math.min(this.#maxLength, Math.max(needed, 2 * at)));
      larger.set(this.#data.subarray(0, at));
      this.#data = larger;
      this.#view = new DataView(larger.buffer);
    }
    this.#length = needed;
    return at;
  }

  /** Bytes without a length field. */
  bytes(value: Uint8Array): void {
    const at = this.#reserve(value.length);
    if (at >= 0) this.#data.set(value, at);
  }

  /** A boolean. */
  bool(value: boolean): void {
    const at = this.#reserve(1);
    if (at >= 0) this.#data[at] = value ? 1 : 0;
  }

  /** An unsigned 16-bit number. */
  u16(value: number): void {
    if (!Number.isInteger(value) || value < 0 || value > 0xffff) return this.#fail(outOfRange);
    const at = this.#reserve(2);
    if (at >= 0) this.#view.setUint16(at, value, true);
  }

  /** An unsigned 32-bit number. */
  u32(value: number): void {
    if (!Number.isInteger(value) || value < 0 || value > 0xffffffff) return this.#fail(outOfRange);
    const at = this.#reserve(4);
    if (at >= 0) this.#view.setUint32(at, value, true);
  }

  /** An unsigned 64-bit number. */
  u64(value: bigint): void {
    if (value < 0n || value > 0xffff_ffff_ffff_ffffn) return this.#fail(outOfRange);
    const at = this.#reserve(8);
    if (at >= 0) this.#view.setBigUint64(at, value, true);
  }

  /** A text with its length. */
  text(value: string): void {
    // A UTF-16 unit takes at least one byte; checked first so that a huge string is never encoded.
    if (value.length > this.#maxLength) return this.#fail(tooLong);
    const encoded = encodeUtf8(value);
    if (encoded === undefined) return this.#fail(notText);
    this.u64(BigInt(encoded.length));
    this.bytes(encoded);
  }

  /** An optional value. */
  option<T>(value: T | undefined, write: (value: T) => void): void {
    this.bool(value !== undefined);
    if (value !== undefined) write(value);
  }

  /** A list; stops at the first element that does not fit. */
  list<T>(values: readonly T[], write: (value: T) => void): void {
    this.u64(BigInt(values.length));
    for (const value of values) {
      if (this.#error !== undefined) return;
      write(value);
    }
  }

  /** An IP address and port; a zone (`%eth0`) has no place in the message and is left out. */
  endpoint(value: IpEndpoint): void {
    const address = parseIpAddress(value.hostname);
    if (address === undefined || !isPort(value.port)) return this.#fail(notAddress);
    this.u32(address.length === 16 ? 1 : 0);
    this.bytes(address);
    this.u16(value.port);
  }
}
