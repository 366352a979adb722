import { type BenchOptions } from "../relay/bench.ts";
import { BenchTunnel } from "../relay/bench_tunnel.ts";
import type { Program } from "../relay/programs.ts";
import { medianOf, turnsOf } from "../statistics.ts";
import { formatReport } from "./report.ts";

/** Times of scrapes. */
export interface ScrapeTimes {
  readonly scrapes: number;
  /** From the request to the last byte, in ms. */
  readonly p50Ms: number;
  readonly p99Ms: number;
}

/** What the relay forwarded with a scrape every second, and without any. */
export interface ForwardingDip {
  /** Seconds with a scrape, each of which has one without beside it. */
  readonly pairs: number;
  /** Datagrams of such seconds at the highest rate; medians. */
  readonly datagramsPerSecond: number;
  readonly scrapedDatagramsPerSecond: number;
  /** Scraped over not, in each pair; the median, and what half of the pairs are between. */
  readonly ratio: number;
  readonly lowerQuartile: number;
  readonly upperQuartile: number;
  /** Datagrams that were lost at 70 % of the highest rate, of so many. */
  readonly sent: number;
  readonly lost: number;
  readonly scrapedSent: number;
  readonly scrapedLost: number;
}

/** Everything that `deno task bench scrape --json` prints. */
export interface ScrapeBenchReport {
  readonly schema: 1;
  readonly connections: number;
  readonly services: number;
  readonly bytes: number;
  readonly series: number;
  /** While nothing is forwarded. */
  readonly idle: ScrapeTimes;
  /** At 70 % of the highest rate. */
  readonly loaded: ScrapeTimes;
  readonly dip: ForwardingDip;
}

/** Inner packets of the load, in bytes. */
const payloadBytes = 512;
/** Names as long as those that people give. */
const serviceName = (index: number): string => `service-${index}.example-team`;

/** A measurement with scrapes beside it, or without. */
type Contestant = "scraped" | "quiet";

/** Scrapes of a relay with many connections and services, and what they cost its packets. */
export async function benchScrape(
  { quick, progress }: BenchOptions,
): Promise<{ json: ScrapeBenchReport; table: string }> {
  const [connections, services] = quick ? [200, 50] : [2000, 200];
  // Two services belong to the load.
  const idleServices = Array.from({ length: services - 2 }, (_, index) => serviceName(index));
  await using tunnel = new BenchTunnel();
  const interrupt = (): void => {
    void tunnel[Symbol.asyncDispose]().finally(() => Deno.exit(130));
  };
  Deno.addSignalListener("SIGINT", interrupt);
  Deno.addSignalListener("SIGTERM", interrupt);
  progress(`opening ${connections} connections for ${services} services`);
  await tunnel.start({ idleServices });
  const agents = tunnel.idleAgents(idleServices);
  await agents.ask({ do: "connect", count: connections - services - 1 });

  progress("scraping while nothing is forwarded");
  const idle = await timeScrapes(tunnel.relay, quick ? 20 : 200, 50);
  progress("forwarding, with scrapes and without");
  const { dip, loaded } = await measureDip(tunnel, quick);
  const text = await tunnel.relay.exposition();
  Deno.removeSignalListener("SIGINT", interrupt);
  Deno.removeSignalListener("SIGTERM", interrupt);
  const json: ScrapeBenchReport = {
    schema: 1,
    connections: valueOf(text, "ztna_relay_established_connections"),
    services: valueOf(text, "ztna_relay_services"),
    bytes: new TextEncoder().encode(text).length,
    series: text.split("\n").filter((line) => /^[a-z]/.test(line)).length,
    idle,
    loaded,
    dip,
  };
  return { json, table: formatReport(json) };
}

function valueOf(exposition: string, name: string): number {
  return Number(new RegExp(`^${name} (\\S+)$`, "m").exec(exposition)?.[1]);
}

async function timeScrape(program: Program): Promise<number> {
  const startMs = performance.now();
  await program.exposition();
  return performance.now() - startMs;
}

