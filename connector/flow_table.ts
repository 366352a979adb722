import type { Clock, Timer } from "../tunnel/clock.ts";
import { TokenBucket } from "../tunnel/token_bucket.ts";
import { RecencyList, RecencyNode } from "./recency_list.ts";

/** Why a flow has ended. */
export const flowEnds = [
  "idle",
  "evicted",
  "evicted_by_source",
  "error",
  "uplink_closed",
] as const;

/** One of {@linkcode flowEnds}. */
export type FlowEnd = typeof flowEnds[number];

/** The inner addresses (IPv4, as unsigned 32-bit numbers) and ports that make a flow. */
export interface FlowKey {
  readonly source: number;
  readonly sourcePort: number;
  readonly destination: number;
  readonly destinationPort: number;
}

/** What a table of flows needs. */
export interface FlowTableOptions<F> {
  /** Flows of all scopes together, at least 1. */
  readonly maxFlows: number;
  /** Flows of one inner source address within a scope, at least 1. */
  readonly maxFlowsPerSource: number;
  /** New flows of one inner source address a second, after `maxFlowsPerSource` at once. */
  readonly newFlowsPerSecond: number;
  /** A flow ends when nothing touched it for this long, or up to a second later. */
  readonly idleMs: number;
  readonly clock: Clock;
  /** Called once for every flow that ends, after it has left the table. */
  readonly onEnd: (flow: F, why: FlowEnd) => void;
}

/** The idle timer's shortest delay: ends are late by at most this, and timers few. */
const expiryGranularityMs = 1000;

/**
 * The flows of all relay connections, each of which has a {@linkcode FlowScope} of its own:
 * another connection, also the next one to the same relay, never finds them. (A relay gives inner
 * addresses anew to the agents on each connection, so the same address may be somebody else then.)
 *
 * Nothing costs more with more flows: one timer, set for the flow that was idle longest.
 */
export class FlowTable<F> {
  readonly #options: FlowTableOptions<F>;
  readonly #order = new RecencyList<FlowEntry<F>>();
  #timer: Timer | undefined;

  constructor(options: FlowTableOptions<F>) {
    this.#options = options;
  }

  /** How many flows there are, in all scopes. */
  get size(): number {
    return this.#order.size;
  }

  /** A set of flows of its own. */
  scope(): FlowScope<F> {
    return new FlowScope(this);
  }

  /** Ends the flow that was idle longest, to make room, if there is any. */
  evictOldest(): void {
    const oldest = this.#order.oldest;
    if (oldest !== undefined) this.end(oldest, "evicted");
  }

  /**
   * Tells that a packet of this flow has passed; nothing happens when the flow has ended.
   *
   * @returns how long none had before, in ms.
   */
  touch(entry: FlowEntry<F>): number {
    if (entry.ended) return 0;
    const nowMs = this.#options.clock.now();
    const idleMs = nowMs - entry.lastUsedMs;
    entry.lastUsedMs = nowMs;
    this.#order.touch(entry.node);
    entry.share.order.touch(entry.shareNode);
    return idleMs;
  }

