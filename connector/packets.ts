import type { Logger } from "../tunnel/log.ts";
import { internetChecksum } from "../tunnel/wire/checksum.ts";
import { ipProtocol, type Ipv4Header, isFragment, parseIpv4 } from "../tunnel/wire/ipv4.ts";
import { isWireError } from "../tunnel/wire/wire_error.ts";
import type { DropReason } from "./drops.ts";

/** Takes the packets of one protocol; tells why it dropped one. */
export type PacketTaker = (packet: Uint8Array, ip: Ipv4Header) => DropReason | undefined;

/** What a {@linkcode PacketDispatcher} needs. */
export interface PacketDispatcherOptions {
  readonly udp: PacketTaker;
  readonly icmp: PacketTaker;
  readonly tcp: PacketTaker;
  /** The only destination address that is served, as a number; all are by default. */
  readonly serviceAddress: number | undefined;
  readonly drops: { drop(reason: DropReason): void };
  readonly logger: Logger;
}

/**
 * Checks what agents send and hands it to its protocol (protocol section 6.1, and what that leaves
 * unchecked: fault LC17).
 */
export class PacketDispatcher {
  readonly #options: PacketDispatcherOptions;

  constructor(options: PacketDispatcherOptions) {
    this.#options = options;
  }

  /** Takes one DATAGRAM that is no control message. Never throws; drops are counted. */
  handle(packet: Uint8Array): void {
    const { drops, logger } = this.#options;
    let reason: DropReason | undefined;
    try {
      reason = this.#dispatch(packet);
    } catch (error) {
      logger.error("packet_handler_failed", { error });
      reason = "internal";
    }
    if (reason !== undefined) drops.drop(reason);
  }

  #dispatch(packet: Uint8Array): DropReason | undefined {
    const { udp, icmp, tcp, serviceAddress } = this.#options;
    if (packet.length === 0) return "empty";
    const ip = parseIpv4(packet);
    if (isWireError(ip)) return packet[0]! >> 4 === 4 ? "bad_ipv4" : "not_ipv4";
    if (internetChecksum(packet, 0, ip.headerLength) !== 0) return "bad_checksum";
    if (isFragment(ip)) return "fragment";
    if (!isHostAddress(ip.source)) return "bad_source";
    if (serviceAddress !== undefined && ip.destination !== serviceAddress) {
      return "wrong_destination";
    }
    switch (ip.protocol) {
      case ipProtocol.udp:
        return udp(packet, ip);
      case ipProtocol.icmp:
        return icmp(packet, ip);
      case ipProtocol.tcp:
        return tcp(packet, ip);
      default:
        return "bad_protocol";
    }
  }
}

/** Not "this network" (0.0.0.0/8), and below multicast, the reserved block and broadcast. */
function isHostAddress(address: number): boolean {
  return address >= 0x0100_0000 && address < 0xe000_0000;
}
