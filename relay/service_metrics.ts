import { labelValue, overflowLabel } from "../tunnel/instruments.ts";
import { maxNamedServices } from "./limits.ts";
import type { RelayMetrics } from "./metrics.ts";
import type { Peer } from "./peer.ts";
import type { ServiceObserver } from "./registry.ts";
import type { Service, ServiceCounters } from "./service.ts";

/** A service that has series of its own. */
interface NamedService {
  readonly id: string;
  readonly label: string;
  readonly counters: ServiceCounters;
  /** The service while anybody is registered for it. */
  service: Service<Peer> | undefined;
}

/**
 * The relay's metrics by service. IDs come from the wire, from registrations that were accepted, so
 * only so many services have series of their own; all others are counted together as `other`.
 *
 * A service keeps its series when everybody has gone, so that a reconnect is no new beginning, but
 * only until another one needs the place: first go those that have gone longest ago, and then, for
 * a service that has a connector, those that only agents have asked for.
 */
export class ServiceMetrics implements ServiceObserver<Peer> {
  readonly #metrics: RelayMetrics;
  readonly #maxNamed: number;
  readonly #named = new Map<string, NamedService>();
  /** Nobody is registered for them any more; the longest gone one first. */
  readonly #gone = new Set<NamedService>();
  /** No connector has ever provided them; the oldest one first. */
  readonly #unprovided = new Set<NamedService>();
  readonly #others = new Set<Service<Peer>>();
  readonly #other: ServiceCounters;

  /** @param maxNamed Most services with series of their own; `relay/limits.ts` by default. */
  constructor(metrics: RelayMetrics, maxNamed = maxNamedServices) {
    this.#metrics = metrics;
    this.#maxNamed = maxNamed;
    this.#other = this.#countersOf(overflowLabel);
    const { serviceAgents, serviceConnectors } = metrics.gauge;
    serviceAgents.labels({ service: overflowLabel }).observe(() => this.#sumOfOthers(agentsOf));
    serviceConnectors.labels({ service: overflowLabel })
      .observe(() => this.#sumOfOthers(connectorsOf));
  }

  onOpened(service: Service<Peer>): void {
    const label = labelValue(service.id);
    const known = this.#named.get(label);
    if (known?.id === service.id) {
      this.#gone.delete(known);
      known.service = service;
      service.counters = known.counters;
    } else if (!this.#isFree(label) || !this.#makeRoom(this.#gone)) {
      this.#metrics.counter.limitsReached.labels({ limit: "named_services" }).inc();
      this.#others.add(service);
      service.counters = this.#other;
    } else {
      this.#unprovided.add(this.#name(service, label));
    }
  }

  onProvided(service: Service<Peer>): void {
    const label = labelValue(service.id);
    const known = this.#named.get(label);
    if (known?.service === service) {
      this.#unprovided.delete(known);
    } else if (
      this.#isFree(label) && (this.#makeRoom(this.#gone) || this.#makeRoom(this.#unprovided))
    ) {
      this.#others.delete(service);
      this.#name(service, label);
    }
  }

  onAbandoned(service: Service<Peer>): void {
    this.#others.delete(service);
    const known = this.#named.get(labelValue(service.id));
    if (known?.service !== service) return;
    known.service = undefined;
    this.#unprovided.delete(known);
    this.#gone.add(known);
  }

  /** Whether no other service has this label: one is cut, and `other` is not theirs. */
  #isFree(label: string): boolean {
    return label !== overflowLabel && !this.#named.has(label);
  }

  /** Whether there is room for one more, after taking the first of `candidates` out if need be. */
  #makeRoom(candidates: ReadonlySet<NamedService>): boolean {
    if (this.#named.size < this.#maxNamed) return true;
    for (const first of candidates) {
      this.#forget(first);
      return true;
    }
    return false;
  }

  #name(service: Service<Peer>, label: string): NamedService {
    const named: NamedService = {
      id: service.id,
      label,
      counters: this.#countersOf(label),
      service,
    };
    const { serviceAgents, serviceConnectors } = this.#metrics.gauge;
    const valueOf = (read: typeof agentsOf) => (): number =>
      named.service === undefined ? 0 : read(named.service);
    serviceAgents.labels({ service: label }).observe(valueOf(agentsOf));
    serviceConnectors.labels({ service: label }).observe(valueOf(connectorsOf));
    this.#named.set(label, named);
    service.counters = named.counters;
    return named;
  }

  #forget(named: NamedService): void {
    const { counter, gauge } = this.#metrics;
    const service = named.label;
    this.#named.delete(service);
    this.#gone.delete(named);
    this.#unprovided.delete(named);
    for (const direction of ["to_connector", "to_agent"]) {
      counter.servicePackets.remove({ service, direction });
      counter.serviceBytes.remove({ service, direction });
    }
    counter.serviceDrops.remove({ service });
    gauge.serviceAgents.remove({ service });
    gauge.serviceConnectors.remove({ service });
    if (named.service === undefined) return;
    named.service.counters = this.#other;
    this.#others.add(named.service);
  }

  #countersOf(service: string): ServiceCounters {
    const { servicePackets, serviceBytes, serviceDrops } = this.#metrics.counter;
    const traffic = (direction: string): ServiceCounters["toAgent"] => ({
      packets: servicePackets.labels({ service, direction }),
      bytes: serviceBytes.labels({ service, direction }),
    });
    return {
      toConnector: traffic("to_connector"),
      toAgent: traffic("to_agent"),
      drops: serviceDrops.labels({ service }),
    };
  }

  #sumOfOthers(read: typeof agentsOf): number {
    let sum = 0;
    for (const service of this.#others) sum += read(service);
    return sum;
  }
}

const agentsOf = ({ agents }: Service<Peer>): number => agents.size;
const connectorsOf = ({ serving }: Service<Peer>): number => serving.length;
