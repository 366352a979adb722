/** What is wrong with a message, for callers that decide by it. */
export type WireErrorCode =
  /** The bytes end before the message does. */
  | "truncated"
  /** A length field contradicts itself or the bytes around it. */
  | "bad_length"
  /** Not the version that the codec speaks. */
  | "bad_version"
  /** Text that is not UTF-8 (when encoding: a string with half a surrogate pair). */
  | "bad_utf8"
  /** A field outside its range. */
  | "bad_value"
  /** A message or variant that the codec does not know. */
  | "unknown_type"
  /** Larger than the message may be. */
  | "too_long"
  /** One fragment of an IP packet where a whole packet is needed. */
  | "fragment";

/**
 * Why bytes are no message, or a message has no bytes. Codecs return it instead of throwing, and
 * each codec makes its instances once: a flood of bad packets costs no allocation and no stack
 * trace, which is also why the message cannot quote the offending value.
 */
export class WireError {
  /** The reason, for programs. */
  readonly code: WireErrorCode;
  /** The reason, for people. */
  readonly message: string;

  /** Makes a frozen error; meant to be called once per reason, when the module loads. */
  constructor(code: WireErrorCode, message: string) {
    this.code = code;
    this.message = message;
    Object.freeze(this);
  }
}

/** Whether a codec's answer is an error instead of a message. */
export function isWireError(value: unknown): value is WireError {
  return value instanceof WireError;
}
