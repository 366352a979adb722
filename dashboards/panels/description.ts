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
const spelling: Readonly<Record<string, string>> = {
  cpu: "CPU",
  datagrams: "DATAGRAMs",
  fds: "file descriptors",
  id: "ID",
  ids: "IDs",
  quic: "QUIC",
  rtt: "RTT",
  tcp: "TCP",
  tls: "TLS",
  udp: "UDP",
};

/** A title for the panel of a metric, from its name: `UDP flows ended by service and reason`. */
export function titleOf(metric: MetricDefinition): string {
  const { name, unit, kind } = metric;
  const bare = name.replace(programPrefix, "").replace(/_total$/, "");
  // "received bytes" needs its unit to differ from "packets received"; "uptime seconds" does not.
  const subject = unit === "bytes" && kind === "counter" ? bare : bare.replace(unitSuffix, "");
  const labels = shownLabels(metric);
  const words = subject.split("_");
  // "service bytes by service" says it twice.
  if (words.length > 1 && labels.includes(words[0]!)) words.shift();
  const title = [...words.map((word) => spelling[word] ?? word), ...byLabels(labels)].join(" ");
  return title[0]!.toUpperCase() + title.slice(1);
}

/** The labels that tell the series of a metric's panel apart. */
function shownLabels({ kind, reading, labels = {} }: MetricDefinition): string[] {
  // A histogram's are summed up, an info's are its columns, and a flag's the names of its bars.
  const isNamed = kind === "histogram" || reading === "info" || reading === "flag";
  return isNamed ? [] : Object.keys(labels);
}

function byLabels(labels: readonly string[]): string[] {
  if (labels.length === 0) return [];
  // A label "by" has those who did it.
  const names = labels.map((label) => label === "by" ? "whom" : label);
  const last = names.pop()!;
  return ["by", names.length === 0 ? last : `${names.join(", ")} and ${last}`];
}
