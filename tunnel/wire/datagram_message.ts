import { readU16, readU32, writeU16, writeU32 } from "./bytes.ts";
import { type IpEndpoint, isPort, parseIpv4OrMapped } from "./ip_address.ts";
import { formatIpv4 } from "./ipv4.ts";
import { decodeUtf8, encodeUtf8 } from "./utf8.ts";
import { WireError } from "./wire_error.ts";

/** What a client registers as: it wants to reach a service, or it provides one. */
export type Role = "agent" | "connector";

/** First bytes of the DATAGRAM messages (protocol section 2.1). */
export const messageType = {
  observedAddress: 0x01,
  registerAgent: 0x10,
  registerConnector: 0x11,
  ack: 0x12,
  nack: 0x13,
  routed: 0x2f,
} as const;

/**
 * Status bytes of a NACK: those of protocol section 2.4, and `draining` of a relay that takes no
 * new registrations, which the reference's clients take like the others, for a refusal.
 */
export const nackStatus = { invalid: 1, unauthorized: 2, draining: 3 } as const;

/** Longest service ID, in UTF-8 bytes: its length field has 8 bits. */
export const maxServiceIdLength = 255;

/** The relay's answer to a registration. */
export interface RegistrationReply {
  /** Whether this is an ACK. */
  accepted: boolean;
  /** 0 in an ACK, a {@linkcode nackStatus} in a NACK; 0 to 255. */
  status: number;
  /** The registered ID; empty when the relay could not decode it. */
  serviceId: string;
}

const empty = new WireError("truncated", "Cannot read a message as it is empty");
const unexpectedType = new WireError(
  "unknown_type",
  "Cannot read a message as its first byte announces another one",
);
const truncated = new WireError("truncated", "Cannot read a message as it ends inside a field");
const idNotUtf8 = new WireError("bad_utf8", "Cannot read a service ID as it must be UTF-8");
const idTooLong = new WireError(
  "too_long",
  "Cannot encode a service ID as it must have at most 255 bytes of UTF-8",
);
const idNotText = new WireError(
  "bad_utf8",
  "Cannot encode a service ID as it holds half a surrogate pair",
);
const notIpv4 = new WireError(
  "bad_value",
  "Cannot encode an observed address as it must be IPv4 with a port of 0 to 65535",
);
const badStatus = new WireError(
  "bad_value",
  "Cannot encode a registration reply as its status must be 0 to 255",
);
const emptyRouted = new WireError(
  "bad_length",
  "Cannot encode a routed packet as service ID and packet must not both be empty",
);

/** The UTF-8 bytes of a service ID, 0 to 255 of them. */
export function encodeServiceId(serviceId: string): Uint8Array | WireError {
  // A UTF-16 unit takes at least one byte; checked first so that a huge string is never encoded.
  if (serviceId.length > maxServiceIdLength) return idTooLong;
  const id = encodeUtf8(serviceId);
  if (id === undefined) return idNotText;
  return id.length > maxServiceIdLength ? idTooLong : id;
}

/** A message of `prefix`, the ID with its length byte, and room for `restLength` bytes. */
function startWithId(
  prefix: readonly number[],
  serviceId: string,
  restLength: number,
): Uint8Array | WireError {
  const id = encodeServiceId(serviceId);
  if (id instanceof WireError) return id;
  const message = new Uint8Array(prefix.length + 1 + id.length + restLength);
  message.set(prefix);
  message[prefix.length] = id.length;
  message.set(id, prefix.length + 1);
  return message;
}

/** The ID whose length byte is at `offset`; bytes after it are not looked at. */
function readId(data: Uint8Array, offset: number): string | WireError {
  if (offset >= data.length) return truncated;
  const end = offset + 1 + data[offset]!;
  if (end > data.length) return truncated;
  return decodeUtf8(data.subarray(offset + 1, end)) ?? idNotUtf8;
}

/**
 * The 7-byte message that tells a client its own address as the relay sees it (protocol section
 * 2.2). IPv4 only, also in its IPv4-mapped form; any other address is a `bad_value`.
 */
