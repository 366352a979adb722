import type { Logger } from "../../tunnel/log.ts";
import type { Ipv4Header } from "../../tunnel/wire/ipv4.ts";
import type { Backend } from "../backend.ts";
import type { DropReason } from "../drops.ts";
import type { ReplyChannel } from "../reply_channel.ts";
import type { ServiceMetrics } from "../service_metrics.ts";

/**
 * The place that TCP through the tunnel takes (protocol section 6.3). Until somebody gives the
 * connector a forwarder, TCP packets are dropped and counted as `tcp_not_supported`; no RST is
 * sent, so that an agent's connect times out instead of being told that nobody listens.
 *
 * There is one forwarder in a connector, for the limits that all services share.
 */
export interface TcpHandler {
  /** Begins forwarding for a relay connection, which is registered or about to be. */
  attach(route: TcpRoute): TcpUplink;
}

/** Where one relay connection's TCP segments go, and the answers. */
export interface TcpRoute {
  /** `backend.resolve()` gives the addresses to connect to. */
  readonly backend: Backend;
  /** Takes inner packets of at most `maxInnerPacketBytes` (`limits.ts`), better 1,280. */
  readonly replies: ReplyChannel;
  readonly metrics: ServiceMetrics;
  readonly logger: Logger;
}

/** The TCP sessions of one relay connection. */
export interface TcpUplink {
  /** Sessions now; `/status` adds them to the service's flows. */
  readonly flows: number;
  /**
   * Takes one segment: an IPv4 packet whose header is checked (lengths, checksum, addresses, no
   * fragment), with anything behind it. `packet` is valid, and may be changed, during the call
   * only. Must not throw.
   *
   * @returns why it was dropped, or `undefined` when it was taken.
   */
  forward(packet: Uint8Array, ip: Ipv4Header): DropReason | undefined;
  /**
   * The relay connection has closed. Sessions end here: on the next connection the same inner
   * address may be another agent.
   */
  close(): void;
}
