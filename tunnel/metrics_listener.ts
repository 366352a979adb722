import type { AddressInfo, Socket } from "node:net";
import { createServer, type SecureContextOptions, type Server, type TLSSocket } from "node:tls";
import { type Clock, systemClock } from "./clock.ts";
import { connectionDeadlineMs, ConnectionSlots } from "./connection_slots.ts";
import { exchange } from "./http_exchange.ts";
import { expositionReply, type HttpReply, readOnlyReply, textReply } from "./http_reply.ts";
import type { HttpRequest } from "./http_request.ts";
import { readCertificate } from "./identity.ts";
import { listenError } from "./listen_error.ts";
import type { Logger } from "./log.ts";
import { metricsClientName, type MetricsRequestResult } from "./metrics_request.ts";
import { checkTlsFiles, type TlsFilesReport } from "./tls_files.ts";
import { TlsConnection } from "./tls_connection.ts";

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
 * Serves `/metrics`, and nothing else, over TLS 1.2 or 1.3 to clients that prove who they are by a
 * certificate. Bounds are those of the admin server; a handshake counts as a part of its connection.
 *
 * It is Node's TLS server, as `Deno.listenTls` (2.9) can't ask for certificates, nor change its own.
 */
export class MetricsListener implements AsyncDisposable {
  readonly #config: MetricsListenerConfig;
  readonly #options: MetricsListenerOptions;
  readonly #server: Server;
  readonly #slots: ConnectionSlots;
  readonly #served = new Set<Promise<void>>();
  #closed: Promise<void> | undefined;

  private constructor(config: MetricsListenerConfig, options: MetricsListenerOptions) {
    this.#config = config;
    this.#options = options;
    this.#slots = new ConnectionSlots(options.clock ?? systemClock);
    this.#server = createServer({
      ...secureContext(config),
      requestCert: true,
      rejectUnauthorized: true,
      handshakeTimeout: connectionDeadlineMs,
      // A client may end its side when it has asked.
      allowHalfOpen: true,
      noDelay: true,
    });
    this.#server.on("connection", (socket: Socket) => this.#accept(socket));
    this.#server.on("secureConnection", (socket) => this.#open(socket));
    this.#server.on("tlsClientError", (error, socket) => this.#refuse(error, socket));
  }

  /**
   * Starts it.
   *
   * @throws ConfigError when a file or the address can't be used.
   */
  static async start(
    config: MetricsListenerConfig,
    options: MetricsListenerOptions,
  ): Promise<MetricsListener> {
    noteWarnings(checkFiles(config), options.logger);
    const listener = new MetricsListener(config, options);
    await listener.#listen();
    return listener;
  }

  /** Where it listens. */
  get address(): { readonly hostname: string; readonly port: number } {
    const { address, port } = this.#server.address() as AddressInfo;
    return { hostname: address, port };
  }

  /**
   * Reads the files again, for new connections.
   *
   * @throws ConfigError when one can't be used; then nothing has changed.
   */
  reload(): void {
    const report = checkFiles(this.#config);
    this.#server.setSecureContext(secureContext(this.#config));
    noteWarnings(report, this.#options.logger);
  }

  /** Closes it, and its connections at once. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#closed ??= new Promise((resolve) => this.#server.close(() => resolve()));
    this.#slots.cutAll();
    await Promise.all(this.#served);
    await this.#closed;
  }

  #listen(): Promise<void> {
    const { hostname, port } = this.#config;
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    this.#server.once("error", (cause) => {
      const at = { server: "metrics listener", hostname, port, portFlag: "--metrics-tls-port" };
      reject(listenError(at, cause));
    });
    this.#server.listen({ host: hostname, port }, () => {
      this.#server.removeAllListeners("error");
      this.#server.on("error", (error) => {
        this.#options.logger.warn("metrics_accept_failed", { error });
      });
      resolve();
    });
    return promise;
  }

  /** From here on, before any TLS, a connection has its place and its time. */
  #accept(socket: Socket): void {
    const slot = this.#slots.take(() => socket.destroy());
    socket.once("close", () => slot[Symbol.dispose]());
  }

  #open(socket: TLSSocket): void {
    // Reads and writes tell it as well; without a listener it would end the process.
    socket.on("error", () => {});
    const served = this.#serve(socket).finally(() => this.#served.delete(served));
    this.#served.add(served);
  }

  async #serve(socket: TLSSocket): Promise<void> {
    const isCut = new Promise<void>((resolve) => socket.once("close", () => resolve()));
    const isAdmitted = socket.authorized && this.#admits(socket);
    const status = await exchange(
      new TlsConnection(socket),
      isCut,
      (request) => isAdmitted ? this.#answer(request) : Promise.resolve(notForMetrics),
    );
    const result = !isAdmitted ? "forbidden" : status === 200 ? "answered" : "failed";
    this.#options.onResult?.(result);
    if (!isAdmitted) {
      this.#options.logger.warn("metrics_client_forbidden", {
        address: socket.remoteAddress,
        rule: `its certificate must have the name ${metricsClientName(this.#config.client)}`,
      });
    }
  }

  #admits(socket: TLSSocket): boolean {
    // Node's types have no `raw` for the certificate of a client that has none: {}.
    const { raw } = socket.getPeerCertificate() as { raw?: Uint8Array };
    const contents = raw === undefined ? undefined : readCertificate(new Uint8Array(raw));
    return contents?.dnsNames.includes(metricsClientName(this.#config.client)) ?? false;
  }

  #refuse(error: Error, socket: TLSSocket): void {
    socket.destroy();
    if (this.#closed !== undefined) return;
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