export function encodeObservedAddress(endpoint: IpEndpoint): Uint8Array | WireError {
  const address = parseIpv4OrMapped(endpoint.hostname);
  if (address === undefined || !isPort(endpoint.port)) return notIpv4;
  const message = new Uint8Array(7);
  message[0] = messageType.observedAddress;
  writeU32(message, 1, address);
  writeU16(message, 5, endpoint.port);
  return message;
}

/** Reads an observed address (protocol section 2.2); bytes after the seventh are ignored. */
export function decodeObservedAddress(
  data: Uint8Array,
): { hostname: string; port: number } | WireError {
  if (data.length === 0) return empty;
  if (data[0] !== messageType.observedAddress) return unexpectedType;
  if (data.length < 7) return truncated;
  return { hostname: formatIpv4(readU32(data, 1)), port: readU16(data, 5) };
}

/** The message that registers a client for a service (protocol section 2.3). */
export function encodeRegistration(role: Role, serviceId: string): Uint8Array | WireError {
  const type = role === "agent" ? messageType.registerAgent : messageType.registerConnector;
  return startWithId([type], serviceId, 0);
}

/**
 * Reads a registration (protocol section 2.3); bytes after the ID are ignored. `bad_utf8` is the
 * one error that the relay answers, all others it drops.
 */
export function decodeRegistration(
  data: Uint8Array,
): { role: Role; serviceId: string } | WireError {
  if (data.length === 0) return empty;
  const type = data[0];
  if (type !== messageType.registerAgent && type !== messageType.registerConnector) {
    return unexpectedType;
  }
  const serviceId = readId(data, 1);
  if (serviceId instanceof WireError) return serviceId;
  return { role: type === messageType.registerAgent ? "agent" : "connector", serviceId };
}

/** The ACK or NACK that answers a registration (protocol section 2.4). */
export function encodeRegistrationReply(reply: RegistrationReply): Uint8Array | WireError {
  const { accepted, status, serviceId } = reply;
  if (!Number.isInteger(status) || status < 0 || status > 255) return badStatus;
  return startWithId([accepted ? messageType.ack : messageType.nack, status], serviceId, 0);
}

/** Reads an ACK or NACK (protocol section 2.4); bytes after the ID are ignored. */
export function decodeRegistrationReply(data: Uint8Array): RegistrationReply | WireError {
  if (data.length === 0) return empty;
  const type = data[0];
  if (type !== messageType.ack && type !== messageType.nack) return unexpectedType;
  const serviceId = readId(data, 2);
  if (serviceId instanceof WireError) return serviceId;
  return { accepted: type === messageType.ack, status: data[1]!, serviceId };
}

/** An IP packet wrapped with the service that it is for (protocol section 2.6). */
export function encodeRouted(serviceId: string, packet: Uint8Array): Uint8Array | WireError {
  const message = startWithId([messageType.routed], serviceId, packet.length);
  if (message instanceof WireError) return message;
  if (message.length < minRoutedLength) return emptyRouted;
  message.set(packet, message.length - packet.length);
  return message;
}

/** Shorter routed messages are dropped (protocol section 2.6). */
const minRoutedLength = 3;

/** Reads a routed packet (protocol section 2.6); `packet` is a view into `data`, maybe empty. */
export function decodeRouted(
  data: Uint8Array,
): { serviceId: string; packet: Uint8Array } | WireError {
  if (data.length === 0) return empty;
  if (data[0] !== messageType.routed) return unexpectedType;
  const offset = routedPacketOffset(data);
  if (offset < 0) return truncated;
  const serviceId = readId(data, 1);
  if (serviceId instanceof WireError) return serviceId;
  return { serviceId, packet: data.subarray(offset) };
}

/**
 * Where the packet inside a routed message starts, or -1 when the message is truncated or another
 * one. The ID, `data[2..offset)`, is not decoded: the packet path compares its bytes.
 */
export function routedPacketOffset(data: Uint8Array): number {
  if (data.length < minRoutedLength || data[0] !== messageType.routed) return -1;
  const offset = 2 + data[1]!;
  return offset <= data.length ? offset : -1;
}
