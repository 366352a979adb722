import { type Clock, systemClock, type Timer } from "../clock.ts";
import { ConfigError } from "../errors.ts";
import { type Logger, silentLogger } from "../log.ts";
import { TokenBucket } from "../token_bucket.ts";
import { formatSocketAddress, type SocketAddress } from "./address.ts";
import { type ConnectionHost, QuicConnection } from "./connection.ts";
import type { ConnectionHandler } from "./connection_handler.ts";
import { connectionIdInstance, ConnectionIdIssuer, instanceLength } from "./connection_id.ts";
import { ConnectionTable } from "./connection_table.ts";
import { DeadlineHeap } from "./deadline_heap.ts";
import {
  createEndpointStats,
  type EndpointStats,
  type PacketDropReason,
} from "./endpoint_stats.ts";
import * as limits from "./limits.ts";
import { OutputQueue } from "./output_queue.ts";
import {
  hasShortHeaderCid,
  isLongHeader,
  type LongHeader,
  longPacketType,
  parseLongHeader,
  quicVersion1,
} from "./packet_header.ts";
import { type NativeConfig, type NativeConnection, quiche } from "./quiche.ts";
import type { ConnectOptions, EndpointOptions, ServerOptions } from "./endpoint_options.ts";
import { writeRetry, writeStatelessReset, writeVersionNegotiation } from "./stateless_reply.ts";
import { type ClientTls, createClientConfig, createServerConfig } from "./tls_config.ts";
import { UdpSocket } from "./udp_socket.ts";

/** One UDP socket with many QUIC connections, as server and as client. */
export class QuicEndpoint implements AsyncDisposable {
  /** The bound address. */
  readonly address: SocketAddress;
  /** Counters since the start. */
  readonly stats: EndpointStats = createEndpointStats();

  readonly #clock: Clock;
  readonly #socket: UdpSocket;
  readonly #issuer: ConnectionIdIssuer;
  readonly #sendsResets: boolean;
  readonly #server: ServerOptions | undefined;
  #serverConfig: NativeConfig | undefined;
  readonly #clientConfigs = new WeakMap<ClientTls, NativeConfig>();
  /** What quiche takes for our address. */
  readonly #localAddress: SocketAddress;
  readonly #host: ConnectionHost;

  readonly #connections = new Set<QuicConnection>();
  readonly #table = new ConnectionTable<QuicConnection>();
  /** Connections that we opened, by the peer's address: where stateless resets look. */
  readonly #clientsByRemote = new Map<string, Set<QuicConnection>>();
  /** The destination IDs that clients chose for connections accepted without Retry. */
  readonly #chosenCids = new Map<QuicConnection, Uint8Array>();
  readonly #output: OutputQueue;
  readonly #heap = new DeadlineHeap<QuicConnection>();
  readonly #initials: TokenBucket;
  readonly #statelessReplies: TokenBucket;
  readonly #addressChanges: TokenBucket;

  #deadlineTimer: Timer | undefined;
  #deadlineTimerAt = Infinity;
  #accepting: boolean;
  #nextId = 1;
  #closed = false;
  /** What `close` still waits for. */
  readonly #closingConnections = new Set<QuicConnection>();
  #whenClosed: (() => void) | undefined;

