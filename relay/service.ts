import { Counter } from "../tunnel/instruments.ts";

/**
 * What the registry knows of a connection, and keeps in it, so that a packet finds its
 * registrations without a search and a closed connection is forgotten with them.
 */
export interface Registrant<R> {
  /** The common name of its verified certificate; `undefined` for anonymous ones. */
  readonly certifiedName: string | undefined;
  /** The services that it wants to reach, while there are any. Written by the registry only. */
  agentServices: AgentServices<R> | undefined;
  /** The services that it provides, by their ID. Written by the registry only. */
  connectorServices: Map<string, ConnectorRegistration<R>> | undefined;
}

/** Packets and bytes that were relayed in one direction. */
export interface ServiceTraffic {
  readonly packets: Counter;
  readonly bytes: Counter;
}

/** What is counted for one service, or for several together. */
export interface ServiceCounters {
  readonly toConnector: ServiceTraffic;
  readonly toAgent: ServiceTraffic;
  readonly drops: Counter;
}

const nowhere: ServiceTraffic = { packets: new Counter(), bytes: new Counter() };
/** For services that nobody observes. */
const uncounted: ServiceCounters = {
  toConnector: nowhere,
  toAgent: nowhere,
  drops: new Counter(),
};

/** One connector's registration for one service. */
export class ConnectorRegistration<R> {
  /** What it provides. */
  readonly service: Service<R>;
  /** Its certificate's name; `undefined` when it is anonymous. */
  readonly certifiedName: string | undefined;
  /**
   * Its connection; `undefined` once that has ended, so that flows which still point here keep
   * nothing of it alive.
   */
  owner: R | undefined;
  /** Whether flows may go to it; false while another connector has taken its place. */
  isServing = false;
  /** Flows that are pinned to it. */
  flows = 0;
  /** Its place in the list of certified ones; -1 when it is not there. For `Service` only. */
  index = -1;
  /** Neighbours among those that wait. For `Service` only. */
  older: ConnectorRegistration<R> | undefined;
  newer: ConnectorRegistration<R> | undefined;

  constructor(service: Service<R>, owner: R, certifiedName: string | undefined) {
    this.service = service;
    this.owner = owner;
    this.certifiedName = certifiedName;
  }
}

/**
 * One service: the agents that want it and the connectors that provide it.
 *
 * Connectors with a certificate share it, one per name; the newest registration of a name has it.
 * Of those without, the newest one has it while no certified one is there. Whoever lost its place
 * stays known, and gets it back when nobody else is left (fault LR2).
 */
export class Service<R> {
  readonly id: string;
  /** The ID as agents send it. */
  readonly idBytes: Uint8Array;
  /** {@linkcode hashBytes} of the ID. */
  readonly hash: number;
  /** All agents that have registered for it. */
  readonly agents = new Set<R>();
  /** What its packets count for. Written by the registry's observer only. */
  counters: ServiceCounters = uncounted;

  readonly #certifiedByName = new Map<string, ConnectorRegistration<R>>();
  readonly #certified: ConnectorRegistration<R>[] = [];
  /** None or one. */
  readonly #anonymous: ConnectorRegistration<R>[] = [];
  #newestWaiting: ConnectorRegistration<R> | undefined;

  constructor(id: string, idBytes: Uint8Array) {
    this.id = id;
    this.idBytes = idBytes;
    this.hash = hashBytes(idBytes, 0, idBytes.length);
  }

  /** The connectors that flows may go to, in no particular order. */
  get serving(): readonly ConnectorRegistration<R>[] {
    return this.#certified.length > 0 ? this.#certified : this.#anonymous;
  }

  /** How many connectors with a certificate share the service. */
  get certifiedCount(): number {
    return this.#certified.length;
  }

  /** Whether a connector of this certified name has the service. */
  hasName(name: string): boolean {
    return this.#certifiedByName.has(name);
  }

  /** Whether nobody is registered for it any more. */
  get isAbandoned(): boolean {
    return this.agents.size === 0 && this.serving.length === 0;
  }

  /**
   * Makes `registration` the newest one.
   *
   * @returns the registration whose place it takes.
   */
  add(registration: ConnectorRegistration<R>): ConnectorRegistration<R> | undefined {
    const name = registration.certifiedName;
    const replaced = name === undefined ? this.#anonymous[0] : this.#certifiedByName.get(name);
    if (replaced === registration) return undefined;
    this.#unlink(registration);
    if (replaced !== undefined) {
      this.#takeOut(replaced);
      this.#link(replaced);
    }
    this.#putIn(registration);
    return replaced;
  }

