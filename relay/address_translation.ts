import * as limits from "./limits.ts";
import type { Service } from "./service.ts";

/** One agent's inner address at one connector. */
export interface AddressMapping<A> {
  readonly agent: A;
  /** What the agent calls itself: the source address of its packets. */
  readonly inner: number;
  /** What the connector sees instead; nobody else has it there. */
  readonly outer: number;
  /** The service that the agent has last used from this address. */
  service: Service<A> | undefined;
}

/** Which bound refused a mapping. */
export type AddressLimit = "addresses_per_agent" | "addresses_per_connector" | "addresses";

/** How a relay bounds its mappings; `relay/limits.ts` by default. */
export interface AddressLimits {
  readonly maxAddresses: number;
  readonly maxAddressesPerAgent: number;
  readonly maxAddressesPerConnector: number;
}

/** Where translated addresses come from: 100.64.0.0/10, shared address space (RFC 6598). */
const poolStart = 0x64400000;
const poolSize = 1 << 22;

/** An address that an agent has left, and that nobody gets for a while. */
interface Quarantined {
  readonly outer: number;
  readonly untilMs: number;
  readonly forget: (outer: number) => void;
}

/** What the translations of all connectors share: time, the bound, and the quarantine's queue. */
export class AddressTranslations {
  readonly limits: AddressLimits;
  readonly #now: () => number;
  readonly #random: () => number;
  /** In the order of their end. */
  readonly #quarantine = new Set<Quarantined>();
  #active = 0;

  /**
   * @param now Monotonic milliseconds.
   * @param random From 0 up to, but not including, 1: where in the pool a connector starts.
   */
  constructor(now: () => number, random: () => number, bounds: AddressLimits = limits) {
    this.#now = now;
    this.#random = random;
    this.limits = bounds;
  }

  /** Mappings in use, of all connectors. */
  get activeCount(): number {
    return this.#active;
  }

  /** Addresses in quarantine, of all connectors. */
  get quarantinedCount(): number {
    this.expire();
    return this.#quarantine.size;
  }

  /** The translation of a connector's connection. */
  create<A>(): AddressTranslation<A> {
    return new AddressTranslation(this, Math.floor(this.#random() * poolSize));
  }

  /** Ends the quarantines that are over. For `AddressTranslation` only. */
  expire(): void {
    if (this.#quarantine.size === 0) return;
    const now = this.#now();
    for (const entry of this.#quarantine) {
      if (entry.untilMs > now) return;
      this.#quarantine.delete(entry);
      entry.forget(entry.outer);
    }
  }

  /** Room for one more mapping. For `AddressTranslation` only. */
  take(): boolean {
    if (this.#active + this.#quarantine.size >= this.limits.maxAddresses) return false;
    this.#active += 1;
    return true;
  }

  /** Gives back what `take` took. For `AddressTranslation` only. */
  giveBack(): void {
    this.#active -= 1;
  }

  /** Keeps `outer` from everybody for a while. For `AddressTranslation` only. */
  quarantine(outer: number, forget: (outer: number) => void): Quarantined {
    const entry = { outer, untilMs: this.#now() + limits.addressQuarantineMs, forget };
    this.#quarantine.add(entry);
    return entry;
  }

  /** Forgets an entry whose connector has gone. For `AddressTranslation` only. */
  endQuarantine(entry: Quarantined): void {
    this.#quarantine.delete(entry);
  }
}

/**
 * Keeps the agents of one connector's connection apart by their inner addresses, because replies
 * carry nothing else that says whose they are (protocol section 3.4, fault LR1).
 *
 * The first agent that uses an address keeps it. Another one that uses the same gets one of the
 * pool instead. When an agent goes, its addresses are quarantined: replies to it may be under way.
 */
export class AddressTranslation<A> {
  readonly #shared: AddressTranslations;
  readonly #byOuter = new Map<number, AddressMapping<A>>();
  readonly #byAgent = new Map<A, AddressMapping<A>[]>();
  readonly #quarantined = new Map<number, Quarantined>();
  readonly #forget = (outer: number): void => void this.#quarantined.delete(outer);
  /** Where in the pool the search for an unused address goes on. */
  #cursor: number;

  /** Made by `AddressTranslations.create` only. */
  constructor(shared: AddressTranslations, cursor: number) {
    this.#shared = shared;
    this.#cursor = cursor;
  }

  /** The agents that have an address here. */
  get agents(): Iterable<A> {
    return this.#byAgent.keys();
  }

  /** Addresses in use. */
  get size(): number {
    return this.#byOuter.size;
  }

  /**
   * The mapping of an agent's inner address, made on its first use.
   *
   * @param destination Where the packet goes: an address that must not be its source too.
   */
  outward(agent: A, inner: number, destination: number): AddressMapping<A> | AddressLimit {
    const own = this.#byAgent.get(agent);
    const known = own?.find((mapping) => mapping.inner === inner);
    if (known !== undefined) return known;
    const { maxAddressesPerAgent, maxAddressesPerConnector } = this.#shared.limits;
    if (own !== undefined && own.length >= maxAddressesPerAgent) return "addresses_per_agent";
    this.#shared.expire();
    if (this.#byOuter.size + this.#quarantined.size >= maxAddressesPerConnector) {
      return "addresses_per_connector";
    }
    if (!this.#shared.take()) return "addresses";
    const outer = this.#isFree(inner) ? inner : this.#unusedAddress(destination);
    const mapping = { agent, inner, outer, service: undefined };
    this.#byOuter.set(outer, mapping);
    if (own === undefined) this.#byAgent.set(agent, [mapping]);
    else own.push(mapping);
    return mapping;
  }

  /** Whose address `outer` is, as the destination of a reply. */
  inward(outer: number): AddressMapping<A> | undefined {
    return this.#byOuter.get(outer);
  }

  /** Whether `outer` belonged to an agent that has gone not long ago. */
  isQuarantined(outer: number): boolean {
    this.#shared.expire();
    return this.#quarantined.has(outer);
  }

  /** The agent has gone: its addresses go into quarantine. */
  releaseAgent(agent: A): void {
    const own = this.#byAgent.get(agent);
    if (own === undefined) return;
    this.#byAgent.delete(agent);
    for (const mapping of own) {
      this.#drop(mapping);
      const entry = this.#shared.quarantine(mapping.outer, this.#forget);
      this.#quarantined.set(mapping.outer, entry);
    }
  }

  /** The connector has gone: nothing is left, no quarantine either. */
  release(): void {
    for (const mapping of this.#byOuter.values()) this.#drop(mapping);
    for (const entry of this.#quarantined.values()) this.#shared.endQuarantine(entry);
    this.#byAgent.clear();
    this.#quarantined.clear();
  }

  #drop(mapping: AddressMapping<A>): void {
    this.#byOuter.delete(mapping.outer);
    this.#shared.giveBack();
  }

  #isFree(outer: number): boolean {
    return !this.#byOuter.has(outer) && !this.#quarantined.has(outer);
  }

  /** The pool is far larger than the bound of what is taken, so the search ends. */
  #unusedAddress(destination: number): number {
    for (;;) {
      this.#cursor = (this.#cursor + 1) % poolSize;
      const candidate = poolStart + this.#cursor;
      if (candidate !== destination && this.#isFree(candidate)) return candidate;
    }
  }
}
