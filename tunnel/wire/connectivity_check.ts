import { BincodeReader, BincodeWriter } from "./bincode.ts";
import { readU32, writeU32 } from "./bytes.ts";
import type { IpEndpoint } from "./ip_address.ts";
import { WireError } from "./wire_error.ts";

/** First byte of all raw control packets beside QUIC (protocol section 5.3). */
export const controlMagic = 0x5a;

/** Length of a transaction ID, in bytes. */
export const transactionIdLength = 12;

const keepaliveLength = 6;
const keepaliveRequest = 0x10;
const keepaliveResponse = 0x11;

/** Longest binding message: a response with an IPv6 address. */
const maxBindingLength = 41;

/** Asks the other side whether it hears us, and as whom. */
export interface BindingRequest {
  readonly type: "bindingRequest";
  /** 12 random bytes. */
  readonly transactionId: Uint8Array;
  /** Priority of the candidate pair, unsigned 64 bits. */
  readonly priority: bigint;
  /** Whether the sender has chosen this pair. */
  readonly useCandidate: boolean;
}

/** Answers a request. */
export interface BindingResponse {
  readonly type: "bindingResponse";
  /** The request's. */
  readonly transactionId: Uint8Array;
  readonly success: boolean;
  /** The requester's address as the answering side sees it. */
  readonly mappedAddress: IpEndpoint | undefined;
}

/** Asks for, or is, a sign of life on a direct path. */
export interface Keepalive {
  readonly type: "keepaliveRequest" | "keepaliveResponse";
  /** Unsigned 32 bits; a response carries the request's. */
  readonly sequence: number;
}

/** A raw control packet (protocol section 5.3). */
export type ConnectivityCheck = BindingRequest | BindingResponse | Keepalive;

const notControl = new WireError(
  "unknown_type",
  "Cannot read a control packet as its first byte must be 0x5a",
);
const truncated = new WireError("truncated", "Cannot read a control packet as it is empty");
const unknownKeepalive = new WireError(
  "unknown_type",
  "Cannot read a keepalive as its type must be 0x10 or 0x11",
);
const badTransactionId = new WireError(
  "bad_length",
  "Cannot encode a binding message as its transaction ID must have 12 bytes",
);
const badSequence = new WireError(
  "bad_value",
  "Cannot encode a keepalive as its sequence number must have 32 bits",
);

/**
 * What a UDP packet is that did not come from the relay (protocol section 5.3). A QUIC short header
 * may look like control when its connection ID begins below 0x40, so connection IDs for direct
 * paths must begin with 0x40 or above.
 */
export function classifyDirectPacket(data: Uint8Array): "control" | "quic" {
  if (data.length < 2 || data[0] !== controlMagic) return "quic";
  const second = data[1]!;
  // This also covers both keepalive types: they are below 0x40.
  return second < 0x40 ? "control" : "quic";
}

/** The raw packet of a connectivity check. */
export function encodeConnectivityCheck(check: ConnectivityCheck): Uint8Array | WireError {
  switch (check.type) {
    case "keepaliveRequest":
    case "keepaliveResponse":
      return encodeKeepalive(check);
    case "bindingRequest":
    case "bindingResponse":
      return encodeBinding(check);
  }
}

function encodeKeepalive(check: Keepalive): Uint8Array | WireError {
  const { sequence } = check;
  if (!Number.isInteger(sequence) || sequence < 0 || sequence > 0xffffffff) return badSequence;
  const packet = new Uint8Array(keepaliveLength);
  packet[0] = controlMagic;
  packet[1] = check.type === "keepaliveRequest" ? keepaliveRequest : keepaliveResponse;
  writeU32(packet, 2, sequence);
  return packet;
}

function encodeBinding(check: BindingRequest | BindingResponse): Uint8Array | WireError {
  if (check.transactionId.length !== transactionIdLength) return badTransactionId;
  const writer = new BincodeWriter(maxBindingLength);
  writer.bytes(Uint8Array.of(controlMagic));
  writer.u32(check.type === "bindingRequest" ? 0 : 1);
  writer.bytes(check.transactionId);
  if (check.type === "bindingRequest") {
    writer.u64(check.priority);
    writer.bool(check.useCandidate);
  } else {
    writer.bool(check.success);
    writer.option(check.mappedAddress, (address) => writer.endpoint(address));
  }
  return writer.finish();
}

/**
 * Reads a packet that {@linkcode classifyDirectPacket} calls control: exactly 6 bytes are a
 * keepalive and nothing else, any other length a binding message, whose trailing bytes are ignored.
 */
export function decodeConnectivityCheck(data: Uint8Array): ConnectivityCheck | WireError {
  if (data.length === 0) return truncated;
  if (data[0] !== controlMagic) return notControl;
  return data.length === keepaliveLength ? decodeKeepalive(data) : decodeBinding(data);
}

function decodeKeepalive(data: Uint8Array): Keepalive | WireError {
  const sequence = readU32(data, 2);
  if (data[1] === keepaliveRequest) return { type: "keepaliveRequest", sequence };
  if (data[1] === keepaliveResponse) return { type: "keepaliveResponse", sequence };
  return unknownKeepalive;
}

function decodeBinding(data: Uint8Array): BindingRequest | BindingResponse | WireError {
  const reader = new BincodeReader(data, 1);
  const isRequest = reader.variant(2) === 0;
  const transactionId = reader.bytes(transactionIdLength);
  const check: BindingRequest | BindingResponse = isRequest
    ? {
      type: "bindingRequest",
      transactionId,
      priority: reader.u64(),
      useCandidate: reader.bool(),
    }
    : {
      type: "bindingResponse",
      transactionId,
      success: reader.bool(),
      mappedAddress: reader.option(() => reader.endpoint()),
    };
  return reader.error ?? check;
}
