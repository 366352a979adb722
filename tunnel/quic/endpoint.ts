import { type Clock, systemClock } from "../clock.ts";
import { ConfigError } from "../errors.ts";
import { untimed } from "../forwarding_time.ts";
import { silentLogger } from "../log.ts";
import { TokenBucket } from "../token_bucket.ts";
import { formatSocketAddress, type SocketAddress } from "./address.ts";
import { Admission } from "./admission.ts";
import { QuicConnection } from "./connection.ts";
import type { ConnectionHandler } from "./connection_handler.ts";
import type { ConnectionHost } from "./connection_host.ts";
import {
  connectionIdInstance,
  ConnectionIdIssuer,
  instanceLength,
  resetTokenInteger,
} from "./connection_id.ts";
import { ConnectionTable } from "./connection_table.ts";
import { DeadlineTimer } from "./deadline_timer.ts";
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
  parseLongHeader,
} from "./packet_header.ts";
import { type NativeConfig, type NativeConnection, quiche } from "./quiche.ts";
import { canonicalSocketAddress } from "./sockaddr.ts";
import type { ConnectOptions, EndpointOptions, ServerOptions } from "./endpoint_options.ts";
import { writeRetry, writeStatelessReset } from "./stateless_reply.ts";
import { type ClientTls, createClientConfig, createServerConfig } from "./tls_config.ts";
import { UdpSocket } from "./udp_socket.ts";