async function timeScrapes(
  program: Program,
  count: number,
  pauseMs: number,
): Promise<ScrapeTimes> {
  const times: number[] = [];
  while (times.length < count) {
    times.push(await timeScrape(program));
    await pause(pauseMs);
  }
  return timesOf(times);
}

function timesOf(times: readonly number[]): ScrapeTimes {
  return { scrapes: times.length, p50Ms: quantile(times, 0.5), p99Ms: quantile(times, 0.99) };
}

/** The least value that at least this part of all is not above. */
function quantile(values: readonly number[], part: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.ceil(part * sorted.length) - 1] ?? Number.NaN;
}

/** Does `work` with a scrape every second, whose times go to `times`. */
async function whileScraped<T>(
  program: Program,
  times: number[],
  work: () => Promise<T>,
): Promise<T> {
  let isOver = false;
  const scraping = (async (): Promise<void> => {
    while (!isOver) {
      times.push(await timeScrape(program));
      await pause(1000);
    }
  })();
  const result = await work();
  isOver = true;
  await scraping;
  return result;
}

/**
 * Datagrams of each second of one flood, with a scrape in two of every four (quiet, scraped,
 * scraped, quiet), so that what else the machine does is in neighbours alike.
 */
async function floodWithScrapes(
  { load, relay }: BenchTunnel,
  seconds: number,
): Promise<Record<Contestant, number[]>> {
  const isScraped = (second: number): boolean => second % 4 === 1 || second % 4 === 2;
  const startMs = performance.now();
  const flood = load.ask({ do: "floodBySeconds", bytes: payloadBytes, seconds });
  for (let second = 0; second < seconds; second++) {
    // Not at the very edge, as the agent has begun a little later.
    await pause(startMs + 1000 * second + 100 - performance.now());
    if (isScraped(second)) await timeScrape(relay);
  }
  const counts: Record<Contestant, number[]> = { scraped: [], quiet: [] };
  for (const [name, count] of Object.entries(await flood)) {
    const second = Number(name.slice("second".length));
    counts[isScraped(second) ? "scraped" : "quiet"].push(count);
  }
  return counts;
}

async function measureDip(
  tunnel: BenchTunnel,
  quick: boolean,
): Promise<{ dip: ForwardingDip; loaded: ScrapeTimes }> {
  const { load, relay } = tunnel;
  await load.ask({ do: "flood", bytes: payloadBytes, seconds: 1 });
  const perSecond = await floodWithScrapes(tunnel, quick ? 8 : 120);
  const ratios = perSecond.scraped.map((scraped, pair) => scraped / perSecond.quiet[pair]!);
  const datagramsPerSecond = medianOf(perSecond.quiet);

  const loadedTimes: number[] = [];
  const packets = { scraped: { sent: 0, lost: 0 }, quiet: { sent: 0, lost: 0 } };
  for (let round = 0; round < (quick ? 1 : 6); round++) {
    for (const contestant of turnsOf<Contestant>(["quiet", "scraped"], round)) {
      const work = (): ReturnType<typeof load.ask> =>
        load.ask({
          ...{ do: "rate", bytes: payloadBytes, seconds: 5 },
          perSecond: 0.7 * datagramsPerSecond,
        });
      const rate = await tunnel.during(() =>
        contestant === "quiet" ? work() : whileScraped(relay, loadedTimes, work)
      );
      packets[contestant].sent += rate.sent!;
      packets[contestant].lost += rate.sent! - rate.delivered;
    }
  }
  return {
    loaded: timesOf(loadedTimes),
    dip: {
      pairs: ratios.length,
      datagramsPerSecond,
      scrapedDatagramsPerSecond: medianOf(perSecond.scraped),
      ratio: medianOf(ratios),
      lowerQuartile: quantile(ratios, 0.25),
      upperQuartile: quantile(ratios, 0.75),
      ...packets.quiet,
      scrapedSent: packets.scraped.sent,
      scrapedLost: packets.scraped.lost,
    },
  };
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
