import { type Clock, systemClock } from "../tunnel/clock.ts";
import { type ForwardingTimes, ReceivedBatch } from "../tunnel/forwarding_time.ts";
import { Lifecycle, type LifecycleState, type ProcessControl } from "../tunnel/lifecycle.ts";
import { type Logger, silentLogger } from "../tunnel/log.ts";
import { createMetrics } from "../tunnel/metrics.ts";
import { type ProgramAdmin, startProgramAdmin } from "../tunnel/program_admin.ts";
import { type BuildInfo, observeProcess } from "../tunnel/process_metrics.ts";
import { formatSocketAddress, type SocketAddress } from "../tunnel/quic/address.ts";
import { datagramSendQueueLength } from "../tunnel/quic/limits.ts";
import type { ClientTls } from "../tunnel/quic/tls_config.ts";
import { RateLimitedLogger } from "../tunnel/rate_limited_log.ts";
import { checkTlsFiles, type TlsFilesReport } from "../tunnel/tls_files.ts";
import { Backend } from "./backend.ts";
import { type ConnectorConfig, version } from "./config.ts";
import { type ConnectorLimits, connectorLimits } from "./limits.ts";
import { type Lookup, lookupWithSystem } from "./lookup.ts";
import { connectorMetrics } from "./metrics.ts";
import { QuicDialer } from "./relay_dialer.ts";
import { Service } from "./service.ts";
import type { ServiceConfig } from "./service_config.ts";
import { type ConnectorMetrics, ServiceMetrics } from "./service_metrics.ts";
import {
  type ConnectorStatus,
  drainStatus,
  seconds,
  serviceStatus,
  unregisteredReason,
} from "./status.ts";
import { formatTarget } from "./target.ts";
import type { TcpHandler } from "./tcp/tcp_handler.ts";
import { UdpForwarder } from "./udp.ts";
import { Uplink } from "./uplink.ts";
import { UplinkObserver } from "./uplink_observer.ts";

/** What a connector takes from its surroundings; all of it has a default. */
export interface ConnectorOptions {
  readonly clock?: Clock;
  /** Milliseconds since 1970, for `/status`. */
  readonly wallClock?: () => number;
  /** Jitter of the back-offs; `Math.random` by default. */
  readonly random?: () => number;
  readonly logger?: Logger;
  /** Signals to act on; none by default. */
  readonly control?: ProcessControl;
  /** Told after every change of phase or readiness. Must not throw. */
  readonly onChange?: (state: LifecycleState) => void;
  /** ID of the release, for `/status`; `dev` by default. */
  readonly release?: string;
  /** Bounds and timings that differ from the usual ones. */
  readonly limits?: Partial<ConnectorLimits>;
  /** How names are resolved; the system's resolver by default. */
  readonly lookup?: Lookup;
  /** Carries TCP; without it, TCP is dropped. */
  readonly tcp?: TcpHandler;
}

const noSignals: ProcessControl = {
  addSignalListener(): void {},
  removeSignalListener(): void {},
  exit(): void {},
};

/** Label combinations of one metric for each service: reasons, causes, kinds. */
const seriesPerService = 40;

/** A running connector. */
export class Connector implements AsyncDisposable {
  /** What it measures. */
  readonly metrics: ConnectorMetrics;
  readonly #config: ConnectorConfig;
  readonly #clock: Clock;
  readonly #logger: Logger;
  readonly #build: BuildInfo;
  readonly #startedAtMs: number;
  readonly #lifecycle: Lifecycle;
  readonly #dialer: QuicDialer;
  readonly #udp: UdpForwarder;
  readonly #observer: UplinkObserver;
  readonly #uplinks: readonly Uplink[];
  #drainingSince: Date | undefined;
  readonly #strangers: RateLimitedLogger;
  #admin: ProgramAdmin | undefined;

