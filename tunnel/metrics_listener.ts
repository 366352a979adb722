import { Duplex } from "node:stream";
import { createServer, type SecureContextOptions, type Server, type TLSSocket } from "node:tls";
import { type Clock, systemClock } from "./clock.ts";
import { connectionDeadlineMs, type ConnectionSlot } from "./connection_slots.ts";
import { closeQuietly, exchange } from "./http_exchange.ts";
import { expositionReply, type HttpReply, readOnlyReply, textReply } from "./http_reply.ts";
import type { HttpRequest } from "./http_request.ts";
import { readCertificate } from "./identity.ts";
import type { Logger } from "./log.ts";
import { metricsClientName, type MetricsRequestResult } from "./metrics_request.ts";
import { TcpAcceptor } from "./tcp_acceptor.ts";
import { checkTlsFiles, type TlsFilesReport } from "./tls_files.ts";
import { TlsConnection } from "./tls_connection.ts";
import { TokenBucket } from "./token_bucket.ts";

/** Where metrics are served over TLS, and to whom. */
export interface MetricsListenerConfig {
  /** Numeric address. */
  readonly hostname: string;
  /** TCP port; 0 takes any free one. */
  readonly port: number;
  /** PEM files of the certificate that the listener shows, and its key. */
  readonly certificateFile: string;
  readonly keyFile: string;
  /** PEM file of the authorities that issue clients' certificates. */
  readonly caFile: string;
  /** The client that is let in: its certificate must have the name {@linkcode metricsClientName}. */
  readonly client: string;
}

/** What the listener works with. */
export interface MetricsListenerOptions {
  /** The text for `/metrics`, in Prometheus' format 0.0.4. */
  exposition(): Promise<string>;
  /** Told how each connection has ended. */
  onResult?(result: MetricsRequestResult): void;
  /** Strangers can cause what it gets: give one that is rate-limited. */
  readonly logger: Logger;
  readonly clock?: Clock;
}

/**
 * Handshakes a second, and in one burst. Each takes up to 2 ms in which no packet is forwarded, so
 * strangers must not have many; a Prometheus has one in 15 s.
 */
const handshakesPerSecond = 10;
const handshakeBurst = 50;

/**
 * Serves `/metrics`, and nothing else, over TLS 1.2 or 1.3 to clients that prove who they are by a
 * certificate. A handshake counts as a part of its connection.
 *
 * TLS is Node's, as `Deno.listenTls` (2.9) can't ask for certificates, nor change its own.
 */
export class MetricsListener implements AsyncDisposable {
  readonly #config: MetricsListenerConfig;
  readonly #options: MetricsListenerOptions;
  readonly #clock: Clock;
  /** Gets connections from the acceptor, and never listens itself. */
  readonly #tls: Server;
  readonly #handshakes: TokenBucket;
  readonly #acceptor: TcpAcceptor;
  readonly #exchanges = new Set<Promise<void>>();
  #isClosing = false;

