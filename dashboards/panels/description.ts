import type { MetricDefinition } from "../../tunnel/metric_catalogue.ts";

/** A panel's description, from the definition of what it shows. */
export function describeMetric(...metrics: readonly MetricDefinition[]): string {
  return metrics.map(({ name, help, advice }) => `${help}.\n\n${advice}\n\n\`${name}\``)
    .join("\n\n---\n\n");
}

/** Words of a hand-composed panel, with the names of the metrics that it is made of. */
export function describe(what: string, advice: string, metrics: readonly string[]): string {
  return `${what}.\n\n${advice}\n\n${metrics.map((name) => `\`${name}\``).join(", ")}`;
}

const programPrefix = /^(ztna_relay|ztna_connector|ztna|process)_/;
const unitSuffix = /(_timestamp)?_(seconds|bytes|ratio)$/;
const upperCase: Readonly<Record<string, string>> = {
  cpu: "CPU",
  fds: "file descriptors",
  id: "ID",
  ids: "IDs",
  quic: "QUIC",
  rtt: "RTT",
  tcp: "TCP",
  tls: "TLS",
  udp: "UDP",
};

/** A title for the panel of a metric, from its name: `UDP flows ended by reason`. */
export function titleOf(metric: MetricDefinition): string {
  const { name, unit, labels = {}, kind } = metric;
  const bare = name.replace(programPrefix, "").replace(/_total$/, "");
  // "received bytes" needs its unit to differ from "packets received"; "uptime seconds" does not.
  const subject = unit === "bytes" && kind === "counter" ? bare : bare.replace(unitSuffix, "");
  const words = subject.split("_").map((word) => upperCase[word] ?? word).join(" ");
  const by = Object.keys(labels);
  // The labels of an info are its columns, and those of a flag the names of its bars.
  const isNamed = metric.reading === "info" || metric.reading === "flag";
  const grouped = by.length === 0 || isNamed ? words : `${words} by ${by.join(" and ")}`;
  return grouped[0]!.toUpperCase() + grouped.slice(1);
}
