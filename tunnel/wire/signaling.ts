import { BincodeReader, BincodeWriter } from "./bincode.ts";
import { writeU32 } from "./bytes.ts";
import type { IpEndpoint } from "./ip_address.ts";
import { WireError } from "./wire_error.ts";

/** Largest payload of a frame, in bytes (protocol section 4.1). */
export const maxSignalingPayloadLength = 65_536;

/** Length of the big-endian length field before each payload, in bytes. */
export const signalingHeaderLength = 4;

// The order of these two lists is the numbering on the wire.
const candidateTypes = ["host", "serverReflexive", "peerReflexive", "relay"] as const;
const errorCodes = [
  "unknown",
  "serviceNotFound",
  "noConnectorAvailable",
  "sessionNotFound",
  "sessionTimeout",
  "invalidMessage",
  "peerRejected",
] as const;

/** How a candidate address was found (protocol section 4.3). */
export type CandidateType = typeof candidateTypes[number];

/** Why signaling failed (protocol section 4.4). */
export type SignalingErrorCode = typeof errorCodes[number];

/** An address at which a peer may be reached directly (protocol section 4.3). */
export interface Candidate {
  readonly type: CandidateType;
  readonly address: IpEndpoint;
  /** Unsigned 32 bits, higher is better (protocol section 5.2). */
  readonly priority: number;
  /** `host_IP`, `srflx_IP`, `prflx_IP` or `relay_IP`. */
  readonly foundation: string;
  /** The base address; `undefined` for host candidates. */
  readonly relatedAddress: IpEndpoint | undefined;
}

/** An agent offers its candidates for a direct path to a service. */
export interface CandidateOffer {
  readonly type: "candidateOffer";
  /** Chosen at random by the agent, unsigned 64 bits. */
  readonly sessionId: bigint;
  readonly serviceId: string;
  readonly candidates: readonly Candidate[];
}

/** A connector answers an offer with its own candidates. */
export interface CandidateAnswer {
  readonly type: "candidateAnswer";
  readonly sessionId: bigint;
  readonly candidates: readonly Candidate[];
}

/** The relay tells both sides to begin, with the other side's candidates. */
export interface StartPunching {
  readonly type: "startPunching";
  readonly sessionId: bigint;
  /** Milliseconds until the first check, unsigned 64 bits. */
  readonly startDelayMs: bigint;
  readonly peerCandidates: readonly Candidate[];
}

/** One side reports how the checks went. */
export interface PunchingResult {
  readonly type: "punchingResult";
  readonly sessionId: bigint;
  readonly success: boolean;
  readonly workingAddress: IpEndpoint | undefined;
}

/** A failure, of one session or in general. */
export interface SignalingError {
  readonly type: "error";
  readonly sessionId: bigint | undefined;
  readonly code: SignalingErrorCode;
  readonly message: string;
}

/** The messages of protocol section 4.4. */
export type SignalingMessage =
  | CandidateOffer
  | CandidateAnswer
  | StartPunching
  | PunchingResult
  | SignalingError;

// The order is the numbering on the wire.
const messageTypes = [
  "candidateOffer",
  "candidateAnswer",
  "startPunching",
  "punchingResult",
  "error",
] as const satisfies readonly SignalingMessage["type"][];

/** Type, IPv4 address and port, priority, empty foundation, no related address. */
const minCandidateLength = 4 + 10 + 4 + 8 + 1;

/**
 * The frame, length field included, of a message. A message beyond
 * {@linkcode maxSignalingPayloadLength} is a `too_long` error.
 */
export function encodeSignalingFrame(message: SignalingMessage): Uint8Array | WireError {
  const writer = new BincodeWriter(signalingHeaderLength + maxSignalingPayloadLength);
  // Room for the length, which is big-endian unlike all that follows.
  writer.u32(0);
  writer.u32(messageTypes.indexOf(message.type));
  writeFields(writer, message);
  const frame = writer.finish();
  if (frame instanceof WireError) return frame;
  writeU32(frame, 0, frame.length - signalingHeaderLength);
  return frame;
}

function writeFields(writer: BincodeWriter, message: SignalingMessage): void {
  if (message.type === "error") {
    writer.option(message.sessionId, (id) => writer.u64(id));
    writer.u32(errorCodes.indexOf(message.code));
    writer.text(message.message);
    return;
  }
  writer.u64(message.sessionId);
  switch (message.type) {
    case "candidateOffer":
      writer.text(message.serviceId);
      return writeCandidates(writer, message.candidates);
    case "candidateAnswer":
      return writeCandidates(writer, message.candidates);
    case "startPunching":
      writer.u64(message.startDelayMs);
      return writeCandidates(writer, message.peerCandidates);
    case "punchingResult":
      writer.bool(message.success);
      return writer.option(message.workingAddress, (address) => writer.endpoint(address));
  }
}

function writeCandidates(writer: BincodeWriter, candidates: readonly Candidate[]): void {
  writer.list(candidates, (candidate) => {
    writer.u32(candidateTypes.indexOf(candidate.type));
    writer.endpoint(candidate.address);
    writer.u32(candidate.priority);
    writer.text(candidate.foundation);
    writer.option(candidate.relatedAddress, (address) => writer.endpoint(address));
  });
}

/**
 * Reads the payload of one frame, without its length field. Bytes after the message are ignored
 * (protocol section 4.1).
 */
export function decodeSignalingPayload(payload: Uint8Array): SignalingMessage | WireError {
  const reader = new BincodeReader(payload);
  const message = readMessage(reader);
  return reader.error ?? message;
}

function readMessage(reader: BincodeReader): SignalingMessage {
  const type = messageTypes[reader.variant(messageTypes.length)]!;
  if (type === "error") {
    return {
      type,
      sessionId: reader.option(() => reader.u64()),
      code: errorCodes[reader.variant(errorCodes.length)]!,
      message: reader.text(),
    };
  }
  const sessionId = reader.u64();
  switch (type) {
    case "candidateOffer":
      return { type, sessionId, serviceId: reader.text(), candidates: readCandidates(reader) };
    case "candidateAnswer":
      return { type, sessionId, candidates: readCandidates(reader) };
    case "startPunching":
      return {
        type,
        sessionId,
        startDelayMs: reader.u64(),
        peerCandidates: readCandidates(reader),
      };
    case "punchingResult":
      return {
        type,
        sessionId,
        success: reader.bool(),
        workingAddress: reader.option(() => reader.endpoint()),
      };
  }
}

function readCandidates(reader: BincodeReader): Candidate[] {
  return reader.list(minCandidateLength, () => ({
    type: candidateTypes[reader.variant(candidateTypes.length)]!,
    address: reader.endpoint(),
    priority: reader.u32(),
    foundation: reader.text(),
    relatedAddress: reader.option(() => reader.endpoint()),
  }));
}