  private constructor(config: MetricsListenerConfig, options: MetricsListenerOptions) {
    const { logger, clock = systemClock } = options;
    this.#config = config;
    this.#options = options;
    this.#clock = clock;
    this.#tls = createServer({
      ...secureContext(config),
      requestCert: true,
      rejectUnauthorized: true,
      // Its timer keeps 14 KB of each handshake that has failed, for two minutes unless told this.
      handshakeTimeout: connectionDeadlineMs,
      // A client may end its side when it has asked.
      allowHalfOpen: true,
    });
    this.#tls.on("secureConnection", (socket) => this.#open(socket));
    this.#tls.on("tlsClientError", (error, socket) => this.#refuse(error, socket));
    this.#handshakes = new TokenBucket(handshakesPerSecond, clock.now(), handshakeBurst);
    this.#acceptor = new TcpAcceptor({
      ...{ name: "metrics", portFlag: "--metrics-tls-port", logger, clock },
      ...{ hostname: config.hostname, port: config.port },
      serve: (connection, slot) => this.#shakeHands(connection, slot),
    });
  }

  /**
   * Starts it.
   *
   * @throws ConfigError when a file or the address can't be used.
   */
  static start(config: MetricsListenerConfig, options: MetricsListenerOptions): MetricsListener {
    noteWarnings(checkFiles(config), options.logger);
    return new MetricsListener(config, options);
  }

  /** Where it listens. */
  get address(): { readonly hostname: string; readonly port: number } {
    return this.#acceptor.address;
  }

  /**
   * Reads the files again, for new connections.
   *
   * @throws ConfigError when one can't be used; then nothing has changed.
   */
  reload(): void {
    const report = checkFiles(this.#config);
    this.#tls.setSecureContext(secureContext(this.#config));
    noteWarnings(report, this.#options.logger);
  }

  /** Closes it, and its connections at once. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#isClosing = true;
    await this.#acceptor[Symbol.asyncDispose]();
    await Promise.all(this.#exchanges);
  }

  /** Resolves when the connection has ended, whatever became of its handshake. */
  async #shakeHands(connection: Deno.TcpConn, { isCut }: ConnectionSlot): Promise<void> {
    if (!this.#handshakes.take(this.#clock.now())) {
      closeQuietly(connection);
      this.#options.onResult?.("no_handshake");
      this.#options.logger.warn("metrics_handshakes_limited", { perSecond: handshakesPerSecond });
      return;
    }
    connection.setNoDelay();
    // Deno's streams are the web's but for their types.
    const { readable, writable } = connection as unknown as Parameters<typeof Duplex.fromWeb>[0];
    const stream = Duplex.fromWeb({ readable, writable }, { allowHalfOpen: true });
    const closed = new Promise<void>((resolve) => stream.once("close", resolve));
    // What happens to it, the TLS on it tells.
    stream.on("error", () => {});
    void isCut.then(() => stream.destroy());
    this.#tls.emit("connection", stream);
    await closed;
    closeQuietly(connection);
  }

  #open(socket: TLSSocket): void {
    // Reads and writes tell it as well; without a listener it would end the process.
    socket.on("error", () => {});
    const served = this.#serve(socket).finally(() => this.#exchanges.delete(served));
    this.#exchanges.add(served);
  }

  async #serve(socket: TLSSocket): Promise<void> {
    const isCut = new Promise<void>((resolve) => socket.once("close", () => resolve()));
    const names = socket.authorized ? namesOf(socket) : [];
    const isAdmitted = names.includes(metricsClientName(this.#config.client));
    const status = await exchange(
      new TlsConnection(socket),
      isCut,
      (request) => isAdmitted ? this.#answer(request) : Promise.resolve(notForMetrics),
    );
    const result = !isAdmitted ? "forbidden" : status === 200 ? "answered" : "failed";
    this.#options.onResult?.(result);
    if (isAdmitted) return;
    this.#options.logger.warn("metrics_client_forbidden", {
      names,
      rule: `its certificate must have the name ${metricsClientName(this.#config.client)}`,
    });
  }

  #refuse(error: Error, socket: TLSSocket): void {
    socket.destroy();
    if (this.#isClosing) return;
    this.#options.onResult?.("no_handshake");
    this.#options.logger.warn("metrics_client_refused", { reason: error.message });
  }

  async #answer({ method, path }: HttpRequest): Promise<HttpReply> {
    if (path !== "/metrics") return textReply(404, "Not found; there is /metrics\n");
    if (method !== "GET" && method !== "HEAD") return readOnlyReply;
    try {
      return expositionReply(await this.#options.exposition());
    } catch (error) {
      this.#options.logger.error("metrics_request_failed", { error });
      return textReply(500, "Cannot answer as making the answer failed; see the log\n");
    }
  }
}

/** The DNS names in the certificate of a client; none where it can't be read. */
function namesOf(socket: TLSSocket): readonly string[] {
  // Node's types promise more than the empty object that stands for no certificate.
  const { raw } = socket.getPeerCertificate() as { readonly raw?: Uint8Array };
  return raw === undefined ? [] : readCertificate(new Uint8Array(raw))?.dnsNames ?? [];
}

const notForMetrics = textReply(
  403,
  "Cannot show metrics as the client's certificate is not for them\n",
);

function checkFiles({ certificateFile, keyFile, caFile }: MetricsListenerConfig): TlsFilesReport {
  return checkTlsFiles({ identity: { certificateFile, keyFile }, caFile });
}

function noteWarnings({ warnings }: TlsFilesReport, logger: Logger): void {
  for (const warning of warnings) logger.warn("tls_files", { warning });
}

function secureContext(
  { certificateFile, keyFile, caFile }: MetricsListenerConfig,
): SecureContextOptions {
  return {
    cert: Deno.readTextFileSync(certificateFile),
    key: Deno.readTextFileSync(keyFile),
    ca: Deno.readTextFileSync(caFile),
  };
}
