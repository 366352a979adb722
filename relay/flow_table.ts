import type { Clock, Timer } from "../tunnel/clock.ts";
import { ipProtocol } from "../tunnel/wire/ipv4.ts";
import type { AddressMapping } from "./address_translation.ts";
import * as limits from "./limits.ts";
import type { ConnectorRegistration } from "./service.ts";

/** Packets that belong together and go to the same connector while that lives. */
export interface Flow<R> {
  /** See `flowKey`; flows of one agent with the same key share an entry. */
  readonly key: number;
  readonly connector: ConnectorRegistration<R>;
  /** The last inner source address and what stands for it at the connector; lives as long as both. */
  mapping: AddressMapping<R> | undefined;
  /** Set by every packet, cleared by the sweep. */
  isUsed: boolean;
  /** Sweeps that it may still be idle for. */
  idleSweepsLeft: number;
  readonly maxIdleSweeps: number;
  /** Neighbours in the order of age. For `FlowTable` only. */
  older: Flow<R> | undefined;
  newer: Flow<R> | undefined;
}

/** How a relay bounds its flows; `relay/limits.ts` by default. */
export interface FlowLimits {
  readonly maxFlows: number;
  readonly maxFlowsPerAgent: number;
}

/** What `FlowTables` reports to the metrics. */
export interface FlowObserver {
  /** A bound was reached. */
  onLimit(limit: "flows" | "flows_per_agent"): void;
}

/** How many sweeps a flow of an IP protocol (-1: not IPv4) may be idle for. */
function maxIdleSweeps(protocol: number): number {
  if (protocol === ipProtocol.tcp) return limits.idleSweepsTcp;
  if (protocol === ipProtocol.udp) return limits.idleSweepsUdp;
  return limits.idleSweepsOther;
}

/** A flow that no table knows. @param protocol IP protocol number, or -1. */
export function createFlow<R>(
  key: number,
  protocol: number,
  connector: ConnectorRegistration<R>,
): Flow<R> {
  const idleSweeps = maxIdleSweeps(protocol);
  return {
    key,
    connector,
    mapping: undefined,
    isUsed: true,
    idleSweepsLeft: idleSweeps,
    maxIdleSweeps: idleSweeps,
    older: undefined,
    newer: undefined,
  };
}

/** Entries at the old end that making room looks at. */
const secondChances = 8;

/** The flows of one agent. */
export class FlowTable<R> {
  readonly #tables: FlowTables<R>;
  readonly #flows = new Map<number, Flow<R>>();
  // A list beside the map, whose oldest entry is slow to find once others before it were deleted.
  #oldest: Flow<R> | undefined;
  #newest: Flow<R> | undefined;
  /** When the next sweep is due; for `FlowTables` only. */
  sweepAtMs = 0;

  /** Made by `FlowTables.create` only. */
  constructor(tables: FlowTables<R>) {
    this.#tables = tables;
  }

  /** How many flows it has. */
  get size(): number {
    return this.#flows.size;
  }

  /** The flow with this key. */
  get(key: number): Flow<R> | undefined {
    return this.#flows.get(key);
  }