/** Connections are told apart across endpoints too: a program may have several. */
let nextConnectionId = 1;

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
  readonly #deadlines: DeadlineTimer<QuicConnection>;
  readonly #statelessReplies: TokenBucket;
  readonly #addressChanges: TokenBucket;
  readonly #admission: Admission;

  #closed = false;
  /** What `close` still waits for. */
  readonly #closingConnections = new Set<QuicConnection>();
  readonly #closeWaiters: (() => void)[] = [];
  /** Ends when the socket is closed and its port is free. */
  readonly #reception: Promise<void>;

  private constructor(options: EndpointOptions, config: NativeConfig | undefined) {
    const { hostname, port, server, clock = systemClock } = options;
    this.#clock = clock;
    this.#server = server;
    this.#serverConfig = config;
    this.#sendsResets = options.resetKey !== undefined;
    this.#issuer = new ConnectionIdIssuer(
      options.instance ?? crypto.getRandomValues(new Uint8Array(instanceLength)),
      options.resetKey ?? crypto.getRandomValues(new Uint8Array(32)),
    );
    const now = clock.now();
    this.#statelessReplies = new TokenBucket(limits.statelessRepliesPerSecond, now);
    this.#addressChanges = new TokenBucket(limits.addressChangesPerSecond, now);
    this.#admission = new Admission({
      maxConnections: server && (server.maxConnections ?? limits.maxConnections),
      stats: this.stats,
      statelessReplies: this.#statelessReplies,
      issueConnectionId: () => this.#issuer.issue(),
      reply: (to, write) => this.#reply(to, write),
      nowMs: now,
    });
    this.#socket = UdpSocket.bind({ hostname, port });
    this.#output = new OutputQueue(clock);
    this.#deadlines = new DeadlineTimer(clock);
    this.#socket.onWritable = () => this.#output.flushSoon();
    this.address = this.#socket.address;
    this.#localAddress = {
      hostname: server?.externalHostname ?? this.address.hostname,
      port: this.address.port,
    };
    this.#host = this.#createHost(options);
    this.#reception = this.#socket.receive(
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

  /** What the system holds for the socket; `undefined` where it does not tell. */
  socketMemory(): ReturnType<UdpSocket["memory"]> {
    return this.#socket.memory();
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
   * @throws {ConfigError} when a TLS file cannot be used, or the address is not numeric.
   */
  connect(options: ConnectOptions): QuicConnection {
    const { serverName, tls, handler } = options;
    if (this.#closed) throw new ConfigError("Cannot connect as the endpoint is closed");
    const remote = canonicalSocketAddress(options.remote);
    if (remote === undefined) {
      throw new ConfigError(
        `Cannot connect to "${options.remote.hostname}" as it must be a numeric address`,
      );
    }
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
    this.#admission.close();
  }

  /**
   * Tells new clients from now on, in one packet, that they are refused, so that they go elsewhere
   * at once. Connections that exist stay, those whose handshake is under way included.
   *
   * @param reason For people, in ASCII, at most 63 characters.
   */
  refuseNewConnections(reason: string): void {
    this.#admission.refuse(reason);
  }

  /**
   * Closes all connections, waits until they have told their peers (at most `graceMs`), and closes
   * the socket.
   */
  async close(code: number, reason: string, graceMs: number): Promise<void> {
    if (this.#closed) return await this.#reception;
    this.stopAccepting();
    for (const connection of this.#connections) {
      // Half-open ones would be waited for longest, and have nothing to lose.
      if (connection.isEstablished) this.#closingConnections.add(connection);
      connection.close(code, reason);
    }
    this.#output.flush();
    if (this.#closingConnections.size > 0 && graceMs > 0) {
      const { promise, resolve } = Promise.withResolvers<void>();
      this.#closeWaiters.push(resolve);
      using _timer = this.#clock.setTimer(resolve, graceMs);
      await promise;
    }
    this.#shut();
    await this.#reception;
  }

  /** Closes at once: peers are told, but nothing is waited for. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close(0, "", 0);
  }

  #shut(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#output.close();
    this.#deadlines[Symbol.dispose]();
    this.#socket.close();
    for (const connection of this.#connections) connection.abandon();
    this.#endCloseWait();
  }

  #endCloseWait(): void {
    for (const resolve of this.#closeWaiters) resolve();
  }

  #createHost(options: EndpointOptions): ConnectionHost {
    const { connectionIdRotationMs: rotationMs = limits.connectionIdRotationMs } = options;
    return {
      clock: this.#clock,
      socket: this.#socket,
      stats: this.stats,
      logger: options.logger ?? silentLogger,
      forwarding: options.forwarding ?? untimed(),
      rotationMs,
      mayQueueDatagram: () => this.stats.datagramsWaiting < limits.maxQueuedDatagrams,
      scheduleFlush: (connection) => this.#output.schedule(connection),
      scheduleAcknowledgment: (connection) => this.#output.scheduleAcknowledgment(connection),
      setDeadline: (connection, deadline) => this.#deadlines.set(connection, deadline),
      issueConnectionId: (connection, sibling) => {
        const cid = this.#issueFreeCid(sibling);
        this.#table.add(cid, connection);
        return { cid, resetToken: resetTokenInteger(this.#issuer.resetToken(cid)) };
      },
      retireConnectionId: (cid) => this.#table.delete(cid),
      released: (connection) => this.#release(connection),
    };
  }

  #issueFreeCid(sibling?: Uint8Array): Uint8Array {
    for (;;) {
      const cid = sibling === undefined ? this.#issuer.issue() : this.#issuer.issueFor(sibling);
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
      id: nextConnectionId++,
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
    this.stats.handshaking += 1;
    return connection;
  }

  #release(connection: QuicConnection): void {
    const chosen = this.#chosenCids.get(connection);
    if (chosen !== undefined) {
      this.#chosenCids.delete(connection);
      this.#table.deleteChosen(chosen);
    }
    this.#connections.delete(connection);
    this.stats.connections = this.#connections.size;
    if (!connection.isServer) {
      const key = formatSocketAddress(connection.remoteAddress);
      const siblings = this.#clientsByRemote.get(key);
      siblings?.delete(connection);
      if (siblings?.size === 0) this.#clientsByRemote.delete(key);
    }
    this.#closingConnections.delete(connection);
    if (this.#closingConnections.size === 0) this.#endCloseWait();
  }

  // Receiving

  #onPacket(data: Uint8Array<ArrayBuffer>, from: SocketAddress): void {
    if (this.#output.beginTurn()) this.#host.forwarding.batch.begin(this.#clock.now());
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
    if (from.port !== known.port || from.hostname !== known.hostname) {
      // Servers don't move (RFC 9000 section 9).
      if (!connection.isServer) return this.#drop("foreign_address");
      if (!this.#addressChanges.take(this.#clock.now())) return this.#drop("address_change_limit");
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
    const cid = data.subarray(1, 1 + limits.connectionIdLength);
    // The first for quiche, the second as RFC 9000 has it; together they stay the shorter ones.
    const tokens = [this.#issuer.firstResetToken(cid), this.#issuer.resetToken(cid)];
    let room = data.length;
    for (const token of tokens) {
      let length = 0;
      this.#reply(from, (buffer) => length = writeStatelessReset(token, room, buffer));
      if (length > 0) this.stats.statelessResetsSent += 1;
      room -= length;
    }
  }

  /** Sends what `write` has written; false when it was nothing, or the socket is full. */
  #reply(to: SocketAddress, write: (buffer: Uint8Array) => number): boolean {
    const buffer = this.#socket.acquireBuffer();
    if (buffer === undefined) return false;
    let length = 0;
    try {
      length = write(buffer);
    } catch {
      // The binding refuses what it cannot answer; so do we.
    }
    if (length === 0) this.#socket.releaseBuffer(buffer);
    else this.#socket.send(buffer, length, to);
    return length > 0;
  }

  #onLongHeader(data: Uint8Array, from: SocketAddress): void {
    const header = parseLongHeader(data);
    if (header === undefined) return this.#drop("unparsable");
    const connection = this.#table.findAny(header.destinationCid);
    if (connection !== undefined) return this.#deliver(connection, data, from);
    const reason = this.#admission.judge(header, data.length, from, this.#clock.now());
    if (reason !== undefined) return this.#drop(reason);
    this.#accept(header, data, from);
  }

  #accept(header: LongHeader, data: Uint8Array, from: SocketAddress): void {
    const { retry, handler } = this.#server!;
    let sourceCid: Uint8Array;
    let originalCid: Uint8Array | undefined;
    if (retry === undefined) {
      sourceCid = this.#issueFreeCid();
    } else if (header.token.length === 0) {
      const token = retry.seal(from, header.destinationCid);
      const cid = this.#issuer.issue();
      const isSent = this.#reply(from, (buffer) => writeRetry(header, cid, token, buffer));
      if (isSent) this.stats.retriesSent += 1;
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
    // quiche has 128 bytes for the transport parameters: after a Retry the token fits beside the
    // IDs only if the client's has at most 16 bytes, as quiche's own clients' have.
    const hasRoom = originalCid === undefined || originalCid.length <= 16;
    config.setStatelessResetToken(
      hasRoom ? resetTokenInteger(this.#issuer.firstResetToken(sourceCid)) : null,
    );
    const native = quiche.Connection.accept(
      sourceCid,
      originalCid,
      { host: this.#localAddress.hostname, port: this.#localAddress.port },
      { host: from.hostname, port: from.port },
      config,
    );
    const connection = this.#addConnection(native, handler, from, sourceCid, true);
    if (retry === undefined) {
      // A repeated first packet must find this connection, however late (fault LR16).
      const chosen = header.destinationCid.slice();
      this.#chosenCids.set(connection, chosen);
      this.#table.addChosen(chosen, connection);
    }
    connection.receive(data, from);
  }
}
