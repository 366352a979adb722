import type { ProbeReport, runProbe } from "../probe/probe.ts";
import type { ProbeTarget } from "../probe/target.ts";
import { verifyTunnel } from "../probe/verify_tunnel.ts";
import type { FleetHost, FleetService } from "./fleet.ts";
import type { FleetPaths } from "./fleet_paths.ts";
import { probeTargetOf } from "./probe_target.ts";

/** How often a watch sends, in ms: an outage is known to within two of these. */
const watchIntervalMs = 20;
/** How long a watch waits for a reply before the packet counts as lost, in ms. */
const watchLingerMs = 1000;
/** Services of a relay that are watched or verified; the others share their path. */
export const maxServicesProbed = 20;

/** How a tunnel is measured: 20 packets in 0.4 s, as a call's voice would be. */
export const tunnelMeasuring = {
  count: 20,
  intervalMs: 20,
  lingerMs: watchLingerMs,
  /** How long a relay may take to let the probe in. */
  connectTimeoutMs: 5000,
} as const;

/** What became of some packets. */
export interface TunnelMeasurement {
  readonly sent: number;
  readonly lost: number;
  /** 99th percentile of the round trips, in seconds; `null` when nothing came back. */
  readonly p99Seconds: number | null;
}

/** What was lost while a tunnel was watched. */
export interface WatchResult {
  readonly serviceId: string;
  readonly sent: number;
  readonly lost: number;
  readonly longestOutageMs: number;
}

/** A tunnel that packets are sent through until it is asked what became of them. */
export interface TunnelWatch {
  /** Ends the watch. Rejects with what ended it before. */
  stop(): Promise<WatchResult>;
}

/** Sends packets through the tunnels of a fleet, from this machine. */
export class TunnelProber {
  readonly #run: typeof runProbe;
  readonly #paths: FleetPaths;

  private constructor(run: typeof runProbe, paths: FleetPaths) {
    this.#run = run;
    this.#paths = paths;
  }

  /**
   * Loads the native QUIC library, which takes a moment.
   *
   * @throws where there is none for this platform; the message says so.
   */
  static async load(paths: FleetPaths): Promise<TunnelProber> {
    const { runProbe } = await import("../probe/probe.ts");
    return new TunnelProber(runProbe, paths);
  }

  /**
   * Waits until packets for a service come back, and counts 20 of them.
   *
   * @throws {TunnelError} when one is lost.
   */
  async verify(
    relay: FleetHost,
    service: FleetService,
    signal: AbortSignal,
    deadlineMs: number,
  ): Promise<void> {
    await verifyTunnel(this.#run, {
      target: this.#target(relay, service.id),
      protocols: [service.probe],
      advice: `service "${service.id}" by ${relay.name}; "deno task logs" shows what its relay ` +
        `and its connectors say`,
      signal,
      deadlineMs,
    });
  }

  /**
   * Sends some packets for a service, and tells what became of them, in about a second.
   *
   * @throws what `runProbe` throws when none can be sent, and the signal's reason.
   */
  async measure(
    relay: FleetHost,
    service: FleetService,
    signal: AbortSignal,
  ): Promise<TunnelMeasurement> {
    const { sent, lost, rttMs } = await this.#run({
      ...this.#target(relay, service.id),
      protocol: service.probe,
      ...tunnelMeasuring,
      signal,
    });
    signal.throwIfAborted();
    return { sent, lost, p99Seconds: rttMs.p99 === null ? null : rttMs.p99 / 1000 };
  }

  /**
   * The certificate that a relay presents, in DER, whether it is to be trusted or not.
   *
   * @throws {RelayUnreachableError} when it does not answer in time, and the signal's reason.
   */
  async certificateOf(relay: FleetHost, signal: AbortSignal): Promise<Uint8Array> {
    const { servedCertificate } = await import("../probe/served_certificate.ts");
    return await servedCertificate(this.#target(relay, ""), {
      timeoutMs: tunnelMeasuring.connectTimeoutMs,
      signal,
    });
  }

  /** Begins to send packets for a service, without an end; resolves when the first is sent. */
  async watch(relay: FleetHost, service: FleetService): Promise<TunnelWatch> {
    const end = new AbortController();
    const started = Promise.withResolvers<void>();
    const running = this.#run({
      ...this.#target(relay, service.id),
      protocol: service.probe,
      intervalMs: watchIntervalMs,
      lingerMs: watchLingerMs,
      signal: end.signal,
      onStart: () => started.resolve(),
    });
    // Whoever waits for the start, or stops the watch, hears of a failure.
    running.catch(started.reject);
    await started.promise;
    return {
      async stop(): Promise<WatchResult> {
        end.abort();
        return watchResult(service.id, await running);
      },
    };
  }

  #target(relay: FleetHost, serviceId: string): ProbeTarget {
    return probeTargetOf(this.#paths, relay, serviceId);
  }
}

function watchResult(serviceId: string, report: ProbeReport): WatchResult {
  const { sent, lost, longestOutageMs } = report;
  return { serviceId, sent, lost, longestOutageMs };
}
