import { readU16, writeU16 } from "../../tunnel/wire/bytes.ts";
import { internetChecksum, pseudoHeaderSum } from "../../tunnel/wire/checksum.ts";
import { encodeRouted } from "../../tunnel/wire/datagram_message.ts";
import { buildIcmpEchoRequest, icmpHeaderLength } from "../../tunnel/wire/icmp.ts";
import { ipProtocol, ipv4HeaderLength } from "../../tunnel/wire/ipv4.ts";
import { buildUdpPacket } from "../../tunnel/wire/udp.ts";
import { isWireError } from "../../tunnel/wire/wire_error.ts";
import { PayloadCodec } from "./payload.ts";
import type { ProbeFlow } from "./probe_flow.ts";

/**
 * Writes the DATAGRAMs of a run. Only what differs from packet to packet is written anew (payload,
 * ICMP sequence number, checksum), so that one takes about a microsecond.
 */
export class RequestWriter {
  /** Bytes of one DATAGRAM. */
  readonly datagramBytes: number;
  /** Bytes of the IP packet inside. */
  readonly packetBytes: number;
  readonly #datagram: Uint8Array;
  readonly #payload: Uint8Array;
  readonly #codec: PayloadCodec;
  readonly #isIcmp: boolean;
  /** Where the ICMP or UDP header starts in the DATAGRAM. */
  readonly #start: number;
  readonly #pseudoHeaderSum: number;

  /**
   * @param serviceId The service whose `0x2F` wrapper the packets get; `undefined`: no wrapper.
   * @param payloadBytes 36 to 4096.
   * @throws {RangeError} for a service ID of more than 255 bytes or that is not UTF-8.
   */
  constructor(flow: ProbeFlow, serviceId: string | undefined, payloadBytes: number) {
    const packet = emptyPacket(flow, payloadBytes);
    const datagram = serviceId === undefined ? packet : encodeRouted(serviceId, packet);
    if (isWireError(datagram)) {
      throw new RangeError(
        `Cannot probe service "${serviceId}" as its ID cannot be sent: ${datagram.message}`,
      );
    }
    this.#datagram = datagram;
    this.datagramBytes = datagram.length;
    this.packetBytes = packet.length;
    this.#start = datagram.length - packet.length + ipv4HeaderLength;
    this.#payload = datagram.subarray(this.#start + icmpHeaderLength);
    this.#codec = new PayloadCodec(flow.runId);
    this.#isIcmp = flow.protocol === "icmp";
    this.#pseudoHeaderSum = this.#isIcmp ? 0 : pseudoHeaderSum(
      flow.source,
      flow.destination,
      ipProtocol.udp,
      readU16(datagram, this.#start + 4),
    );
  }

  /** DATAGRAM number `sequence`, valid until the next call. */
  write(sequence: number, sentMicroseconds: number): Uint8Array {
    this.#codec.encode(this.#payload, sequence, sentMicroseconds);
    if (this.#isIcmp) writeU16(this.#datagram, this.#start + 6, sequence);
    const checksumAt = this.#start + (this.#isIcmp ? 2 : 6);
    writeU16(this.#datagram, checksumAt, 0);
    const checksum = internetChecksum(
      this.#datagram,
      this.#start,
      this.#datagram.length,
      this.#pseudoHeaderSum,
    );
    // UDP's 0 means "no checksum" (RFC 768); for ICMP both forms of zero are valid.
    writeU16(this.#datagram, checksumAt, checksum || 0xffff);
    return this.#datagram;
  }
}

function emptyPacket(flow: ProbeFlow, payloadBytes: number): Uint8Array {
  const data = new Uint8Array(payloadBytes);
  const { source, destination } = flow;
  return flow.protocol === "icmp"
    ? buildIcmpEchoRequest({ source, destination, identifier: flow.identifier, sequence: 0, data })
    : buildUdpPacket({
      source,
      sourcePort: flow.sourcePort,
      destination,
      destinationPort: flow.destinationPort,
      payload: data,
      checksum: false,
    });
}
