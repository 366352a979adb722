import { connectorMetrics } from "../../../connector/metrics.ts";
import { relayMetrics } from "../../../relay/metrics.ts";
import type { MetricDefinition } from "../../../tunnel/metric_catalogue.ts";
import { type Labels, series } from "./alert_case.ts";

/** How often Prometheus looks, in seconds. */
const scrapeSeconds = 15;
/** Scrapes that see a relay drain: the default of 10 s, and it is never as quick as that. */
const drainScrapes = 2;
/** The first restart is at this scrape, after 65 minutes: windows of an hour are full. */
const firstRestart = 260;
/** Scrapes of the whole story: 85 minutes. */
const scrapes = 340;
/** Clients of each relay, which all come back after its restart. */
const clients = 500;

/** What a host runs, and at which scrape it does not answer because it is restarted. */
interface Restarted {
  readonly target: Labels;
  readonly goneAt: number;
}

/** A value at a scrape; `undefined` for a series that is not there. */
type ValueAt = (scrape: number) => number | undefined;

/**
 * What Prometheus sees of a fleet through a deploy: each relay drains, is away at one scrape and
 * comes back with a new release, and so does each connector, after it was without its relay at one
 * scrape. Worse than usual: a program is away for two seconds, which most scrapes do not see.
 *
 * @param fleet Name of the fleet.
 * @param hosts How many relays it has, and as many connectors, one for each.
 */
export function rolloutSeries(fleet: string, hosts: number): Record<string, string> {
  const all: Record<string, string> = {};
  for (let host = 0; host < hosts; host++) {
    const target = { fleet, job: "ztna-relay", instance: `${fleet}-relay${host + 1}` };
    const relay = { target, goneAt: firstRestart + 4 * host };
    Object.assign(all, relaySeries(relay));
    const connector = {
      target: { fleet, job: "ztna-connector", instance: `${fleet}-app${host + 1}` },
      goneAt: firstRestart + 4 * (hosts + host),
    };
    Object.assign(all, connectorSeries(connector, relay.goneAt));
  }
  return all;
}

function relaySeries({ target, goneAt }: Restarted): Record<string, string> {
  const drains = (scrape: number): boolean => scrape < goneAt && scrape >= goneAt - drainScrapes;
  return {
    ...processSeries({ target, goneAt }, relayMetrics.uptimeSeconds),
    ...only(target, goneAt, relayMetrics.ready, {}, (scrape) => drains(scrape) ? 0 : 1),
    ...only(target, goneAt, relayMetrics.draining, {}, (scrape) => drains(scrape) ? 1 : 0),
    ...only(target, goneAt, relayMetrics.establishedConnections, {}, () => clients),
    ...counter(target, goneAt, relayMetrics.datagramsRelayed, {}, 15_000),
    ...only(
      ...[target, goneAt, relayMetrics.handshakes, { result: "completed" }] as const,
      (scrape) => scrape > goneAt ? clients : 0,
    ),
    ...only(
      ...[target, goneAt, relayMetrics.drops, { reason: "no_connector" }] as const,
      // Until its connector is back; and when the connector is restarted in turn.
      (scrape) => scrape > goneAt ? 50 : 0,
    ),
    ...only(target, goneAt, relayMetrics.retryTokenFailures, {}, (s) => s > goneAt ? clients : 0),
  };
}

function connectorSeries(restarted: Restarted, relayGoneAt: number): Record<string, string> {
  const { target, goneAt } = restarted;
  return {
    ...processSeries(restarted, connectorMetrics.uptime),
    ...only(
      ...[target, goneAt, connectorMetrics.uplinkState] as const,
      { service: "web", state: "registered" },
      (scrape) => scrape === relayGoneAt ? 0 : 1,
    ),
    ...only(target, goneAt, connectorMetrics.services, {}, () => 1),
    ...only(
      ...[target, goneAt, connectorMetrics.reconnections, {}] as const,
      (scrape) => scrape < goneAt && scrape > relayGoneAt ? 1 : 0,
    ),
  };
}

/** What every process has. */
function processSeries(
  { target, goneAt }: Restarted,
  uptime: MetricDefinition,
): Record<string, string> {
  const startedAt = (scrape: number): number => scrape > goneAt ? goneAt * scrapeSeconds : 0;
  const runs = (release: string, is: (scrape: number) => boolean): Record<string, string> =>
    only(
      ...[target, goneAt, relayMetrics.buildInfo] as const,
      { release, version: "1.0.0", instance_id: release },
      (scrape) => is(scrape) ? 1 : undefined,
    );
  return {
    [series("up", target)]: values((scrape) => scrape === goneAt ? 0 : 1),
    ...only(target, goneAt, relayMetrics.processStartTimeSeconds, {}, startedAt),
    ...only(target, goneAt, uptime, {}, (scrape) => scrape * scrapeSeconds - startedAt(scrape)),
    ...runs("1.0.0-a", (scrape) => scrape < goneAt),
    ...runs("1.0.0-b", (scrape) => scrape > goneAt),
  };
}

/** A counter that begins anew with the process. */
function counter(
  target: Labels,
  goneAt: number,
  metric: MetricDefinition,
  labels: Labels,
  each: number,
): Record<string, string> {
  return only(
    target,
    goneAt,
    metric,
    labels,
    (scrape) => each * (scrape > goneAt ? scrape - goneAt : scrape),
  );
}

/** A series that is not there at the scrape that failed. */
function only(
  target: Labels,
  goneAt: number,
  { name }: MetricDefinition,
  labels: Labels,
  valueAt: ValueAt,
): Record<string, string> {
  return {
    [series(name, { ...target, ...labels })]: values((scrape) =>
      scrape === goneAt ? undefined : valueAt(scrape)
    ),
  };
}

const values = (valueAt: ValueAt): string =>
  Array.from({ length: scrapes }, (_, scrape) => valueAt(scrape) ?? "stale").join(" ");