  private constructor(config: ConnectorConfig, options: ConnectorOptions) {
    const { clock = systemClock, logger = silentLogger, lookup = lookupWithSystem } = options;
    const { wallClock = Date.now } = options;
    const limits: ConnectorLimits = {
      ...connectorLimits,
      ...config.maxUdpFlows !== undefined && {
        udpFlows: config.maxUdpFlows,
        udpFlowsPerSource: Math.ceil(config.maxUdpFlows / 4),
      },
      ...options.limits,
    };
    this.#config = config;
    this.#clock = clock;
    this.#logger = logger;
    this.#startedAtMs = clock.now();
    this.#build = {
      version,
      release: options.release ?? "dev",
      instance: crypto.getRandomValues(new Uint8Array(4)).toHex(),
    };
    const metrics = this.metrics = createMetrics(connectorMetrics, {
      maxSeriesPerMetric: Math.max(200, config.services.length * seriesPerService),
      labelValues: { service: config.services.map(({ id }) => id) },
    });
    const { control = noSignals, onChange } = options;
    this.#lifecycle = new Lifecycle({ logger, clock, control, ...onChange && { onChange } });
    const strangers = this.#strangers = new RateLimitedLogger(logger, { clock });
    const processMetrics = observeProcess(metrics, this.#build, { clock });
    const batch = new ReceivedBatch();
    const timed = (direction: "to_backend" | "to_agent"): ForwardingTimes => {
      const times = metrics.histogram.forwarding.labels({ direction });
      return { batch, onSample: (ms) => times.observe(ms / 1000) };
    };
    this.#dialer = new QuicDialer({
      tls: tlsOf(config),
      serverName: config.serverName,
      forwarding: timed("to_agent"),
      clock,
      logger: strangers,
    });
    const udp = this.#udp = new UdpForwarder({ clock, limits, forwarding: timed("to_backend") });
    this.#observer = new UplinkObserver({
      metrics,
      logger,
      anyRegistered: () => this.#uplinks.some(({ state }) => state === "registered"),
    });
    const shared = { udp, tcp: options.tcp, limits, lookup, clock, logger: strangers };
    this.#uplinks = config.services.map((service) =>
      new Uplink({
        service: createService(service, metrics, shared),
        target: config.server,
        dialer: this.#dialer,
        lookup,
        clock,
        random: options.random ?? Math.random,
        limits,
        onEvent: (uplink, event) => {
          this.#observer.onEvent(uplink, event);
          if (event.type === "state") this.#updateReadiness();
        },
        onObservedAddress: (uplink, address) => this.#observer.onObservedAddress(uplink, address),
      })
    );
    this.#observeMetrics(limits);

    // Steps run from the last to the first: the admin endpoints answer until the end.
    this.#lifecycle.onShutdown("timers", () => {
      strangers[Symbol.dispose]();
      processMetrics[Symbol.dispose]();
    });
    this.#lifecycle.onShutdown("admin endpoints", async () => {
      await this.#admin?.[Symbol.asyncDispose]();
    });
    const noteDraining = (): void => {
      this.#drainingSince ??= new Date(wallClock());
    };
    this.#lifecycle.onShutdown("relay connections", async () => {
      noteDraining();
      await Promise.all(this.#uplinks.map((uplink) => uplink.stop()));
    });
    this.#lifecycle.onWindDown("status", noteDraining);
    this.#lifecycle.onReload("TLS files", () => this.#reloadTls());
  }

  /**
   * Starts a connector. It resolves when the admin endpoints listen; the services register in the
   * background, for as long as it takes: see {@linkcode readiness}.
   *
   * @throws ConfigError when a file or the admin port can't be used; then nothing runs.
   */
  static async start(
    config: ConnectorConfig,
    options: ConnectorOptions = {},
  ): Promise<Connector> {
    const report = checkTlsFiles(tlsFilesOf(config));
    checkTlsFiles({ identity: config.p2pIdentity });
    const connector = new Connector(config, options);
    try {
      connector.#noteTlsFiles(report);
      await connector.#startAdmin();
    } catch (error) {
      await connector.close();
      throw error;
    }
    connector.#announce();
    for (const uplink of connector.#uplinks) uplink.start();
    return connector;
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

  /** What `/readyz` answers: ready when every service is registered. */
  readiness(): { readonly ready: boolean; readonly reason?: string } {
    const { phase } = this.#lifecycle;
    if (phase === "draining" || phase === "stopped") return this.#lifecycle.readiness();
    const reason = unregisteredReason(this.#uplinks);
    return reason === undefined ? { ready: true } : { ready: false, reason };
  }

  /** What `/status` answers. */
  status(): ConnectorStatus {
    return {
      ...this.#build,
      uptimeSeconds: seconds(this.#clock.now() - this.#startedAtMs),
      ready: this.readiness().ready,
      phase: this.#lifecycle.phase,
      services: this.#uplinks.map(serviceStatus),
      drain: drainStatus(this.#drainingSince, this.#uplinks),
    };
  }

  /** Checks the TLS files that new connections will use, as SIGHUP does. Never rejects. */
  reload(): Promise<void> {
    return this.#lifecycle.reload();
  }

  /**
   * Is not ready any more, and serves on until it is closed, as SIGUSR2 has it. Never rejects.
   */
  windDown(reason: string): Promise<void> {
    return this.#lifecycle.windDown(reason);
  }

  /** Says goodbye to the relays and stops. */
  async close(): Promise<void> {
    await this.#lifecycle.drain("closed");
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  /** The lifecycle logs what changes, so it learns less than `/readyz` tells. */
  #updateReadiness(): void {
    const missing = this.#uplinks.filter(({ state }) => state !== "registered").length;
    if (missing === 0) this.#lifecycle.setReady();
    else if (this.#lifecycle.phase === "ready") {
      this.#lifecycle.setNotReady(`${missing} of ${this.#uplinks.length} services not registered`);
    }
  }

  #observeMetrics(limits: ConnectorLimits): void {
    const { gauge, counter } = this.metrics;
    const dialer = this.#dialer;
    const udp = this.#udp;
    gauge.uptime.observe(() => (this.#clock.now() - this.#startedAtMs) / 1000);
    gauge.udpFlowsLimit.set(limits.udpFlows);
    gauge.udpWaitingPackets.observe(() => udp.budget.waiting);
    gauge.udpWaitingPacketsLimit.set(limits.udpWaiting);
    for (const { id: service } of this.#config.services) {
      gauge.waitingDatagramsLimit.labels({ service }).set(datagramSendQueueLength);
    }
    for (const [side, sockets] of [["relay", dialer.sockets], ["backend", udp.sockets]] as const) {
      gauge.socketReceiveQueueBytes.labels({ side }).observe(() => sockets.memory()?.queuedBytes);
      gauge.socketReceiveBufferBytes.labels({ side }).observe(() => sockets.memory()?.bufferBytes);
      counter.socketDrops.labels({ side }).observe(() => sockets.memory()?.drops);
    }
    counter.sendErrors.observe(() => dialer.traffic().sendErrors);
    counter.handlerErrors.observe(() => dialer.traffic().handlerErrors);
    gauge.draining.observe(() => this.#drainingSince === undefined ? 0 : 1);
    gauge.ready.observe(() => this.readiness().ready ? 1 : 0);
    gauge.services.set(this.#uplinks.length);
    counter.quicPackets.labels({ direction: "sent" }).observe(() => dialer.traffic().packetsSent);
    counter.quicPackets.labels({ direction: "received" })
      .observe(() => dialer.traffic().packetsReceived);
    counter.quicBytes.labels({ direction: "sent" }).observe(() => dialer.traffic().bytesSent);
    counter.quicBytes.labels({ direction: "received" })
      .observe(() => dialer.traffic().bytesReceived);
    for (const uplink of this.#uplinks) this.#observer.add(uplink);
  }

  async #startAdmin(): Promise<void> {
    this.#admin = await startProgramAdmin({
      address: this.#config.admin,
      metricsListener: this.#config.metricsListener,
      lifecycle: this.#lifecycle,
      metrics: this.metrics,
      readiness: () => this.readiness(),
      status: () => this.status(),
      logger: this.#logger,
      strangers: this.#strangers,
      clock: this.#clock,
    });
  }

  #announce(): void {
    const { server, serverName, verifyPeer, identity, services, p2pIdentity } = this.#config;
    this.#logger.info("connector_started", {
      relay: formatTarget(server),
      serverName,
      admin: this.adminAddress === undefined ? "off" : formatSocketAddress(this.adminAddress),
      ...this.metricsAddress && { metricsTls: formatSocketAddress(this.metricsAddress) },
      ...this.#build,
      services: services.map(({ id, backend }) => `${id} -> ${formatTarget(backend)}`),
      clientCertificate: identity?.certificateFile ?? "none",
    });
    if (!verifyPeer) {
      this.#logger.warn("relay_not_verified", {
        consequence: "whoever can intercept its packets can be the relay",
        remedy: 'give the relay\'s CA with "--ca-cert" and leave "--no-verify-peer" out',
      });
    }
    if (p2pIdentity !== undefined) {
      this.#logger.warn("p2p_not_supported", {
        consequence: "agents reach this connector through the relay only",
      });
    }
    const tcpOnly = services.filter(({ protocol }) => protocol === "tcp").map(({ id }) => id);
    if (tcpOnly.length > 0) {
      this.#logger.warn("tcp_not_supported", {
        services: tcpOnly,
        consequence: "these services answer pings only",
      });
    }
  }

  /**
   * Every new connection reads the files itself; this tells now whether the next one will be able
   * to. Connections that exist stay as they are.
   */
  #reloadTls(): void {
    const reloads = this.metrics.counter.tlsReloads;
    try {
      this.#noteTlsFiles(checkTlsFiles(tlsFilesOf(this.#config)));
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

function createService(
  config: ServiceConfig,
  metrics: ConnectorMetrics,
  shared: {
    readonly udp: UdpForwarder;
    readonly tcp: TcpHandler | undefined;
    readonly limits: ConnectorLimits;
    readonly lookup: Lookup;
    readonly clock: Clock;
    readonly logger: Logger;
  },
): Service {
  const { udp, tcp, limits, lookup, clock } = shared;
  const { id, backend: target, protocol, serviceAddress } = config;
  const logger = shared.logger.child({ service: id });
  const serviceMetrics = new ServiceMetrics(metrics, id);
  const backend = new Backend({ target, lookup, clock, logger, observer: serviceMetrics, limits });
  // The first packet shall find an address.
  void backend.resolve();
  return new Service({
    id,
    backend,
    metrics: serviceMetrics,
    protocol,
    udp,
    tcp,
    serviceAddress,
    icmpRepliesPerSecond: limits.icmpRepliesPerSecond,
    clock,
    logger,
  });
}

function tlsOf({ identity, caFile, verifyPeer }: ConnectorConfig): ClientTls {
  return {
    verifyPeer,
    ...identity !== undefined && { identity },
    ...caFile !== undefined && { caFile },
  };
}

function tlsFilesOf({ identity, caFile }: ConnectorConfig): Parameters<typeof checkTlsFiles>[0] {
  return { identity, caFile };
}