  /**
   * Pins the flow `key` to `connector`, instead of what it was pinned to.
   *
   * @param protocol IP protocol number, or -1.
   * @returns `undefined` when all tables together are full.
   */
  pin(key: number, protocol: number, connector: ConnectorRegistration<R>): Flow<R> | undefined {
    this.#forget(this.#flows.get(key));
    if (this.#flows.size >= this.#tables.limits.maxFlowsPerAgent) this.#makeRoom();
    if (!this.#tables.take(this)) return undefined;
    const flow = createFlow(key, protocol, connector);
    connector.flows += 1;
    this.#flows.set(key, flow);
    this.#append(flow);
    return flow;
  }

  /** Forgets all flows; the agent has gone. */
  clear(): void {
    while (this.#oldest !== undefined) this.#forget(this.#oldest);
    this.#tables.leave(this);
  }

  /** Forgets flows that were idle for too long or whose connector has gone. */
  sweep(): void {
    let next: Flow<R> | undefined;
    for (let flow = this.#oldest; flow !== undefined; flow = next) {
      next = flow.newer;
      if (flow.isUsed) {
        flow.isUsed = false;
        flow.idleSweepsLeft = flow.maxIdleSweeps;
      } else {
        flow.idleSweepsLeft -= 1;
      }
      if (flow.idleSweepsLeft <= 0 || flow.connector.owner === undefined) this.#forget(flow);
    }
  }

  /** Forgets the oldest flow that had no packet since it was looked at last, or the oldest. */
  #makeRoom(): void {
    this.#tables.observer.onLimit("flows_per_agent");
    for (let chances = secondChances; chances > 0; chances--) {
      const flow = this.#oldest;
      if (flow === undefined || !flow.isUsed) break;
      flow.isUsed = false;
      flow.idleSweepsLeft = flow.maxIdleSweeps;
      this.#unlink(flow);
      this.#append(flow);
    }
    this.#forget(this.#oldest);
  }

  #forget(flow: Flow<R> | undefined): void {
    if (flow === undefined) return;
    this.#flows.delete(flow.key);
    this.#unlink(flow);
    flow.connector.flows -= 1;
    this.#tables.giveBack();
  }

  #append(flow: Flow<R>): void {
    flow.older = this.#newest;
    if (this.#newest === undefined) this.#oldest = flow;
    else this.#newest.newer = flow;
    this.#newest = flow;
  }

  #unlink(flow: Flow<R>): void {
    const { older, newer } = flow;
    if (older === undefined) this.#oldest = newer;
    else older.newer = newer;
    if (newer === undefined) this.#newest = older;
    else newer.older = older;
    flow.older = undefined;
    flow.newer = undefined;
  }
}

/** What the flow tables of all agents share: the bound, and the timer that finds idle flows. */
export class FlowTables<R> implements Disposable {
  readonly limits: FlowLimits;
  readonly observer: FlowObserver;
  readonly #clock: Clock;
  /** Tables with flows, the one whose sweep is due first at the front. */
  readonly #queue = new Set<FlowTable<R>>();
  #timer: Timer | undefined;
  #size = 0;

  constructor(clock: Clock, observer: FlowObserver, bounds: FlowLimits = limits) {
    this.#clock = clock;
    this.observer = observer;
    this.limits = bounds;
  }

  /** Flows of all agents. */
  get size(): number {
    return this.#size;
  }

  /** A table for an agent. It costs nothing while it has no flows. */
  create(): FlowTable<R> {
    return new FlowTable(this);
  }

  /** Room for one more flow in `table`; false when there is none. For `FlowTable` only. */
  take(table: FlowTable<R>): boolean {
    if (this.#size >= this.limits.maxFlows) {
      this.observer.onLimit("flows");
      return false;
    }
    this.#size += 1;
    if (!this.#queue.has(table)) this.#enqueue(table);
    return true;
  }

  /** Gives back what `take` took. For `FlowTable` only. */
  giveBack(): void {
    this.#size -= 1;
  }

  /** `table` has no flows any more. For `FlowTable` only. */
  leave(table: FlowTable<R>): void {
    this.#queue.delete(table);
  }

  /** Stops the timer. */
  [Symbol.dispose](): void {
    this.#timer?.[Symbol.dispose]();
    this.#timer = undefined;
    this.#queue.clear();
  }

  #enqueue(table: FlowTable<R>): void {
    table.sweepAtMs = this.#clock.now() + limits.flowSweepMs;
    this.#queue.add(table);
    if (this.#timer === undefined) this.#arm(limits.flowSweepMs);
  }

  #arm(delayMs: number): void {
    this.#timer = this.#clock.setTimer(() => this.#sweepDue(), delayMs);
  }

  #sweepDue(): void {
    this.#timer = undefined;
    const now = this.#clock.now();
    let visits = limits.maxFlowsPerSweepTurn;
    for (const table of this.#queue) {
      if (table.sweepAtMs > now) return this.#arm(table.sweepAtMs - now);
      if (visits <= 0) return this.#arm(0);
      visits -= table.size + 1;
      this.#queue.delete(table);
      table.sweep();
      if (table.size > 0) {
        table.sweepAtMs = now + limits.flowSweepMs;
        this.#queue.add(table);
      }
    }
  }
}
