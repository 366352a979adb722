import { sameSocketAddress, type SocketAddress } from "./address.ts";
import { ForwardingTimer } from "../forwarding_time.ts";
import { readCloseReason } from "./close_reason.ts";
import type { ConnectionHandler } from "./connection_handler.ts";
import type { ConnectionHost, ConnectionSetup } from "./connection_host.ts";
import type { DeadlineEntry } from "./deadline_heap.ts";
import {
  handshakeTimeoutMs,
  maxClosingPackets,
  maxUnacknowledgedPackets,
  receiveBufferBytes,
  streamChunkBytes,
  timerToleranceMs,
} from "./limits.ts";
import { PeerPath } from "./peer_path.ts";
import type { NativeConnection } from "./quiche.ts";
import { SourceConnectionIds } from "./source_connection_ids.ts";

/** What became of a DATAGRAM that was to be sent. */
export type SendResult = "queued" | "queue_full" | "too_long" | "closed";

/** How a connection fares. */
export interface PathStats {
  /** Smoothed round-trip time, in whole ms; `undefined` when no path is left. */
  readonly rttMs: number | undefined;
  /** Packets of ours that were taken for lost since the start. */
  readonly packetsLost: number;
}

/** Received DATAGRAMs are handed over in this one buffer. */
const datagramBuffer = new Uint8Array(receiveBufferBytes);
/** Stream data goes through another one: a handler may read streams while it has a DATAGRAM. */
const streamBuffer = new Uint8Array(streamChunkBytes);

/**
 * One QUIC connection: DATAGRAMs, bidirectional streams, close. All of its methods may be called
 * at any time; what they have to say leaves at the end of the packet loop's turn.
 */
export class QuicConnection implements DeadlineEntry {
  /** Unique within this process. */
  readonly id: number;
  /** Whether the peer opened it. */
  readonly isServer: boolean;
  /** When its handshake began, on the endpoint's clock, in ms; on a server after any Retry. */
  readonly startedAtMs: number;
  deadline = Infinity;
  heapIndex = -1;
  /** Whether the endpoint has it on its list of connections to flush. */
  flushScheduled = false;
  /** Whether the endpoint has it on its list of acknowledgments to send. */
  acknowledgmentScheduled = false;

  readonly #host: ConnectionHost;
  readonly #native: NativeConnection;
  readonly #handler: ConnectionHandler;
  readonly #path: PeerPath;
  readonly #sourceCids: SourceConnectionIds;
  readonly #forwarding: ForwardingTimer;
  #established = false;
  #closing = false;
  #closeReported = false;
  #released = false;
  #maxDatagramLength = 0;
  #rareEventsUnchecked = false;
  #datagramsQueued = false;
  #datagramsWaiting = 0;
  #unacknowledgedPackets = 0;
  #keepAliveMs = Infinity;
  #lastSentMs: number;
  #rotateAtMs = Infinity;
  #nextStreamId: number;

  /** Made by `QuicEndpoint` only. */
  constructor(host: ConnectionHost, setup: ConnectionSetup) {
    this.id = setup.id;
    this.isServer = setup.isServer;
    this.#host = host;
    this.#native = setup.native;
    this.#handler = setup.handler;
    this.#path = new PeerPath(setup.native, setup.localAddress, setup.remoteAddress);
    this.#sourceCids = new SourceConnectionIds(host, setup.native, setup.sourceCid);
    this.#forwarding = new ForwardingTimer(host.forwarding);
    const now = host.clock.now();
    this.startedAtMs = now;
    this.#lastSentMs = now;
    this.#nextStreamId = setup.isServer ? 1 : 0;
  }

  /** Where the peer's packets come from, and ours go to. */
  get remoteAddress(): SocketAddress {
    return this.#path.remoteAddress;
  }

  /** Whether the handshake is complete; it stays so after the connection has ended. */
  get isEstablished(): boolean {
    return this.#established;
  }

  /** Whether either side has closed it, or it timed out. */
  get isClosed(): boolean {
    return this.#closing;
  }

