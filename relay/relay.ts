import { type Clock, systemClock } from "../tunnel/clock.ts";
import { ReceivedBatch } from "../tunnel/forwarding_time.ts";
import { Lifecycle, type LifecycleState, type ProcessControl } from "../tunnel/lifecycle.ts";
import { type Logger, silentLogger } from "../tunnel/log.ts";
import { type ProgramAdmin, startProgramAdmin } from "../tunnel/program_admin.ts";
import { type BuildInfo, observeProcess } from "../tunnel/process_metrics.ts";
import { formatSocketAddress, type SocketAddress } from "../tunnel/quic/address.ts";
import { maxHandshakes, maxQueuedDatagrams } from "../tunnel/quic/limits.ts";
import { RateLimitedLogger } from "../tunnel/rate_limited_log.ts";
import { checkTlsFiles, type TlsFilesReport } from "../tunnel/tls_files.ts";
import { AddressTranslations } from "./address_translation.ts";
import { CertificateExpiry } from "./certificate_expiry.ts";
import { Clients, drainText } from "./clients.ts";
import { type RelayConfig, version } from "./config.ts";
import { Drain } from "./drain.ts";
import { observeEndpoints } from "./endpoint_metrics.ts";
import { FlowTables } from "./flow_table.ts";
import { maxAddresses, maxFlows, maxServices } from "./limits.ts";
import { Listeners } from "./listeners.ts";
import { createRelayMetrics, type RelayMetrics } from "./metrics.ts";
import { ObservedAddresses } from "./observed_address.ts";
import type { Peer } from "./peer.ts";
import { RegistrationDesk } from "./registration.ts";
import { Registry } from "./registry.ts";
import { Router } from "./router.ts";
import { ServiceMetrics } from "./service_metrics.ts";
import { DiscardedSignaling } from "./signaling.ts";
import { type RelayStatus, relayStatus } from "./status.ts";

/** What a relay takes from its surroundings; all of it has a default. */
export interface RelayOptions {
  readonly clock?: Clock;
  /** Milliseconds since 1970, for the ends of certificates. */
  readonly wallClock?: () => number;
  readonly logger?: Logger;
  /** Signals to act on; none by default. */
  readonly control?: ProcessControl;
  /** Told after every change of phase or readiness. Must not throw. */
  readonly onChange?: (state: LifecycleState) => void;
  /** Names this process in connection IDs, 4 bytes; random by default. */
  readonly instance?: Uint8Array;
  /** ID of the release, for `/status`; `dev` by default. */
  readonly release?: string;
}

/** The text of the close that clients get at shutdown (protocol section 8.1). */
const shutdownText = "server shutting down";

const noSignals: ProcessControl = {
  addSignalListener(): void {},
  removeSignalListener(): void {},
  exit(): void {},
};

/** A running relay. */
export class Relay implements AsyncDisposable {
  readonly #config: RelayConfig;
  readonly #clock: Clock;
  readonly #logger: Logger;
  readonly #build: BuildInfo;
  readonly #startedAtMs: number;
  readonly #listeners: Listeners;
  readonly #lifecycle: Lifecycle;
  readonly #registry: Registry<Peer>;
  readonly #clients: Clients;
  readonly #drain = new Drain();
  readonly #strangers: RateLimitedLogger;
  #admin: ProgramAdmin | undefined;

  /** What it measures. */
  readonly metrics: RelayMetrics;

