import type { Clock } from "../tunnel/clock.ts";
import { ForwardingTimer, type ForwardingTimes } from "../tunnel/forwarding_time.ts";
import type { Logger } from "../tunnel/log.ts";
import type { SocketMemorySum } from "../tunnel/quic/socket_memory.ts";
import { formatIpv4 } from "../tunnel/wire/ipv4.ts";
import type { Backend, BackendAddress } from "./backend.ts";
import { type BackendErrorKind, backendErrorKind, endsFlow } from "./backend_error.ts";
import type { DropReason } from "./drops.ts";
import { type DatagramSocket, foreignReceived, nothingReceived } from "./flow_socket.ts";
import type { FlowEnd, FlowEntry, FlowKey, FlowTable } from "./flow_table.ts";
import { exchangePauseMs, maxRepliesPerTurn } from "./limits.ts";
import { type ReplyChannel, sendReply } from "./reply_channel.ts";
import { type SendBudget, SendQueue } from "./send_queue.ts";
import type { ServiceMetrics } from "./service_metrics.ts";
import { canonicalIpv6 } from "./target.ts";
import { maxReplyPayloadBytes, UdpReply } from "./udp_reply.ts";

/** Where one relay connection's UDP packets go, and their replies. */
export interface UdpRoute {
  readonly backend: Backend;
  readonly replies: ReplyChannel;
  readonly metrics: ServiceMetrics;
  /** Should be rate-limited: anybody who can reach the backend's network can cause warnings. */
  readonly logger: Logger;
}

/** What makes a flow. */
export interface UdpFlowOptions {
  readonly key: FlowKey;
  readonly route: UdpRoute;
  readonly address: BackendAddress;
  /** Belongs to the flow from now on. */
  readonly socket: DatagramSocket;
  readonly forwarder: FlowSurroundings;
}

/** What all flows share. */
export interface FlowSurroundings {
  /** The table that flows are in, or going to be. */
  readonly table: FlowTable<UdpFlow>;
  readonly budget: SendBudget;
  readonly sockets: SocketMemorySum;
  readonly forwarding: ForwardingTimes;
  readonly clock: Clock;
}

/** Since when a flow waits for a reply that would tell how fast the backend is: not now. */
const notAsked = -1;

/** One flow: a socket of its own, so that the backend tells agents apart (fault LC2). */
export class UdpFlow {
  readonly #options: UdpFlowOptions;
  readonly #reply: UdpReply;
  readonly #queue: SendQueue;
  readonly #timer: ForwardingTimer;
  /** Packets that the system has neither taken nor refused. */
  #unsent = 0;
  #askedAtMs = notAsked;
  #entry: FlowEntry<UdpFlow> | undefined;

  constructor(options: UdpFlowOptions) {
    const { key, address: { hostname, port }, socket, forwarder } = options;
    const { budget, forwarding, sockets } = forwarder;
    this.#options = options;
    this.#reply = new UdpReply(key);
    this.#queue = new SendQueue(socket, { transport: "udp", hostname, port }, budget, this);
    this.#timer = new ForwardingTimer(forwarding);
    sockets.add(socket);
  }

  /** Begins to receive replies. */
  start(entry: FlowEntry<UdpFlow>): void {
    this.#entry = entry;
    void this.#receive();
  }

