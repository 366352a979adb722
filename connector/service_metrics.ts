import type { Counter, Gauge, Histogram, Metrics } from "../tunnel/metrics.ts";
import { type DropCounter, type DropReason, dropReasons } from "./drops.ts";
import { type FlowEnd, flowEnds } from "./flow_table.ts";
import type { connectorMetrics } from "./metrics.ts";

/** The connector's instruments. */
export type ConnectorMetrics = Metrics<typeof connectorMetrics>;

/** Packets and their payload bytes in one direction. */
export interface Traffic {
  readonly packets: Counter;
  readonly bytes: Counter;
}

/** What a protocol carries both ways. */
export interface ProtocolTraffic {
  readonly toBackend: Traffic;
  readonly toAgent: Traffic;
}

/**
 * The instruments of one service, looked up once, so that counting in the packet path is an
 * addition. All its drop reasons exist from the start: a rate needs a first value of 0.
 */
export class ServiceMetrics implements DropCounter {
  /** Traffic by protocol. */
  readonly udp: ProtocolTraffic;
  readonly icmp: ProtocolTraffic;
  /** The reference's counters, which all services share. */
  readonly forwardedPackets: Counter;
  readonly forwardedBytes: Counter;
  readonly #flowsOpened: Counter;
  readonly #flows: Gauge;
  readonly #responses: Histogram;
  readonly #drops: Readonly<Record<DropReason, Counter>>;
  readonly #flowEnds: Readonly<Record<FlowEnd, Counter>>;
  readonly #metrics: ConnectorMetrics;
  readonly #service: string;

  constructor(metrics: ConnectorMetrics, service: string) {
    const { counter } = metrics;
    const traffic = (protocol: string, direction: string): Traffic => ({
      packets: counter.packets.labels({ service, protocol, direction }),
      bytes: counter.payloadBytes.labels({ service, protocol, direction }),
    });
    const both = (protocol: string): ProtocolTraffic => ({
      toBackend: traffic(protocol, "to_backend"),
      toAgent: traffic(protocol, "to_agent"),
    });
    this.#metrics = metrics;
    this.#service = service;
    this.udp = both("udp");
    this.icmp = both("icmp");
    this.forwardedPackets = counter.forwardedPackets;
    this.forwardedBytes = counter.forwardedBytes;
    this.#flowsOpened = counter.udpFlowsOpened.labels({ service });
    this.#flows = metrics.gauge.udpFlows.labels({ service });
    this.#responses = metrics.histogram.backendResponse.labels({ service });
    this.#drops = eachOf(
      Object.keys(dropReasons) as DropReason[],
      (reason) => counter.drops.labels({ service, reason }),
    );
    this.#flowEnds = eachOf(
      flowEnds,
      (reason) => counter.udpFlowsEnded.labels({ service, reason }),
    );
  }

  drop(reason: DropReason): void {
    this.#drops[reason].inc();
  }

  /** Counts a flow that begins. */
  flowOpened(): void {
    this.#flowsOpened.inc();
    this.#flows.inc();
  }

  /** Counts a flow that has ended. */
  flowEnded(why: FlowEnd): void {
    this.#flows.dec();
    this.#flowEnds[why].inc();
  }

  /** An idle flow's first packet got its first reply after `elapsedMs`. */
  backendResponded(elapsedMs: number): void {
    this.#responses.observe(elapsedMs / 1000);
  }

  /** Counts a failure at the backend's side; `kind` is one of a fixed set. */
  backendError(kind: string): void {
    this.#metrics.counter.backendErrors.labels({ service: this.#service, kind }).inc();
  }

  /** Counts a successful resolution of the backend's name. */
  backendResolved(): void {
    this.#metrics.counter.backendResolutions.labels({ service: this.#service }).inc();
  }
}

function eachOf<K extends string>(
  keys: readonly K[],
  make: (key: K) => Counter,
): Record<K, Counter> {
  return Object.fromEntries(keys.map((key) => [key, make(key)])) as Record<K, Counter>;
}
