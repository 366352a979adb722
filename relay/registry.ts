import { encodeServiceId, type Role } from "../tunnel/wire/datagram_message.ts";
import { isWireError } from "../tunnel/wire/wire_error.ts";
import * as limits from "./limits.ts";
import { AgentServices, ConnectorRegistration, type Registrant, Service } from "./service.ts";

/** Which bound refused a registration. */
export type RegistryLimit = "services" | "services_per_connection" | "connectors_per_service";

/** What became of a registration. */
export type RegistrationResult<R> =
  | { readonly kind: "registered"; readonly service: Service<R>; readonly replaced: R | undefined }
  /** The same registration was there already. */
  | { readonly kind: "repeated"; readonly service: Service<R> }
  | { readonly kind: "refused"; readonly limit: RegistryLimit };

/** The bounds of a registry; those of `relay/limits.ts` by default. */
export interface RegistryLimits {
  readonly maxServices: number;
  readonly maxServicesPerConnection: number;
  readonly maxConnectorsPerService: number;
}

/** Is told which services come and go. Its methods must not throw. */
export interface ServiceObserver<R> {
  /** Somebody has registered for a service that nobody was registered for. */
  onOpened(service: Service<R>): void;
  /** A connector has registered for a service. */
  onProvided(service: Service<R>): void;
  /** Nobody is registered for it any more. */
  onAbandoned(service: Service<R>): void;
}

/**
 * Who wants and who provides which service. Pure state: no I/O, no time. A registration costs the
 * same however many there are, and removing a connection costs its own registrations.
 */
export class Registry<R extends Registrant<R>> {
  readonly #limits: RegistryLimits;
  readonly #observer: ServiceObserver<R> | undefined;
  readonly #services = new Map<string, Service<R>>();
  #agentCount = 0;
  #connectorCount = 0;

  constructor(options: RegistryLimits = limits, observer?: ServiceObserver<R>) {
    this.#limits = options;
    this.#observer = observer;
  }

  /** Services with at least one registration, in the order of their first. */
  get services(): ReadonlyMap<string, Service<R>> {
    return this.#services;
  }

  /** Connections that are registered as an agent for at least one service. */
  get agentCount(): number {
    return this.#agentCount;
  }

  /** Connections that are registered as a connector for at least one service. */
  get connectorCount(): number {
    return this.#connectorCount;
  }

  /** Whether a connection has registered in this role for this service. */
  isRegistered(registrant: R, role: Role, serviceId: string): boolean {
    return role === "agent"
      ? this.#services.get(serviceId)?.agents.has(registrant) ?? false
      : registrant.connectorServices?.has(serviceId) ?? false;
  }

  /** `agent` wants to reach a service. Repeating it changes nothing. */
  registerAgent(agent: R, serviceId: string): RegistrationResult<R> {
    const known = this.#services.get(serviceId);
    if (known?.agents.has(agent)) return { kind: "repeated", service: known };
    const service = this.#admit(agent, serviceId, known);
    if (typeof service === "string") return { kind: "refused", limit: service };
    if (agent.agentServices === undefined) {
      agent.agentServices = new AgentServices();
      this.#agentCount += 1;
    }
    agent.agentServices.add(service);
    service.agents.add(agent);
    return { kind: "registered", service, replaced: undefined };
  }

  /**
   * `connector` provides a service. Repeating it makes it the newest of its name again, which
   * changes nothing unless another connection has taken its place meanwhile.
   */
  registerConnector(connector: R, serviceId: string): RegistrationResult<R> {
    const known = this.#services.get(serviceId);
    const own = connector.connectorServices?.get(serviceId);
    if (own !== undefined) {
      const replaced = own.service.add(own);
      if (replaced === undefined) return { kind: "repeated", service: own.service };
      return { kind: "registered", service: own.service, replaced: replaced.owner };
    }
    const name = connector.certifiedName;
    if (
      name !== undefined && known !== undefined && !known.hasName(name) &&
      known.certifiedCount >= this.#limits.maxConnectorsPerService
    ) return { kind: "refused", limit: "connectors_per_service" };
    const service = this.#admit(connector, serviceId, known);
    if (typeof service === "string") return { kind: "refused", limit: service };
    if (connector.connectorServices === undefined) {
      connector.connectorServices = new Map();
      this.#connectorCount += 1;
    }
    const registration = new ConnectorRegistration(service, connector, name);
    connector.connectorServices.set(serviceId, registration);
    const replaced = service.add(registration);
    this.#observer?.onProvided(service);
    return { kind: "registered", service, replaced: replaced?.owner };
  }

  /** Forgets everything about a connection that has ended. */
  unregister(registrant: R): void {
    const { agentServices, connectorServices } = registrant;
    if (agentServices !== undefined) {
      registrant.agentServices = undefined;
      this.#agentCount -= 1;
      for (const service of agentServices.list) {
        service.agents.delete(registrant);
        this.#forgetIfAbandoned(service);
      }
    }
    if (connectorServices !== undefined) {
      registrant.connectorServices = undefined;
      this.#connectorCount -= 1;
      for (const registration of connectorServices.values()) {
        registration.service.remove(registration);
        registration.owner = undefined;
        this.#forgetIfAbandoned(registration.service);
      }
    }
  }

  /** The service, made when it is new, unless a bound forbids one more registration. */
  #admit(
    registrant: R,
    serviceId: string,
    known: Service<R> | undefined,
  ): Service<R> | RegistryLimit {
    const { agentServices, connectorServices } = registrant;
    const own = (agentServices?.list.length ?? 0) + (connectorServices?.size ?? 0);
    if (own >= this.#limits.maxServicesPerConnection) return "services_per_connection";
    if (known !== undefined) return known;
    if (this.#services.size >= this.#limits.maxServices) return "services";
    const idBytes = encodeServiceId(serviceId);
    // IDs come decoded from the wire, so they fit into it again.
    if (isWireError(idBytes)) return "services";
    const service = new Service<R>(serviceId, idBytes);
    this.#services.set(serviceId, service);
    this.#observer?.onOpened(service);
    return service;
  }

  #forgetIfAbandoned(service: Service<R>): void {
    if (service.isAbandoned && this.#services.delete(service.id)) {
      this.#observer?.onAbandoned(service);
    }
  }
}
