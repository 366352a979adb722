import type { Clock } from "../tunnel/clock.ts";
import { TokenBucket } from "../tunnel/token_bucket.ts";
import { internetChecksum } from "../tunnel/wire/checksum.ts";
import { buildIcmpEchoReply, icmpHeaderLength } from "../tunnel/wire/icmp.ts";
import type { Ipv4Header } from "../tunnel/wire/ipv4.ts";
import { isWireError } from "../tunnel/wire/wire_error.ts";
import type { DropReason } from "./drops.ts";
import { type ReplyChannel, sendReply } from "./reply_channel.ts";
import type { ServiceMetrics } from "./service_metrics.ts";

/** What answering echo requests needs. */
export interface IcmpResponderOptions {
  readonly metrics: ServiceMetrics;
  /** Replies a second, and in one burst. */
  readonly repliesPerSecond: number;
  readonly clock: Clock;
}

/**
 * Answers the agents' pings itself: they tell that the tunnel works up to here, not that the
 * backend does (protocol section 6.4). Everything else of ICMP is dropped.
 */
export class IcmpResponder {
  readonly #options: IcmpResponderOptions;
  readonly #rate: TokenBucket;

  constructor(options: IcmpResponderOptions) {
    const { repliesPerSecond, clock } = options;
    this.#options = options;
    this.#rate = new TokenBucket(repliesPerSecond, clock.now());
  }

  /**
   * Answers one ICMP packet of an agent. Never throws.
   *
   * @returns why it was dropped, or `undefined` when the answer is on its way.
   */
  answer(packet: Uint8Array, ip: Ipv4Header, replies: ReplyChannel): DropReason | undefined {
    const { metrics, clock } = this.#options;
    const length = ip.totalLength - ip.headerLength;
    if (length < icmpHeaderLength) return "bad_icmp";
    if (internetChecksum(packet, ip.headerLength, ip.totalLength) !== 0) return "bad_checksum";
    const reply = buildIcmpEchoReply(packet, ip);
    if (isWireError(reply)) return reply.code === "fragment" ? "fragment" : "not_echo_request";
    if (!this.#rate.take(clock.now())) return "icmp_rate";
    const { toBackend, toAgent } = metrics.icmp;
    toBackend.packets.inc();
    toBackend.bytes.inc(length - icmpHeaderLength);
    const refused = sendReply(replies, reply);
    if (refused !== undefined) return refused;
    toAgent.packets.inc();
    toAgent.bytes.inc(length - icmpHeaderLength);
    return undefined;
  }
}
