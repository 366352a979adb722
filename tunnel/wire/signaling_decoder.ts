import { readU32 } from "./bytes.ts";
import {
  decodeSignalingPayload,
  maxSignalingPayloadLength,
  signalingHeaderLength,
  type SignalingMessage,
} from "./signaling.ts";
import { WireError } from "./wire_error.ts";

const tooLong = new WireError(
  "too_long",
  "Cannot read a signaling frame as its length must be at most 65536",
);

/** What a piece of a signaling stream has completed. */
export interface SignalingInput {
  /** The messages that are now whole, in order; those before an error are among them. */
  readonly messages: readonly SignalingMessage[];
  /** Why the rest of the piece, and what was buffered, has been discarded. */
  readonly error: WireError | undefined;
}

/** First size of the buffer for an unfinished frame: most messages fit. */
const initialCapacity = 256;

/**
 * Cuts one stream into signaling messages, however it is split. Use one per stream. It holds at
 * most one unfinished frame (65 540 bytes), and memory grows with the bytes received, not with the
 * length that a frame announces. After an error everything received is discarded and the next
 * piece is read as the start of a frame, as protocol section 4.1 has it.
 */
export class SignalingDecoder {
  #buffer = new Uint8Array(0);
  #buffered = 0;

  /** Bytes of the unfinished frame, 0 to 65 540. */
  get bufferedBytes(): number {
    return this.#buffered;
  }

  /** Takes the next piece of the stream, which is not kept. */
  push(data: Uint8Array): SignalingInput {
    const messages: SignalingMessage[] = [];
    let at = 0;
    while (at < data.length) {
      const needed = this.#frameLength(data, at);
      if (needed instanceof WireError) return this.#discard(messages, needed);
      const available = this.#buffered + data.length - at;
      if (needed > available) {
        this.#append(data.subarray(at));
        break;
      }
      const taken = needed - this.#buffered;
      let frame = data.subarray(at, at + taken);
      if (this.#buffered > 0) {
        this.#append(frame);
        frame = this.#buffer.subarray(0, needed);
      }
      at += taken;
      const message = decodeSignalingPayload(frame.subarray(signalingHeaderLength));
      if (message instanceof WireError) return this.#discard(messages, message);
      messages.push(message);
      this.#clear();
    }
    return { messages, error: undefined };
  }

  /** How long the frame is that begins with what is buffered; 4, its header, while unknown. */
  #frameLength(data: Uint8Array, at: number): number | WireError {
    const header = new Uint8Array(signalingHeaderLength);
    const fromBuffer = Math.min(this.#buffered, signalingHeaderLength);
    header.set(this.#buffer.subarray(0, fromBuffer));
    const fromData = Math.min(data.length - at, signalingHeaderLength - fromBuffer);
    header.set(data.subarray(at, at + fromData), fromBuffer);
    // More than there is, so that the caller waits for the rest of the header.
    if (fromBuffer + fromData < signalingHeaderLength) return signalingHeaderLength;
    const length = readU32(header, 0);
    return length > maxSignalingPayloadLength ? tooLong : signalingHeaderLength + length;
  }

  #append(data: Uint8Array): void {
    const length = this.#buffered + data.length;
    if (length > this.#buffer.length) {
      const capacity = Math.max(length, 2 * this.#buffer.length, initialCapacity);
      const larger = new Uint8Array(
        Math.min(capacity, signalingHeaderLength + maxSignalingPayloadLength),
      );
      larger.set(this.#buffer.subarray(0, this.#buffered));
      this.#buffer = larger;
    }
    this.#buffer.set(data, this.#buffered);
    this.#buffered = length;
  }

  #clear(): void {
    this.#buffered = 0;
    // An idle stream keeps no memory of a large frame.
    if (this.#buffer.length > initialCapacity) this.#buffer = new Uint8Array(0);
  }

  #discard(messages: SignalingMessage[], error: WireError): SignalingInput {
    this.#clear();
    return { messages, error };
  }
}