  /**
   * Sends a payload to the backend, after those before it. Never waits.
   *
   * @param idleMs How long nothing had passed before.
   */
  send(payload: Uint8Array, idleMs: number): DropReason | undefined {
    if (idleMs >= exchangePauseMs) this.#askedAtMs = this.#options.forwarder.clock.now();
    this.#unsent += 1;
    this.#timer.queued(true);
    if (this.#queue.send(payload)) return undefined;
    this.#unsent -= 1;
    this.#timer.withdraw();
    return "backend_backlog";
  }

  /** Releases the socket. Called by the table. */
  onEnd(why: FlowEnd): void {
    const { socket, route, forwarder } = this.#options;
    forwarder.sockets.remove(socket);
    socket.close();
    this.#queue.close();
    route.metrics.flowEnded(why);
  }

  /** Counts what the system has taken. Called by the queue. */
  onSent(bytes: number): void {
    const { route: { metrics }, forwarder } = this.#options;
    this.#unsent -= 1;
    if (this.#timer.hasLeft(this.#unsent)) this.#timer.finish(forwarder.clock.now());
    metrics.forwardedPackets.inc();
    metrics.forwardedBytes.inc(bytes);
    metrics.udp.toBackend.packets.inc();
    metrics.udp.toBackend.bytes.inc(bytes);
  }

  /** Counts what it hasn't. Called by the queue. */
  onFailed(error: unknown): void {
    this.#unsent -= 1;
    if (this.#timer.hasLeft(this.#unsent)) this.#timer.cancel();
    this.#options.route.metrics.drop("backend_refused");
    // The flow's own end fails whatever it has not sent.
    if (this.#isOpen) this.#fail("udp_send_failed", backendErrorKind(error), error);
  }

  get #isOpen(): boolean {
    return this.#entry?.ended === false;
  }

  async #receive(): Promise<void> {
    const { socket, forwarder: { clock, forwarding } } = this.#options;
    while (this.#isOpen) {
      try {
        const [data, from] = await socket.receive(this.#reply.payload);
        forwarding.batch.begin(clock.now());
        const sender = from as Deno.NetAddr;
        if (this.#isBackend(sender)) this.#onReply(data.length);
        else this.#onForeign(sender);
        this.#receiveRest();
      } catch (error) {
        if (this.#isOpen) this.#fail("udp_receive_failed", "receive", error);
      }
    }
  }

  /** What else has come already. */
  #receiveRest(): void {
    const { socket } = this.#options;
    for (let count = 1; count < maxRepliesPerTurn && this.#isOpen; count++) {
      const length = socket.receiveNow(this.#reply.payload);
      if (length === nothingReceived) return;
      if (length === foreignReceived) this.#onForeign(undefined);
      else this.#onReply(length);
    }
  }

  #onReply(length: number): void {
    const { forwarder, route: { metrics, replies, logger, backend } } = this.#options;
    if (this.#entry !== undefined) {
      forwarder.table.touch(this.#entry);
      if (this.#askedAtMs !== notAsked) {
        metrics.backendResponded(this.#entry.lastUsedMs - this.#askedAtMs);
        this.#askedAtMs = notAsked;
      }
    }
    if (length > maxReplyPayloadBytes) {
      metrics.drop("reply_too_long");
      logger.warn("udp_reply_too_long", { backend: backend.name, maxBytes: maxReplyPayloadBytes });
      return;
    }
    const refused = sendReply(replies, this.#reply.finish(length), true);
    if (refused !== undefined) return metrics.drop(refused);
    metrics.udp.toAgent.packets.inc();
    metrics.udp.toAgent.bytes.inc(length);
  }

  #onForeign(from: Deno.NetAddr | undefined): void {
    const { address, route: { metrics, logger, backend } } = this.#options;
    metrics.drop("reply_foreign");
    logger.warn("udp_foreign_reply", {
      backend: backend.name,
      expected: address,
      ...from && { from: { hostname: from.hostname, port: from.port } },
    });
  }

  /** Whether a datagram comes from where this flow sends to: address *and* port (fault LC4). */
  #isBackend(from: Deno.NetAddr): boolean {
    const { hostname, port } = this.#options.address;
    if (from.port !== port) return false;
    return from.hostname === hostname ||
      (from.hostname.includes(":") && canonicalIpv6(from.hostname) === hostname);
  }

  #fail(event: string, kind: BackendErrorKind, error: unknown): void {
    const { key, address, forwarder, route: { metrics, logger, backend } } = this.#options;
    metrics.backendError(kind);
    logger.warn(event, {
      backend: backend.name,
      address,
      agent: `${formatIpv4(key.source)}:${key.sourcePort}`,
      error,
    });
    if (!endsFlow(kind) || this.#entry === undefined) return;
    // The agent's next packet opens a new flow, to the name's next address if it has one.
    backend.reportUnusable(address);
    forwarder.table.end(this.#entry, "error");
  }
}