  /** Longest DATAGRAM that can be sent, in bytes; 0 before the handshake (section 1.2). */
  get maxDatagramLength(): number {
    return this.#maxDatagramLength;
  }

  /** Whether packets wait for an acknowledgment that nothing else has carried. */
  get needsAcknowledgment(): boolean {
    return this.#unacknowledgedPackets > 0;
  }

  /** DATAGRAMs that wait for the congestion window to open. */
  get datagramsWaiting(): number {
    return this.#datagramsWaiting;
  }

  /** Asks the library, which costs some µs: for scrapes, not for packets. */
  pathStats(): PathStats {
    const paths = this.#native.pathStats();
    const packetsLost = paths.reduce((sum, { lost }) => sum + lost, 0);
    return { rttMs: paths.find(({ active }) => active)?.rtt, packetsLost };
  }

  /** The peer's certificate chain in DER, leaf first; empty when it presented none. */
  peerCertificates(): Uint8Array[] {
    return this.#native.peerCertChain() ?? [];
  }

  /**
   * Queues one DATAGRAM. `data` is copied.
   *
   * @param isForwarded Whether it was received in the batch that is being handled.
   */
  sendDatagram(data: Uint8Array, isForwarded = false): SendResult {
    const result = this.#queueDatagram(data);
    if (result !== "queued") {
      this.#host.stats.datagramsDropped[result] += 1;
      return result;
    }
    this.#host.stats.datagramsSent += 1;
    this.#datagramsQueued = true;
    this.#forwarding.queued(isForwarded);
    if (!this.flushScheduled) this.#host.scheduleFlush(this);
    return result;
  }

