import { internetChecksum, pseudoHeaderSum } from "../../tunnel/wire/checksum.ts";
import { parseIcmpEcho } from "../../tunnel/wire/icmp.ts";
import { ipProtocol, type Ipv4Header, parseIpv4 } from "../../tunnel/wire/ipv4.ts";
import { parseUdp } from "../../tunnel/wire/udp.ts";
import { isWireError } from "../../tunnel/wire/wire_error.ts";
import { type DecodedPayload, PayloadCodec } from "./payload.ts";
import type { ProbeFlow } from "./probe_flow.ts";

/** An intact reply of the run. */
export interface ProbeReply extends DecodedPayload {
  /**
   * Whether it comes from the address and port that the request went to. Existing connectors
   * answer UDP from the backend's own address instead (protocol section 6.2).
   */
  readonly fromDestination: boolean;
}

/**
 * Why a packet is no reply of the run: `corrupted` when it comes to our address and port but is
 * damaged, `unexpected` when it is something else altogether.
 */
export type ReplyFault = "corrupted" | "unexpected";

/** Tells the replies of one run from everything else that the tunnel delivers. Never throws. */
export class ReplyReader {
  readonly #flow: ProbeFlow;
  readonly #codec: PayloadCodec;

  constructor(flow: ProbeFlow) {
    this.#flow = flow;
    this.#codec = new PayloadCodec(flow.runId);
  }

  /** @param packet An IP packet as it came out of the tunnel, from anyone. */
  read(packet: Uint8Array): ProbeReply | ReplyFault {
    const ip = parseIpv4(packet);
    if (isWireError(ip) || ip.destination !== this.#flow.source) return "unexpected";
    const isIntact = internetChecksum(packet, 0, ip.headerLength) === 0;
    return this.#flow.protocol === "icmp"
      ? this.#readIcmp(packet, ip, isIntact)
      : this.#readUdp(packet, ip, isIntact);
  }

  #readUdp(packet: Uint8Array, ip: Ipv4Header, isIntact: boolean): ProbeReply | ReplyFault {
    const udp = parseUdp(packet, ip);
    if (isWireError(udp) || udp.destinationPort !== this.#flow.sourcePort) return "unexpected";
    if (!isIntact) return "corrupted";
    if (udp.checksum !== 0) {
      const start = ip.headerLength;
      const length = udp.payloadEnd - start;
      const pseudo = pseudoHeaderSum(ip.source, ip.destination, ipProtocol.udp, length);
      if (internetChecksum(packet, start, udp.payloadEnd, pseudo) !== 0) return "corrupted";
    }
    return this.#readPayload(
      packet.subarray(udp.payloadStart, udp.payloadEnd),
      ip.source === this.#flow.destination && udp.sourcePort === this.#flow.destinationPort,
    );
  }

  #readIcmp(packet: Uint8Array, ip: Ipv4Header, isIntact: boolean): ProbeReply | ReplyFault {
    const echo = parseIcmpEcho(packet, ip);
    if (isWireError(echo) || echo.kind !== "reply") return "unexpected";
    if (echo.identifier !== this.#flow.identifier) return "unexpected";
    if (!isIntact || internetChecksum(packet, ip.headerLength, ip.totalLength) !== 0) {
      return "corrupted";
    }
    const reply = this.#readPayload(
      packet.subarray(echo.dataStart, echo.dataEnd),
      ip.source === this.#flow.destination,
    );
    if (typeof reply === "string") return reply;
    return (reply.sequence & 0xffff) === echo.sequence ? reply : "corrupted";
  }

  #readPayload(payload: Uint8Array, fromDestination: boolean): ProbeReply | ReplyFault {
    const decoded = this.#codec.decode(payload);
    if (typeof decoded === "string") return decoded === "foreign" ? "unexpected" : "corrupted";
    return { ...decoded, fromDestination };
  }
}
