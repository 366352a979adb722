import { writeU16 } from "../tunnel/wire/bytes.ts";
import { pseudoHeaderSum, sumWords } from "../tunnel/wire/checksum.ts";
import { ipProtocol, ipv4HeaderLength, writeIpv4Header } from "../tunnel/wire/ipv4.ts";
import type { FlowKey } from "./flow_table.ts";
import { maxInnerPacketBytes } from "./limits.ts";

const udpStart = ipv4HeaderLength;
const payloadStart = udpStart + 8;

/** Largest payload of a reply, in bytes. */
export const maxReplyPayloadBytes = maxInnerPacketBytes - payloadStart;

/**
 * The packet that carries a flow's replies to its agent: made once, received into, finished for
 * each reply. From the virtual address and port that the agent has sent to, by the header template
 * of protocol section 6.2, with a correct UDP checksum.
 */
export class UdpReply {
  /**
   * Where to receive the backend's datagram: one byte longer than the largest payload, which tells
   * one that fits from one that the system has cut.
   */
  readonly payload: Uint8Array<ArrayBuffer>;
  readonly #packet: Uint8Array<ArrayBuffer>;
  /** The header's sum without the total length. */
  readonly #ipSum: number;
  /** Pseudo-header and ports, without the two length fields. */
  readonly #udpSum: number;

  /** @param key The flow as the agent sends it; replies go the other way. */
  constructor(key: FlowKey) {
    const packet = new Uint8Array(payloadStart + maxReplyPayloadBytes + 1);
    const { source, sourcePort, destination, destinationPort } = key;
    writeIpv4Header(packet, destination, source, ipProtocol.udp);
    writeU16(packet, 2, 0);
    writeU16(packet, 10, 0);
    writeU16(packet, udpStart, destinationPort);
    writeU16(packet, udpStart + 2, sourcePort);
    this.#ipSum = sumWords(packet, 0, ipv4HeaderLength);
    this.#udpSum = pseudoHeaderSum(destination, source, ipProtocol.udp, 0) + destinationPort +
      sourcePort;
    this.#packet = packet;
    this.payload = packet.subarray(payloadStart);
  }

  /**
   * The packet for the first `length` bytes of {@linkcode payload}, 0 to
   * {@linkcode maxReplyPayloadBytes}; valid until the next reply is received.
   */
  finish(length: number): Uint8Array {
    const packet = this.#packet;
    const total = payloadStart + length;
    const udpLength = total - udpStart;
    writeU16(packet, 2, total);
    const ipSum = this.#ipSum + total;
    writeU16(packet, 10, ~((ipSum & 0xffff) + (ipSum >>> 16)));
    writeU16(packet, udpStart + 4, udpLength);
    const sum = sumWords(packet, payloadStart, total, this.#udpSum + 2 * udpLength);
    // A sum of 0 is sent as its other form: 0 would mean "no checksum" (RFC 768).
    writeU16(packet, udpStart + 6, (~sum & 0xffff) || 0xffff);
    return packet.subarray(0, total);
  }
}