  private constructor(options: EndpointOptions, config: NativeConfig | undefined) {
    const { hostname, port, server, clock = systemClock, logger = silentLogger } = options;
    this.#clock = clock;
    this.#server = server;
    this.#serverConfig = config;
    this.#accepting = server !== undefined;
    this.#sendsResets = options.resetKey !== undefined;
    this.#issuer = new ConnectionIdIssuer(
      options.instance ?? crypto.getRandomValues(new Uint8Array(instanceLength)),
      options.resetKey ?? crypto.getRandomValues(new Uint8Array(32)),
    );
    const now = clock.now();
    this.#initials = new TokenBucket(limits.initialsPerSecond, now);
    this.#statelessReplies = new TokenBucket(limits.statelessRepliesPerSecond, now);
    this.#addressChanges = new TokenBucket(limits.addressChangesPerSecond, now);
    this.#socket = UdpSocket.bind({ hostname, port });
    this.#output = new OutputQueue(clock);
    this.#socket.onWritable = () => this.#output.flushSoon();
    this.address = this.#socket.address;
    this.#localAddress = {
      hostname: server?.externalHostname ?? this.address.hostname,
      port: this.address.port,
    };
    this.#host = this.#createHost(options.connectionIdRotationMs, logger);
    void this.#socket.receive(
      (data, from) => this.#onPacket(data, from),
      () => this.#output.flush(),
    );
  }

  /**
   * Binds the socket and starts to receive.
   *
   * @throws {ConfigError} when the address cannot be bound or a TLS file cannot be used.
   */
  static bind(options: EndpointOptions): QuicEndpoint {
    const config = options.server && createServerConfig(options.server.tls);
    return new QuicEndpoint(options, config);
  }

  /** Names this process in the connection IDs that it issues; 4 bytes. */
  get instance(): Uint8Array {
    return this.#issuer.instance;
  }

  /** Sends that the system refused. */
  get sendErrors(): number {
    return this.#socket.sendErrors;
  }

  /** All connections that are not closed, in the order of their start. */
  *connections(): Iterable<QuicConnection> {
    for (const connection of this.#connections) {
      if (!connection.isClosed) yield connection;
    }
  }

  /**
   * Opens a connection; `handler.onEstablished` or `handler.onClosed` follows.
   *
   * @throws {ConfigError} when a TLS file cannot be used.
   */
  connect(options: ConnectOptions): QuicConnection {
    const { remote, serverName, tls, handler } = options;
    if (this.#closed) throw new ConfigError("Cannot connect as the endpoint is closed");
    let config = this.#clientConfigs.get(tls);
    if (config === undefined) {
      config = createClientConfig(tls);
      this.#clientConfigs.set(tls, config);
    }
    const sourceCid = this.#issueFreeCid();
    config.setStatelessResetToken(null);
    const native = quiche.Connection.connect(
      serverName,
      sourceCid,
      { host: this.#localAddress.hostname, port: this.#localAddress.port },
      { host: remote.hostname, port: remote.port },
      config,
    );
    const connection = this.#addConnection(native, handler, remote, sourceCid, false);
    const key = formatSocketAddress(remote);
    const siblings = this.#clientsByRemote.get(key) ?? new Set();
    this.#clientsByRemote.set(key, siblings.add(connection));
    this.#host.scheduleFlush(connection);
    return connection;
  }

  /**
   * Reads the server's TLS files again, for connections accepted from now on.
   *
   * @throws {ConfigError} when one cannot be used; then nothing has changed.
   */
  reloadTls(): void {
    if (this.#server !== undefined) this.#serverConfig = createServerConfig(this.#server.tls);
  }

  /** Ignores new clients from now on. */
  stopAccepting(): void {
    this.#accepting = false;
  }

  /**
   * Closes all connections, waits until they have told their peers (at most `graceMs`), and closes
   * the socket.
   */
  async close(code: number, reason: string, graceMs: number): Promise<void> {
    if (this.#closed) return;
    this.stopAccepting();
    for (const connection of this.#connections) {
      // Half-open ones would be waited for longest, and have nothing to lose.
      if (connection.isEstablished) this.#closingConnections.add(connection);
      connection.close(code, reason);
    }
    this.#output.flush();
    if (this.#closingConnections.size > 0 && graceMs > 0) {
      await new Promise<void>((resolve) => {
        const timer = this.#clock.setTimer(resolve, graceMs);
        this.#whenClosed = () => {
          timer[Symbol.dispose]();
          resolve();
        };
      });
    }
    this.#shut();
  }

  /** Closes at once: peers are told, but nothing is waited for. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close(0, "", 0);
  }

  #shut(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#output.close();
    this.#deadlineTimer?.[Symbol.dispose]();
    this.#socket.close();
    this.#connections.clear();
  }

  #createHost(rotationMs = limits.connectionIdRotationMs, logger: Logger): ConnectionHost {
    return {
      clock: this.#clock,
      socket: this.#socket,
      stats: this.stats,
      logger,
      rotationMs,
      mayQueueDatagram: () => this.stats.datagramsWaiting < limits.maxQueuedDatagrams,
      scheduleFlush: (connection) => this.#output.schedule(connection),
      scheduleAcknowledgment: (connection) => this.#output.scheduleAcknowledgment(connection),
      setDeadline: (connection, deadline) => {
        this.#heap.set(connection, deadline);
        this.#armDeadlineTimer();
      },
      issueConnectionId: (connection) => {
        const cid = this.#issueFreeCid();
        this.#table.add(cid, connection);
        return { cid, resetToken: this.#issuer.resetTokenInteger(cid) };
      },
      retireConnectionId: (cid) => this.#table.delete(cid),
      established: (connection) => this.#forgetChosenCid(connection),
      released: (connection) => this.#release(connection),
    };
  }

  #issueFreeCid(): Uint8Array {
    for (;;) {
      const cid = this.#issuer.issue();
      if (!this.#table.isTaken(cid)) return cid;
    }
  }

  #addConnection(
    native: NativeConnection,
    handler: ConnectionHandler,
    remoteAddress: SocketAddress,
    sourceCid: Uint8Array,
    isServer: boolean,
  ): QuicConnection {
    const connection = new QuicConnection(this.#host, {
      id: this.#nextId++,
      isServer,
      native,
      handler,
      localAddress: this.#localAddress,
      remoteAddress,
      sourceCid,
    });
    this.#table.add(sourceCid, connection);
    this.#connections.add(connection);
    this.stats.connections = this.#connections.size;
    return connection;
  }

  #forgetChosenCid(connection: QuicConnection): void {
    const chosen = this.#chosenCids.get(connection);
    if (chosen === undefined) return;
    this.#chosenCids.delete(connection);
    this.#table.deleteChosen(chosen);
  }

  #release(connection: QuicConnection): void {
    this.#forgetChosenCid(connection);
    this.#connections.delete(connection);
    this.stats.connections = this.#connections.size;
    if (!connection.isServer) {
      const key = formatSocketAddress(connection.remoteAddress);
      const siblings = this.#clientsByRemote.get(key);
      siblings?.delete(connection);
      if (siblings?.size === 0) this.#clientsByRemote.delete(key);
    }
    this.#closingConnections.delete(connection);
    if (this.#closingConnections.size === 0) this.#whenClosed?.();
  }

  // Receiving

  #onPacket(data: Uint8Array<ArrayBuffer>, from: SocketAddress): void {
    this.#output.beginTurn();
    this.stats.packetsReceived += 1;
    this.stats.bytesReceived += data.length;
    if (data.length > 0 && isLongHeader(data)) {
      this.#onLongHeader(data, from);
    } else if (hasShortHeaderCid(data)) {
      const connection = this.#table.find(data, 1);
      if (connection === undefined) this.#onStrayPacket(data, from);
      else this.#deliver(connection, data, from);
    } else {
      this.#drop("unparsable");
    }
  }

  #drop(reason: PacketDropReason): void {
    this.stats.packetsDropped[reason] += 1;
  }

  #deliver(connection: QuicConnection, data: Uint8Array, from: SocketAddress): void {
    const known = connection.remoteAddress;
    if (
      (from.port !== known.port || from.hostname !== known.hostname) &&
      !this.#addressChanges.take(this.#clock.now())
    ) {
      return this.#drop("address_change_limit");
    }
    connection.receive(data, from);
  }

  /** A short-header packet for no connection of ours: it may be, or may earn, a reset. */
  #onStrayPacket(data: Uint8Array<ArrayBuffer>, from: SocketAddress): void {
    this.#drop("unknown_connection");
    const clients = this.#clientsByRemote.get(formatSocketAddress(from));
    const isIssued = connectionIdInstance(data, 1) !== undefined;
    if (clients === undefined && !(isIssued && this.#sendsResets)) return;
    if (!this.#statelessReplies.take(this.#clock.now())) return;
    if (clients !== undefined) {
      for (const connection of clients) connection.receiveStray(data.slice());
      return;
    }
    const token = this.#issuer.resetToken(data.subarray(1, 1 + limits.connectionIdLength));
    this.#reply(from, (buffer) => writeStatelessReset(token, data.length, buffer));
    this.stats.statelessResetsSent += 1;
  }

  #reply(to: SocketAddress, write: (buffer: Uint8Array) => number): void {
    const buffer = this.#socket.acquireBuffer();
    if (buffer === undefined) return;
    let length = 0;
    try {
      length = write(buffer);
    } catch {
      // The binding refuses what it cannot answer; so do we.
    }
    if (length > 0) this.#socket.send(buffer, length, to);
    else this.#socket.releaseBuffer(buffer);
  }

  #onLongHeader(data: Uint8Array, from: SocketAddress): void {
    const header = parseLongHeader(data);
    if (header === undefined) return this.#drop("unparsable");
    const connection = this.#table.findAny(header.destinationCid);
    if (connection !== undefined) return this.#deliver(connection, data, from);
    const reason = this.#refusal(header, data, from);
    if (reason !== undefined) return this.#drop(reason);
    this.#accept(header, data, from);
  }

  /** Why a packet does not open a connection, or `undefined`. */
  #refusal(
    header: LongHeader,
    data: Uint8Array,
    from: SocketAddress,
  ): PacketDropReason | undefined {
    if (!this.#accepting) return this.#server ? "not_accepting" : "unknown_connection";
    if (header.version === quicVersion1 && header.type !== longPacketType.initial) {
      return "unknown_connection";
    }
    if (data.length < limits.minInitialDatagramBytes) return "initial_too_short";
    const now = this.#clock.now();
    if (header.version !== quicVersion1) {
      if (header.version !== 0 && this.#statelessReplies.take(now)) {
        this.#reply(from, (buffer) => writeVersionNegotiation(header, buffer));
        this.stats.versionNegotiationsSent += 1;
      }
      return "unsupported_version";
    }
    if (header.destinationCid.length < limits.minInitialDestinationCidBytes) return "unparsable";
    if (!this.#initials.take(now)) return "initial_rate_limit";
    if (this.#connections.size >= (this.#server!.maxConnections ?? limits.maxConnections)) {
      return "connection_limit";
    }
    if (
      this.stats.connections - this.stats.establishedConnections >= limits.maxHandshakes
    ) {
      return "handshake_limit";
    }
    return undefined;
  }

  #accept(header: LongHeader, data: Uint8Array, from: SocketAddress): void {
    const { retry, handler } = this.#server!;
    let sourceCid: Uint8Array;
    let originalCid: Uint8Array | undefined;
    if (retry === undefined) {
      sourceCid = this.#issueFreeCid();
    } else if (header.token.length === 0) {
      const token = retry.seal(from, header.destinationCid);
      this.#reply(from, (buffer) => writeRetry(header, this.#issuer.issue(), token, buffer));
      this.stats.retriesSent += 1;
      return;
    } else {
      const content = retry.open(header.token, from);
      // The client goes on with the ID of our Retry: the transport parameters must repeat it.
      sourceCid = header.destinationCid.slice();
      if (
        content === undefined || sourceCid.length !== limits.connectionIdLength ||
        connectionIdInstance(sourceCid, 0) === undefined || this.#table.isTaken(sourceCid)
      ) {
        this.stats.retryTokenFailures += 1;
        return this.#drop("invalid_token");
      }
      this.stats.retryTokensValidated += 1;
      originalCid = content.originalDestinationCid;
    }
    const config = this.#serverConfig!;
    config.setStatelessResetToken(this.#issuer.resetTokenInteger(sourceCid));
    const native = quiche.Connection.accept(
      sourceCid,
      originalCid,
      { host: this.#localAddress.hostname, port: this.#localAddress.port },
      { host: from.hostname, port: from.port },
      config,
    );
    const connection = this.#addConnection(native, handler, from, sourceCid, true);
    if (retry === undefined) {
      // A repeated first packet must find this connection (fault LR16).
      const chosen = header.destinationCid.slice();
      this.#chosenCids.set(connection, chosen);
      this.#table.addChosen(chosen, connection);
    }
    connection.receive(data, from);
  }

  // Deadlines

  #armDeadlineTimer(): void {
    const next = this.#heap.peek()?.deadline ?? Infinity;
    if (next >= this.#deadlineTimerAt || this.#closed) return;
    this.#deadlineTimer?.[Symbol.dispose]();
    this.#deadlineTimerAt = next;
    this.#deadlineTimer = this.#clock.setTimer(
      () => this.#onDeadlines(),
      Math.max(1, next - this.#clock.now()),
    );
  }

  #onDeadlines(): void {
    this.#deadlineTimerAt = Infinity;
    const now = this.#clock.now();
    for (;;) {
      const connection = this.#heap.popDue(now);
      if (connection === undefined) break;
      connection.onDeadline(now);
    }
    this.#armDeadlineTimer();
  }
}