  /** Forgets `registration`. */
  remove(registration: ConnectorRegistration<R>): void {
    this.#unlink(registration);
    this.#takeOut(registration);
    const waiting = this.#newestWaiting;
    if (this.serving.length > 0 || waiting === undefined) return;
    this.#unlink(waiting);
    this.#putIn(waiting);
  }

  #putIn(registration: ConnectorRegistration<R>): void {
    const name = registration.certifiedName;
    if (name === undefined) {
      this.#anonymous[0] = registration;
      registration.isServing = this.#certified.length === 0;
      return;
    }
    this.#certifiedByName.set(name, registration);
    registration.index = this.#certified.push(registration) - 1;
    registration.isServing = true;
    if (this.#anonymous[0] !== undefined) this.#anonymous[0].isServing = false;
  }

  #takeOut(registration: ConnectorRegistration<R>): void {
    registration.isServing = false;
    if (this.#anonymous[0] === registration) this.#anonymous.length = 0;
    if (registration.index < 0) return;
    this.#certifiedByName.delete(registration.certifiedName!);
    const last = this.#certified.pop()!;
    if (last !== registration) {
      this.#certified[registration.index] = last;
      last.index = registration.index;
    }
    registration.index = -1;
    const anonymous = this.#anonymous[0];
    if (anonymous !== undefined) anonymous.isServing = this.#certified.length === 0;
  }

  #link(registration: ConnectorRegistration<R>): void {
    registration.older = this.#newestWaiting;
    if (this.#newestWaiting !== undefined) this.#newestWaiting.newer = registration;
    this.#newestWaiting = registration;
  }

  #unlink(registration: ConnectorRegistration<R>): void {
    const { older, newer } = registration;
    if (older !== undefined) older.newer = newer;
    if (newer !== undefined) newer.older = older;
    else if (this.#newestWaiting === registration) this.#newestWaiting = older;
    registration.older = undefined;
    registration.newer = undefined;
  }
}

/** The services of one agent, in the order of their registration. */
export class AgentServices<R> {
  readonly #list: Service<R>[] = [];
  /** By hash; IDs with the same hash share an entry. Made for the second service. */
  #byHash: Map<number, Service<R>[]> | undefined;
  #last: Service<R> | undefined;

  /** The services, the first registered one first. */
  get list(): readonly Service<R>[] {
    return this.#list;
  }

  /** Adds a service that is not there yet. */
  add(service: Service<R>): void {
    this.#list.push(service);
    this.#last ??= service;
    if (this.#list.length === 1) return;
    if (this.#byHash === undefined) {
      this.#byHash = new Map();
      this.#index(this.#list[0]!);
    }
    this.#index(service);
  }

  #index(service: Service<R>): void {
    const sameHash = this.#byHash!.get(service.hash);
    if (sameHash === undefined) this.#byHash!.set(service.hash, [service]);
    else sameHash.push(service);
  }

  /** The service whose ID is `data[start..end)`; compares bytes and makes no text of them. */
  find(data: Uint8Array, start: number, end: number): Service<R> | undefined {
    const last = this.#last;
    if (last === undefined || isId(last, data, start, end)) return last;
    const sameHash = this.#byHash?.get(hashBytes(data, start, end));
    if (sameHash === undefined) return undefined;
    for (const service of sameHash) {
      if (isId(service, data, start, end)) return this.#last = service;
    }
    return undefined;
  }
}

function isId<R>(service: Service<R>, data: Uint8Array, start: number, end: number): boolean {
  const id = service.idBytes;
  if (id.length !== end - start) return false;
  for (let i = 0; i < id.length; i++) {
    if (id[i] !== data[start + i]) return false;
  }
  return true;
}

/** FNV-1a over `data[start..end)`, 32 bits: the IDs of one agent are few, and its own choice. */
export function hashBytes(data: Uint8Array, start: number, end: number): number {
  let hash = 0x811c9dc5;
  for (let i = start; i < end; i++) hash = Math.imul(hash ^ data[i]!, 0x01000193);
  return hash;
}