  /** Ends a flow; nothing happens when it has ended. */
  end(entry: FlowEntry<F>, why: FlowEnd): void {
    if (entry.ended) return;
    entry.ended = true;
    this.#order.remove(entry.node);
    entry.scope.forget(entry);
    if (this.#order.size === 0) this.#disarm();
    this.#options.onEnd(entry.flow, why);
  }

  /** What limits how fast one source opens flows. Called by scopes. */
  newFlowBucket(): TokenBucket {
    const { newFlowsPerSecond, maxFlowsPerSource, clock } = this.#options;
    return new TokenBucket(newFlowsPerSecond, clock.now(), maxFlowsPerSource);
  }

  /** Whether that bucket allows one more now. Called by scopes. */
  takeNewFlow(bucket: TokenBucket): boolean {
    return bucket.take(this.#options.clock.now());
  }

  /** Takes a new flow in, making room first where a limit is reached. Called by scopes. */
  insert(entry: FlowEntry<F>): void {
    const { maxFlows, maxFlowsPerSource, clock } = this.#options;
    const ownOldest = entry.share.order.oldest;
    if (ownOldest !== undefined && entry.share.order.size >= maxFlowsPerSource) {
      this.end(ownOldest, "evicted_by_source");
    }
    while (this.#order.size >= maxFlows) this.evictOldest();
    entry.lastUsedMs = clock.now();
    this.#order.add(entry.node);
    this.#timer ??= this.#armed();
  }

  #armed(): Timer {
    const { clock, idleMs } = this.#options;
    const dueMs = (this.#order.oldest?.lastUsedMs ?? clock.now()) + idleMs;
    return clock.setTimer(() => this.#expire(), Math.max(expiryGranularityMs, dueMs - clock.now()));
  }

  #disarm(): void {
    this.#timer?.[Symbol.dispose]();
    this.#timer = undefined;
  }

  #expire(): void {
    this.#timer = undefined;
    const idleSinceMs = this.#options.clock.now() - this.#options.idleMs;
    for (
      let oldest = this.#order.oldest;
      oldest !== undefined && oldest.lastUsedMs <= idleSinceMs;
      oldest = this.#order.oldest
    ) this.end(oldest, "idle");
    if (this.#order.size > 0) this.#timer ??= this.#armed();
  }
}

/** The flows of one inner source address in a scope. Forgotten with the last of them. */
interface SourceShare<F> {
  readonly order: RecencyList<FlowEntry<F>>;
  readonly newFlows: TokenBucket;
}

/** A flow's place in its table. */
export class FlowEntry<F> {
  readonly node = new RecencyNode<FlowEntry<F>>(this);
  readonly shareNode = new RecencyNode<FlowEntry<F>>(this);
  lastUsedMs = 0;
  /** Whether the flow has left the table. */
  ended = false;

  constructor(
    readonly key: FlowKey,
    readonly scope: FlowScope<F>,
    readonly share: SourceShare<F>,
    readonly flow: F,
  ) {}
}

/** Two 48-bit numbers name a flow: a string of the four costs three times as much to look up. */
function half(address: number, port: number): number {
  return address * 65_536 + port;
}

/** The flows of one relay connection. */
export class FlowScope<F> {
  readonly #table: FlowTable<F>;
  readonly #bySource = new Map<number, Map<number, FlowEntry<F>>>();
  readonly #shares = new Map<number, SourceShare<F>>();
  #size = 0;

  /** @param table Use {@linkcode FlowTable.scope}. */
  constructor(table: FlowTable<F>) {
    this.#table = table;
  }

  /** How many flows this scope has. */
  get size(): number {
    return this.#size;
  }

  /** Finds a flow; does not touch it. */
  get(
    source: number,
    sourcePort: number,
    destination: number,
    destinationPort: number,
  ): FlowEntry<F> | undefined {
    return this.#bySource.get(half(source, sourcePort))?.get(half(destination, destinationPort));
  }

  /** Whether a source may open a flow now. Ask once for each, before doing anything costly. */
  admits(source: number): boolean {
    const share = this.#shares.get(source);
    return share === undefined || this.#table.takeNewFlow(share.newFlows);
  }

  /**
   * Takes a new flow in. At a limit, an older one ends first.
   *
   * @throws {RangeError} when the scope has a flow of this key, which would lose its socket.
   */
  add(key: FlowKey, flow: F): FlowEntry<F> {
    if (this.get(key.source, key.sourcePort, key.destination, key.destinationPort) !== undefined) {
      throw new RangeError("Cannot add the flow as its key must be new");
    }
    let share = this.#shares.get(key.source);
    share ??= { order: new RecencyList(), newFlows: this.#table.newFlowBucket() };
    const entry = new FlowEntry(key, this, share, flow);
    this.#table.insert(entry);
    // Only now: making room may have ended the last flow of this share, which forgets the share.
    this.#shares.set(key.source, share);
    share.order.add(entry.shareNode);
    const from = half(key.source, key.sourcePort);
    let byDestination = this.#bySource.get(from);
    if (byDestination === undefined) this.#bySource.set(from, byDestination = new Map());
    byDestination.set(half(key.destination, key.destinationPort), entry);
    this.#size += 1;
    return entry;
  }

  /** Ends all flows of this scope, as its connection has closed. */
  close(): void {
    for (const share of [...this.#shares.values()]) {
      for (let entry = share.order.oldest; entry !== undefined; entry = share.order.oldest) {
        this.#table.end(entry, "uplink_closed");
      }
    }
  }

  /** Removes what {@linkcode FlowTable.end} has ended. Called by the table. */
  forget(entry: FlowEntry<F>): void {
    const { source, sourcePort, destination, destinationPort } = entry.key;
    entry.share.order.remove(entry.shareNode);
    if (entry.share.order.size === 0) this.#shares.delete(source);
    const from = half(source, sourcePort);
    const byDestination = this.#bySource.get(from);
    byDestination?.delete(half(destination, destinationPort));
    if (byDestination?.size === 0) this.#bySource.delete(from);
    this.#size -= 1;
  }
}
