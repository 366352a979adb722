import { ZtnaError } from "../../tunnel/errors.ts";
import type { FleetEvent } from "../engine/run/event.ts";
import { type Fleet, type FleetHost, fleetHost, type FleetService, servicesOf } from "./fleet.ts";
import type { FleetPaths } from "./fleet_paths.ts";
import { maxServicesProbed, TunnelProber, type TunnelWatch } from "./tunnel.ts";

/**
 * How long the first packet may take to come back after a program has restarted, in ms: connectors
 * that have lost their relay try again within a second, but may first have to notice.
 */
const firstPacketDeadlineMs = 45_000;

/** What a {@linkcode TunnelVerifier} works with. */
export interface TunnelVerifierOptions {
  readonly fleet: Fleet;
  readonly paths: FleetPaths;
  /** Whether packets are sent at all (`--no-probe`). */
  readonly enabled: boolean;
  readonly emit: (event: FleetEvent) => void;
  readonly signal: AbortSignal;
}

/**
 * Shows that packets go through the tunnels of a fleet, by sending some from this machine. Knows
 * which services each relay had, so that a relay is not blamed for connectors that never were.
 */
export class TunnelVerifier {
  readonly #options: TunnelVerifierOptions;
  /** Services that were registered with each relay when it was last asked. */
  readonly #registered = new Map<string, ReadonlySet<string>>();
  /** `RELAY SERVICE` for each tunnel that has proved good since its ends last changed, or is about to. */
  readonly #verified = new Map<string, Promise<void>>();
  #prober: Promise<TunnelProber | undefined> | undefined;

  constructor(options: TunnelVerifierOptions) {
    this.#options = options;
  }

  /** Tells which services a relay has connectors for. */
  noteRegistered(relay: string, services: Iterable<string>): void {
    this.#registered.set(relay, new Set(services));
  }

  /**
   * Sends packets through every tunnel that a host has to do with, after it has changed.
   *
   * @throws {TunnelError} when they don't come back, and what else a probe throws.
   */
  async verifyHost(host: FleetHost): Promise<void> {
    const { fleet } = this.#options;
    if (host.relay !== undefined) {
      this.#forget(host.name);
      await this.#verify(host, this.#servicesBefore(host));
    }
    if (host.connector !== undefined) {
      const { relay, services } = host.connector;
      const ids = services.map(({ id }) => id);
      this.noteRegistered(relay, [...this.#registered.get(relay) ?? [], ...ids]);
      for (const id of ids) this.#verified.delete(`${relay} ${id}`);
      await this.#verify(fleetHost(fleet, relay), services);
    }
  }

  /**
   * The same for a host that has not changed: tunnels that have proved good since are not tried
   * again.
   *
   * @throws as {@linkcode verifyHost}.
   */
  async verifyUnchanged({ relay, connector, name }: FleetHost): Promise<void> {
    const { fleet } = this.#options;
    if (relay !== undefined) {
      const host = fleetHost(fleet, name);
      await this.#verify(host, this.#servicesBefore(host));
    }
    if (connector !== undefined) {
      await this.#verify(fleetHost(fleet, connector.relay), connector.services);
    }
  }

  /**
   * Begins to send packets through the tunnels that a host has to do with, as far as they work: what
   * does not work before can't be interrupted.
   */
  async watch(host: FleetHost): Promise<TunnelWatch[]> {
    const { fleet } = this.#options;
    const prober = await this.#load();
    if (prober === undefined) return [];
    const tunnels: { relay: FleetHost; service: FleetService }[] = [];
    if (host.relay !== undefined) {
      tunnels.push(...this.#servicesBefore(host).map((service) => ({ relay: host, service })));
    }
    if (host.connector !== undefined) {
      const relay = fleetHost(fleet, host.connector.relay);
      const services = this.#servicesBefore(relay).filter(({ id }) =>
        host.connector!.services.some((service) => service.id === id)
      );
      tunnels.push(...services.map((service) => ({ relay, service })));
    }
    const started = await Promise.allSettled(
      tunnels.slice(0, maxServicesProbed).map(({ relay, service }) => prober.watch(relay, service)),
    );
    return started.flatMap((watch) => watch.status === "fulfilled" ? [watch.value] : []);
  }

  #servicesBefore(relay: FleetHost): FleetService[] {
    const registered = this.#registered.get(relay.name);
    return servicesOf(this.#options.fleet, relay.name).filter(({ id }) => registered?.has(id));
  }

  #forget(relay: string): void {
    for (const key of this.#verified.keys()) {
      if (key.startsWith(`${relay} `)) this.#verified.delete(key);
    }
  }

  async #verify(relay: FleetHost, services: readonly FleetService[]): Promise<void> {
    if (services.length === 0) return;
    const prober = await this.#load();
    if (prober === undefined) return;
    const { signal } = this.#options;
    await Promise.all(
      services.slice(0, maxServicesProbed).map(async (service) => {
        const key = `${relay.name} ${service.id}`;
        // Hosts at both ends ask at the same time.
        const verified = this.#verified.get(key) ??
          prober.verify(relay, service, signal, firstPacketDeadlineMs);
        this.#verified.set(key, verified);
        try {
          await verified;
        } catch (error) {
          if (this.#verified.get(key) === verified) this.#verified.delete(key);
          throw error;
        }
      }),
    );
  }

  /** The probe; without one for this machine, its absence is told once. */
  #load(): Promise<TunnelProber | undefined> {
    const { enabled, paths, emit } = this.#options;
    if (!enabled) return Promise.resolve(undefined);
    return this.#prober ??= TunnelProber.load(paths).catch((error: unknown) => {
      if (!(error instanceof ZtnaError)) throw error;
      emit({ type: "warning", text: `No packets are sent through the tunnel: ${error.message}` });
      return undefined;
    });
  }
}