  #queueDatagram(data: Uint8Array): SendResult {
    if (this.#closing || !this.#established) return "closed";
    if (data.length > this.#maxDatagramLength) return "too_long";
    if (this.#datagramsWaiting > 0 && !this.#host.mayQueueDatagram()) return "queue_full";
    try {
      return this.#native.dgramSend(data) === null ? "queue_full" : "queued";
    } catch {
      return "closed";
    }
  }

  /** Opens a bidirectional stream and returns its ID. */
  openStream(): number {
    const id = this.#nextStreamId;
    this.#nextStreamId += 4;
    return id;
  }

  /**
   * The next chunk of a stream, or `undefined` when nothing is there (or the peer has reset it).
   * `data` is a copy.
   */
  readStream(id: number): { data: Uint8Array; fin: boolean } | undefined {
    try {
      const result = this.#native.streamRecv(id, streamBuffer);
      if (result === null) return undefined;
      // Reading has opened the peer's window again.
      this.#host.scheduleFlush(this);
      return { data: streamBuffer.slice(0, result[0]), fin: result[1] };
    } catch {
      return undefined;
    }
  }

  /**
   * Writes to a stream and returns how many bytes were taken: fewer than given when its window is
   * full, `undefined` when the stream cannot be written to.
   */
  writeStream(id: number, data: Uint8Array, fin = false): number | undefined {
    if (this.#closing) return undefined;
    try {
      const taken = this.#native.streamSend(id, data, fin) ?? 0;
      this.#host.scheduleFlush(this);
      return taken;
    } catch {
      return undefined;
    }
  }

  /** Sends a packet that the peer must acknowledge. */
  ping(): void {
    if (this.#closing) return;
    this.#native.sendAckEliciting();
    this.#host.scheduleFlush(this);
  }

  /** From now on pings whenever nothing was sent for `intervalMs`. */
  keepAlive(intervalMs: number): void {
    this.#keepAliveMs = intervalMs;
    this.#updateDeadline(this.#host.clock.now());
  }

  /** Closes with a code and a reason; `application` false makes it a transport close. */
  close(code: number, reason: string, application = true): void {
    if (this.#closing) return;
    // What quiche owes goes out first, and the close at once: with a handshake probe pending it
    // would send acknowledgments for ever, and no close.
    if (this.#established) this.#sendPackets();
    this.#closing = true;
    try {
      this.#native.close(application, code, new TextEncoder().encode(reason));
      this.#sendPackets();
    } catch {
      // Closed already by the other side; the turn's end reports it.
    }
    this.#host.scheduleFlush(this);
  }

  /** Processes one packet. For the endpoint. */
  receive(data: Uint8Array, from: SocketAddress): void {
    if (sameSocketAddress(from, this.#path.remoteAddress)) {
      this.#path.receive(data);
    } else if (this.#path.receiveFromElsewhere(data, from)) {
      this.#host.stats.addressChanges += 1;
      this.#guard(() => this.#handler.onAddressChange?.(this));
    }
    if (!this.#established && this.#native.isEstablished()) this.#handleEstablished();
    if (this.#receiveDatagrams()) this.#rareEventsUnchecked = true;
    else this.#checkRareEvents();
    this.#unacknowledgedPackets += 1;
    if (
      !this.#established || this.#datagramsWaiting > 0 || this.#closing ||
      this.#unacknowledgedPackets >= maxUnacknowledgedPackets
    ) {
      this.#host.scheduleFlush(this);
    } else {
      this.#host.scheduleAcknowledgment(this);
    }
  }

  /** A packet that may be a stateless reset (RFC 9000 section 10.3). For the endpoint. */
  receiveStray(data: Uint8Array): void {
    this.#path.receive(data);
    this.#checkRareEvents();
  }

  #handleEstablished(): void {
    this.#established = true;
    this.#maxDatagramLength = this.#native.dgramMaxWritableLen() ?? 0;
    this.#rotateAtMs = this.#host.clock.now() + this.#host.rotationMs;
    this.#host.stats.handshakesCompleted += 1;
    this.#host.stats.handshaking -= 1;
    this.#host.stats.establishedConnections += 1;
    this.#guard(() => this.#handler.onEstablished(this));
  }

  /** Hands over what has arrived; false when nothing had. */
  #receiveDatagrams(): boolean {
    if (!this.#established) return false;
    const { stats } = this.#host;
    let received = false;
    for (;;) {
      const length = this.#native.dgramRecv(datagramBuffer);
      if (length === null) return received;
      received = true;
      stats.datagramsReceived += 1;
      if (this.#closing) continue;
      try {
        this.#handler.onDatagram(this, datagramBuffer.subarray(0, length));
      } catch (error) {
        this.#fail(error);
      }
    }
  }

  /**
   * What a packet may have brought beside DATAGRAMs: streams, retired IDs, the end. Packets with
   * DATAGRAMs are many, and looked at in this way once a flush.
   */
  #checkRareEvents(): void {
    this.#rareEventsUnchecked = false;
    if (this.#native.isReadable()) this.#readStreams();
    this.#sourceCids.forgetRetired();
    if (this.#path.hasFailed || this.#native.isDraining() || this.#native.isClosed()) {
      this.#closing = true;
      this.#reportClosed();
    }
  }

  #readStreams(): void {
    for (const id of [...this.#native.readable()]) {
      if (this.#handler.onStreamReadable !== undefined && !this.#closing) {
        this.#guard(() => this.#handler.onStreamReadable!(this, id));
      } else {
        while (this.readStream(id) !== undefined);
      }
    }
  }

  #guard(call: () => void): void {
    try {
      call();
    } catch (error) {
      this.#fail(error);
    }
  }

  #fail(error: unknown): void {
    this.#host.stats.handlerErrors += 1;
    this.#host.logger.error("connection_handler_failed", { connection: this.id, error });
    this.close(1, "internal error");
  }

  /** Sends everything that quiche has; false when the socket takes no more for now. */
  flush(): boolean {
    if (this.#rareEventsUnchecked) this.#checkRareEvents();
    const sent = this.#sendPackets();
    if (sent < 0) return false;
    this.#unacknowledgedPackets = 0;
    if (this.#datagramsQueued || this.#datagramsWaiting > 0) this.#countWaitingDatagrams();
    const now = this.#host.clock.now();
    if (this.#forwarding.hasLeft(this.#datagramsWaiting)) this.#forwarding.finish(now);
    if (sent > 0) this.#lastSentMs = now;
    if (this.#closing) this.#reportClosed();
    if (this.#closing && sent === maxClosingPackets) this.#release();
    if (this.deadline - now > timerToleranceMs || this.#closing) this.#updateDeadline(now);
    return true;
  }

  /** Returns how many packets were sent, or -1 when the socket takes no more for now. */
  #sendPackets(): number {
    const { socket, stats } = this.#host;
    const limit = this.#closing ? maxClosingPackets : Infinity;
    for (let sent = 0;; sent++) {
      const buffer = socket.acquireBuffer();
      if (buffer === undefined) return -1;
      const packet = sent < limit ? this.#nextPacket(buffer) : null;
      if (packet === null) {
        socket.releaseBuffer(buffer);
        return sent;
      }
      stats.packetsSent += 1;
      stats.bytesSent += packet[0];
      socket.send(buffer, packet[0], this.#path.remoteAddress);
    }
  }

  #nextPacket(buffer: Uint8Array): ReturnType<NativeConnection["send"]> {
    try {
      return this.#native.send(buffer);
    } catch {
      // quiche has given the connection up; its timer brings the rest.
      return null;
    }
  }

  #countWaitingDatagrams(): void {
    this.#datagramsQueued = false;
    const waiting = this.#released ? 0 : this.#native.dgramSendQueueLen();
    this.#host.stats.datagramsWaiting += waiting - this.#datagramsWaiting;
    this.#datagramsWaiting = waiting;
  }

  /** What is due at `now`. For the endpoint. */
  onDeadline(now: number): void {
    if (!this.#established && !this.#closing && now >= this.startedAtMs + handshakeTimeoutMs) {
      this.close(0, "handshake timeout", false);
    }
    const timeout = this.#native.timeout();
    // quiche rounds down to whole milliseconds.
    if (timeout !== null && timeout <= 1) this.#native.onTimeout();
    if (this.#established && !this.#closing) {
      if (now >= this.#lastSentMs + this.#keepAliveMs) {
        this.#native.sendAckEliciting();
        this.#lastSentMs = now;
      }
      if (now >= this.#rotateAtMs) {
        this.#rotateAtMs = now + this.#host.rotationMs;
        this.#sourceCids.offer(this);
      }
    }
    this.#checkRareEvents();
    if (this.#native.isClosed()) {
      this.#release();
    } else {
      this.#updateDeadline(now);
      this.#host.scheduleFlush(this);
    }
  }

  #updateDeadline(now: number): void {
    if (this.#released) return;
    const timeout = this.#native.timeout();
    let deadline = timeout === null ? Infinity : now + timeout;
    if (!this.#closing) {
      deadline = this.#established
        ? Math.min(deadline, this.#rotateAtMs, this.#lastSentMs + this.#keepAliveMs)
        : Math.min(deadline, this.startedAtMs + handshakeTimeoutMs);
    } else if (timeout === null) {
      deadline = now;
    }
    // Never due again within the call that handles what is due now.
    this.#host.setDeadline(this, Math.max(deadline, now + 1));
  }

  #reportClosed(): void {
    if (this.#closeReported) return;
    this.#closeReported = true;
    const { stats } = this.#host;
    if (this.#established) {
      stats.establishedConnections -= 1;
    } else {
      stats.handshaking -= 1;
      stats.handshakesFailed += 1;
    }
    const reason = readCloseReason(this.#native, this.#established);
    try {
      this.#handler.onClosed(this, reason);
    } catch (error) {
      stats.handlerErrors += 1;
      this.#host.logger.error("connection_handler_failed", { connection: this.id, error });
    }
  }

  /** Gives everything back without waiting for the peer. For the endpoint, when it is closed. */
  abandon(): void {
    this.#release();
  }

  #release(): void {
    if (this.#released) return;
    this.#closing = true;
    this.#reportClosed();
    this.#released = true;
    this.#host.stats.datagramsWaiting -= this.#datagramsWaiting;
    this.#datagramsWaiting = 0;
    this.#host.setDeadline(this, Infinity);
    this.#sourceCids.retireAll();
    this.#host.released(this);
  }
}
