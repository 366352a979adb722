import type { Clock } from "../tunnel/clock.ts";
import type { Logger } from "../tunnel/log.ts";
import type { Backend } from "./backend.ts";
import { IcmpResponder } from "./icmp.ts";
import { PacketDispatcher, type PacketTaker } from "./packets.ts";
import type { ReplyChannel } from "./reply_channel.ts";
import type { ServiceProtocol } from "./service_config.ts";
import type { ServiceMetrics } from "./service_metrics.ts";
import type { TcpHandler } from "./tcp/tcp_handler.ts";
import type { UdpForwarder } from "./udp.ts";

/** What makes a service. */
export interface ServiceOptions {
  /** Service ID as registered. */
  readonly id: string;
  readonly backend: Backend;
  readonly metrics: ServiceMetrics;
  /** What is forwarded. */
  readonly protocol: ServiceProtocol;
  readonly udp: UdpForwarder;
  readonly tcp?: TcpHandler | undefined;
  /** See {@linkcode PacketDispatcher}. */
  readonly serviceAddress: number | undefined;
  readonly icmpRepliesPerSecond: number;
  readonly clock: Clock;
  /** For what packets can cause; should be rate-limited. */
  readonly logger: Logger;
}

/** What one relay connection brings for a service, and where the answers go. */
export interface ServiceSession {
  /** Flows of this connection now. */
  readonly flows: number;
  /** Takes one DATAGRAM that is no control message. Never throws. */
  handle(packet: Uint8Array): void;
  /** Ends all flows: the connection has closed. */
  close(): void;
}

const notServed: PacketTaker = () => "protocol_not_served";
const tcpNotSupported: PacketTaker = () => "tcp_not_supported";

/** One service of the connector: its backend, and its packets on whatever relay connection. */
export class Service {
  readonly id: string;
  readonly backend: Backend;
  readonly metrics: ServiceMetrics;
  readonly #options: ServiceOptions;
  readonly #icmp: IcmpResponder;

  constructor(options: ServiceOptions) {
    const { id, backend, metrics, icmpRepliesPerSecond, clock } = options;
    this.id = id;
    this.backend = backend;
    this.metrics = metrics;
    this.#options = options;
    this.#icmp = new IcmpResponder({ metrics, repliesPerSecond: icmpRepliesPerSecond, clock });
  }

  /** Begins to serve a relay connection. */
  open(replies: ReplyChannel): ServiceSession {
    const { backend, metrics, logger, serviceAddress, protocol } = this.#options;
    const route = { backend, replies, metrics, logger };
    const udp = this.#options.udp.attach(route);
    const tcp = this.#options.tcp?.attach(route);
    const dispatcher = new PacketDispatcher({
      udp: protocol === "tcp" ? notServed : (packet, ip) => udp.forward(packet, ip),
      icmp: (packet, ip) => this.#icmp.answer(packet, ip, replies),
      tcp: protocol === "udp"
        ? notServed
        : tcp === undefined
        ? tcpNotSupported
        : (packet, ip) => tcp.forward(packet, ip),
      serviceAddress,
      drops: metrics,
      logger,
    });
    return {
      get flows(): number {
        return udp.flows + (tcp?.flows ?? 0);
      },
      handle: (packet) => dispatcher.handle(packet),
      close(): void {
        udp.close();
        tcp?.close();
      },
    };
  }
}