  private constructor(config: RelayConfig, options: RelayOptions, tls: TlsFilesReport) {
    const { clock = systemClock, logger = silentLogger, wallClock = Date.now } = options;
    this.#config = config;
    this.#clock = clock;
    this.#logger = logger;
    this.#startedAtMs = clock.now();
    const strangers = this.#strangers = new RateLimitedLogger(logger, { clock });
    const metrics = this.metrics = createRelayMetrics();
    const registry = this.#registry = new Registry<Peer>(undefined, new ServiceMetrics(metrics));
    const onLimit = (limit: string): void => metrics.counter.limitsReached.labels({ limit }).inc();
    const flows = new FlowTables<Peer>(clock, { onLimit });
    const addresses = new AddressTranslations(() => clock.now(), Math.random);
    const expiry = new CertificateExpiry(clock, wallClock);
    const observedAddresses = new ObservedAddresses(clock, metrics.counter.observedAddresses);
    const { requireClientCertificate } = config;
    const drain = this.#drain;
    const desk = new RegistrationDesk({
      registry,
      requireClientCertificate,
      drain,
      metrics,
      logger: strangers,
      clock,
    });
    const router = new Router({
      flows,
      addresses,
      metrics,
      seed: crypto.getRandomValues(new Uint32Array(1))[0]!,
      onRegistration: (sender, message) => desk.handle(sender, message),
    });
    const clients = this.#clients = new Clients({
      requireClientCertificate,
      registry,
      router,
      observedAddresses,
      signaling: new DiscardedSignaling(metrics.counter.signalingDiscardedBytes),
      expiry,
      drain,
      metrics,
      logger: strangers,
      clock,
    });

    const { instance } = options;
    const forwarding = {
      batch: new ReceivedBatch(),
      onSample: (ms: number): void => metrics.histogram.forwarding.observe(ms / 1000),
    };
    this.#listeners = Listeners.bind(
      config,
      { ...instance && { instance }, forwarding, clock, logger },
      clients,
    );
    this.#build = {
      version,
      release: options.release ?? "dev",
      instance: this.#listeners.instance.toHex(),
    };
    const { control = noSignals, onChange } = options;
    this.#lifecycle = new Lifecycle({ logger, clock, control, ...onChange && { onChange } });
    const processMetrics = observeProcess(metrics, this.#build, { clock });

    observeEndpoints(metrics, this.#listeners);
    metrics.gauge.uptimeSeconds.observe(() => (clock.now() - this.#startedAtMs) / 1000);
    metrics.gauge.ready.observe(() => this.#lifecycle.readiness().ready ? 1 : 0);
    metrics.gauge.draining.observe(() => drain.isDraining ? 1 : 0);
    metrics.gauge.agents.observe(() => registry.agentCount);
    metrics.gauge.connectors.observe(() => registry.connectorCount);
    metrics.gauge.services.observe(() => registry.services.size);
    metrics.gauge.flows.observe(() => flows.size);
    metrics.gauge.addresses.observe(() => addresses.activeCount);
    metrics.gauge.quarantinedAddresses.observe(() => addresses.quarantinedCount);
    this.#showLimits();
    this.#noteTlsFiles(tls);

    // Steps run from the last to the first: the admin endpoints answer until the end.
    this.#lifecycle.onShutdown("timers", () => {
      for (const part of [strangers, flows, expiry, observedAddresses, processMetrics]) {
        part[Symbol.dispose]();
      }
    });
    this.#lifecycle.onShutdown("admin endpoints", async () => {
      await this.#admin?.[Symbol.asyncDispose]();
    });
    this.#lifecycle.onShutdown("connections", async () => {
      drain.begin(new Date(wallClock()), clients.size);
      await this.#listeners.close(0, shutdownText, config.drainTimeoutMs);
    });
    this.#lifecycle.onWindDown("new clients", () => {
      drain.begin(new Date(wallClock()), clients.size);
      this.#listeners.refuseNewConnections(drainText);
    });
    this.#lifecycle.onReload("TLS files", () => this.#reloadTls());
  }

  /**
   * Starts a relay; it takes clients when this resolves.
   *
   * @throws ConfigError when a file, an address or a port can't be used; then nothing runs.
   */
  static async start(config: RelayConfig, options: RelayOptions = {}): Promise<Relay> {
    const relay = new Relay(config, options, checkTlsFiles(tlsFilesOf(config)));
    try {
      await relay.#startAdmin();
    } catch (error) {
      await relay.close();
      throw error;
    }
    relay.#announce();
    relay.#lifecycle.setReady();
    return relay;
  }

  /** Where clients reach it: the first of its addresses. */
  get address(): SocketAddress {
    return this.#listeners.addresses[0]!;
  }

  /** All addresses where clients reach it. */
  get addresses(): SocketAddress[] {
    return this.#listeners.addresses;
  }

  /** Where the admin endpoints are; `undefined` when they are off. */
  get adminAddress(): SocketAddress | undefined {
    return this.#admin?.address;
  }

  /** Where metrics are served over TLS; `undefined` when they are not. */
  get metricsAddress(): SocketAddress | undefined {
    return this.#admin?.metricsAddress;
  }

  /** Resolves with the exit code when it has stopped. */
  get stopped(): Promise<number> {
    return this.#lifecycle.stopped;
  }

  /** What `/status` answers. */
  status(): RelayStatus {
    return relayStatus({
      build: this.#build,
      lifecycle: this.#lifecycle,
      registry: this.#registry,
      connections: this.#listeners.total(({ stats }) => stats.connections),
      clients: this.#clients.size,
      refusedConnections: this.#listeners.total(({ stats }) => stats.refusalsSent),
      drain: this.#drain,
      requireClientCertificate: this.#config.requireClientCertificate,
      nowMs: this.#clock.now(),
      startedAtMs: this.#startedAtMs,
    });
  }

  /** Reads the TLS files again, for new connections, as SIGHUP does. Never rejects. */
  reload(): Promise<void> {
    return this.#lifecycle.reload();
  }

  /**
   * Takes no new clients and no new registrations from now on, and serves those that are there, as
   * SIGUSR2 does. Never rejects.
   */
  windDown(reason: string): Promise<void> {
    return this.#lifecycle.windDown(reason);
  }

  /** Closes all connections, waits for their end within the drain timeout, and stops. */
  async close(): Promise<void> {
    await this.#lifecycle.drain("closed");
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #startAdmin(): Promise<void> {
    this.#admin = await startProgramAdmin({
      address: this.#config.admin,
      metricsListener: this.#config.metricsListener,
      lifecycle: this.#lifecycle,
      metrics: this.metrics,
      readiness: () => this.#lifecycle.readiness(),
      status: () => this.status(),
      logger: this.#logger,
      strangers: this.#strangers,
      clock: this.#clock,
    });
  }

  #announce(): void {
    const { requireClientCertificate, retry, retryKey } = this.#config;
    this.#logger.info("relay_started", {
      address: this.addresses.map(formatSocketAddress).join(" "),
      admin: this.adminAddress === undefined ? "off" : formatSocketAddress(this.adminAddress),
      ...this.metricsAddress && { metricsTls: formatSocketAddress(this.metricsAddress) },
      ...this.#build,
      requireClientCert: requireClientCertificate,
      retry: retry ? (retryKey === undefined ? "random key" : "shared key") : "off",
    });
    if (requireClientCertificate) return;
    this.#logger.warn("client_certificates_not_required", {
      consequence: "whoever reaches this relay without a certificate may use and provide every " +
        "service",
      remedy: 'give clients certificates and start with "--require-client-cert"',
    });
  }

  /** The bounds that a gauge can be compared with. */
  #showLimits(): void {
    const { gauge } = this.metrics;
    const endpoints = this.#listeners.endpoints.length;
    gauge.connectionsLimit.set(endpoints * this.#config.maxConnections);
    gauge.handshakingConnectionsLimit.set(endpoints * maxHandshakes);
    gauge.waitingDatagramsLimit.set(endpoints * maxQueuedDatagrams);
    gauge.servicesLimit.set(maxServices);
    gauge.flowsLimit.set(maxFlows);
    gauge.addressesLimit.set(maxAddresses);
  }

  #reloadTls(): void {
    const reloads = this.metrics.counter.tlsReloads;
    try {
      const report = checkTlsFiles(tlsFilesOf(this.#config));
      this.#listeners.reloadTls();
      this.#noteTlsFiles(report);
    } catch (error) {
      reloads.labels({ result: "failed" }).inc();
      throw error;
    }
    reloads.labels({ result: "succeeded" }).inc();
  }

  #noteTlsFiles({ certificate, warnings }: TlsFilesReport): void {
    for (const warning of warnings) this.#logger.warn("tls_files", { warning });
    if (certificate !== undefined) {
      this.metrics.gauge.certificateExpiry.set(certificate.notAfter / 1000);
    }
  }
}

function tlsFilesOf(config: RelayConfig): Parameters<typeof checkTlsFiles>[0] {
  const { certificateFile, keyFile, caFile } = config;
  return { identity: { certificateFile, keyFile }, caFile };
}
