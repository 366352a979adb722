import type { Clock } from "../tunnel/clock.ts";
import { type ForwardingTimes, untimed } from "../tunnel/forwarding_time.ts";
import { SocketMemorySum } from "../tunnel/quic/socket_memory.ts";
import { pseudoHeaderSum, sumWords } from "../tunnel/wire/checksum.ts";
import { ipProtocol, type Ipv4Header } from "../tunnel/wire/ipv4.ts";
import { parseUdp } from "../tunnel/wire/udp.ts";
import { isWireError } from "../tunnel/wire/wire_error.ts";
import type { BackendAddress } from "./backend.ts";
import { backendErrorKind } from "./backend_error.ts";
import type { DropReason } from "./drops.ts";
import { type DatagramSocket, FlowSocket } from "./flow_socket.ts";
import { type FlowKey, type FlowScope, FlowTable } from "./flow_table.ts";
import type { ConnectorLimits } from "./limits.ts";
import { SendBudget } from "./send_queue.ts";
import { UdpFlow, type UdpRoute } from "./udp_flow.ts";

/** What the UDP flows of all services share. */
export interface UdpForwarderOptions {
  readonly clock: Clock;
  readonly limits: Pick<
    ConnectorLimits,
    | "udpFlows"
    | "udpFlowsPerSource"
    | "udpFlowsPerSourcePerSecond"
    | "udpFlowIdleMs"
    | "udpWaitingPerFlow"
    | "udpWaiting"
  >;
  /** Times packets on their way to backends; its batches also begin with replies of backends. */
  readonly forwarding?: ForwardingTimes;
  /** Opens a socket towards a backend; a {@linkcode FlowSocket} by default. */
  readonly openSocket?: (to: BackendAddress) => DatagramSocket;
}

/** Forwards UDP between agents and backends, with a socket for each flow (protocol section 6.2). */
export class UdpForwarder {
  readonly openSocket: (to: BackendAddress) => DatagramSocket;
  readonly table: FlowTable<UdpFlow>;
  /** Packets that wait for their sockets. */
  readonly budget: SendBudget;
  /** What the system holds for the flows' sockets. */
  readonly sockets = new SocketMemorySum();
  readonly forwarding: ForwardingTimes;
  readonly clock: Clock;

  constructor(options: UdpForwarderOptions) {
    const { clock, limits, forwarding = untimed() } = options;
    const { openSocket = (to) => new FlowSocket(to) } = options;
    this.clock = clock;
    this.forwarding = forwarding;
    this.openSocket = openSocket;
    this.budget = new SendBudget(limits);
    this.table = new FlowTable<UdpFlow>({
      maxFlows: limits.udpFlows,
      maxFlowsPerSource: limits.udpFlowsPerSource,
      newFlowsPerSecond: limits.udpFlowsPerSourcePerSecond,
      idleMs: limits.udpFlowIdleMs,
      clock,
      onEnd: (flow, why) => flow.onEnd(why),
    });
  }

  /** Flows of all services now. */
  get flows(): number {
    return this.table.size;
  }

  /** Begins forwarding for a relay connection. */
  attach(route: UdpRoute): UdpUplink {
    return new UdpUplink(this, route);
  }
}

/** The UDP flows of one relay connection; they end with it. */
export class UdpUplink {
  readonly #forwarder: UdpForwarder;
  readonly #route: UdpRoute;
  readonly #scope: FlowScope<UdpFlow>;

  /** @param forwarder Use {@linkcode UdpForwarder.attach}. */
  constructor(forwarder: UdpForwarder, route: UdpRoute) {
    this.#forwarder = forwarder;
    this.#route = route;
    this.#scope = forwarder.table.scope();
  }

  /** Flows of this connection now. */
  get flows(): number {
    return this.#scope.size;
  }

  /** Ends all flows; the connection has closed. */
  close(): void {
    this.#scope.close();
  }

  /**
   * Forwards an agent's packet; it is copied if need be. Never throws.
   *
   * @returns why it was dropped, or `undefined` when it is on its way.
   */
  forward(packet: Uint8Array, ip: Ipv4Header): DropReason | undefined {
    const udp = parseUdp(packet, ip);
    if (isWireError(udp)) return udp.code === "fragment" ? "fragment" : "bad_udp";
    if (udp.checksum !== 0) {
      const length = udp.payloadEnd - ip.headerLength;
      const pseudo = pseudoHeaderSum(ip.source, ip.destination, ipProtocol.udp, length);
      if (sumWords(packet, ip.headerLength, udp.payloadEnd, pseudo) !== 0xffff) {
        return "bad_checksum";
      }
    }
    const { sourcePort, destinationPort } = udp;
    const found = this.#scope.get(ip.source, sourcePort, ip.destination, destinationPort);
    let flow: UdpFlow;
    let idleMs = Infinity;
    if (found !== undefined) {
      flow = found.flow;
      idleMs = this.#forwarder.table.touch(found);
    } else {
      const { source, destination } = ip;
      const opened = this.#open({ source, sourcePort, destination, destinationPort });
      if (typeof opened === "string") return opened;
      flow = opened;
    }
    return flow.send(packet.subarray(udp.payloadStart, udp.payloadEnd), idleMs);
  }

  #open(key: FlowKey): UdpFlow | DropReason {
    const { backend, metrics, logger } = this.#route;
    const { openSocket, table } = this.#forwarder;
    const address = backend.address();
    if (address === undefined) return "backend_unresolved";
    if (!this.#scope.admits(key.source)) return "flow_rate";
    let socket: DatagramSocket;
    try {
      socket = openSocket(address);
    } catch (error) {
      const kind = backendErrorKind(error);
      metrics.backendError(kind);
      logger.warn("udp_socket_failed", { backend: backend.name, error });
      // The next packet shall find a free descriptor.
      if (kind === "descriptors") table.evictOldest();
      return "backend_socket";
    }
    const flow = new UdpFlow({
      ...{ key, route: this.#route, address, socket },
      forwarder: this.#forwarder,
    });
    flow.start(this.#scope.add(key, flow));
    metrics.flowOpened();
    return flow;
  }
}
