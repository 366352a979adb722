import { formatTable } from "../table.ts";
import type { ScrapeBenchReport } from "./bench.ts";

/** The report for people. */
export function formatReport(report: ScrapeBenchReport): string {
  const { connections, services, bytes, series, idle, loaded, dip } = report;
  const times = formatTable(
    ["scrapes while", "number", "p50", "p99"],
    [["idle", idle] as const, ["forwarding at 70 %", loaded] as const].map(([name, of]) => [
      name,
      of.scrapes.toFixed(0),
      `${of.p50Ms.toFixed(1)} ms`,
      `${of.p99Ms.toFixed(1)} ms`,
    ]),
  );
  const forwarding = formatTable(
    ["forwarding", "datagrams/s", "sent at 70 %", "lost"],
    [
      [
        "without scrapes",
        dip.datagramsPerSecond.toFixed(0),
        dip.sent.toFixed(0),
        dip.lost.toFixed(0),
      ],
      [
        "a scrape every second",
        dip.scrapedDatagramsPerSecond.toFixed(0),
        dip.scrapedSent.toFixed(0),
        dip.scrapedLost.toFixed(0),
      ],
    ],
  );
  const range = `${dip.lowerQuartile.toFixed(3)} to ${dip.upperQuartile.toFixed(3)}`;
  return `A relay with ${connections} connections and ${services} services

${times}

Size: ${(bytes / 1024).toFixed(1)} KiB, ${series} series

${forwarding}

With scrapes over without: ${
    dip.ratio.toFixed(3)
  } (${range} in half of ${dip.pairs} pairs of seconds)`;
}
