import { type MetricDefinition, metricTopics } from "../tunnel/metric_catalogue.ts";
import { topicTitles } from "./boards/topic_rows.ts";
import { jobs, ownMetrics, type ScrapedProgram, sharedMetrics } from "./catalogue.ts";
import type { GeneratedFile } from "./generated_file.ts";

const introduction = `# Metrics

This page is made from the programs' own definitions: \`deno task dashboards\`. The same definitions
make the dashboards and the alerts; change \`relay/metrics.ts\`, \`connector/metrics.ts\` and their
like, never this page.

Each program serves its metrics at \`/metrics\`. Prometheus adds to every series the labels \`job\`
(\`ztna-relay\` or \`ztna-connector\`), \`instance\` (the host's name in the inventory) and \`fleet\`.

How to read it:

- A **counter** only grows, until its program starts again: look at its rate. A **gauge** is a value
  now. A **histogram** counts values in buckets; its series end in \`_bucket\`, \`_sum\` and \`_count\`.
- **Orange, red**: from where dashboards colour it so. Of a counter it is the rate in a second, of a
  time stamp the time that is left, of a histogram the 99th percentile.
- **Limit**: the gauge that says the most that it can be.
`;

/** Of the checkout's Markdown. */
const lineWidth = 100;

const programTitles: Readonly<Record<ScrapedProgram, string>> = {
  relay: "Relay",
  connector: "Connector",
};

/** The reference of all metrics, as an operator reads it. */
export function metricsDocument(): GeneratedFile {
  const parts = [
    introduction,
    ...(Object.keys(jobs) as ScrapedProgram[]).map((program) =>
      part(programTitles[program], `Of \`job="${jobs[program]}"\`.`, ownMetrics(program))
    ),
    part("Every program", "Of relays and connectors alike.", sharedMetrics),
  ];
  return { path: "docs/metrics.md", text: parts.join("\n") };
}

function part(title: string, of: string, metrics: readonly MetricDefinition[]): string {
  const topics = metricTopics.flatMap((topic) => {
    const own = metrics.filter((metric) => metric.topic === topic);
    if (own.length === 0) return [];
    return [`### ${title}: ${topicTitles[topic].toLowerCase()}\n\n${own.map(entry).join("\n")}`];
  });
  return [`## ${title}\n\n${of}\n`, ...topics].join("\n");
}

function entry(metric: MetricDefinition): string {
  const { name, help, advice, labels = {}, limit, buckets, thresholds } = metric;
  const facts = [
    ...Object.entries(labels).map(([label, values]) => `Label \`${label}\`: ${valuesOf(values)}`),
    ...(limit === undefined ? [] : [`Limit: \`${limit}\``]),
    ...(thresholds === undefined ? [] : [thresholdsOf(metric)]),
    ...(buckets === undefined ? [] : [
      `Buckets up to ${buckets.map((bound) => amount(bound, metric)).join(", ")}`,
    ]),
  ];
  return [
    `#### \`${name}\`\n`,
    `${wrap(`${kindOf(metric)}. ${help}.`)}\n`,
    `${wrap(advice)}\n`,
    ...(facts.length === 0 ? [] : [`${facts.map((fact) => wrap(`- ${fact}`, "  ")).join("\n")}\n`]),
  ].join("\n");
}

/** Lines as `deno fmt` breaks them; all but the first begin with `indent`. */
function wrap(text: string, indent = ""): string {
  const lines: string[] = [];
  let line = "";
  for (const word of text.split(" ")) {
    const longer = line === "" ? word : `${line} ${word}`;
    if (longer.length <= lineWidth) {
      line = longer;
    } else {
      lines.push(line);
      line = indent + word;
    }
  }
  return [...lines, line].join("\n");
}

/** The help says it of gauges that are no amount. */
function kindOf({ kind, unit, reading = "amount" }: MetricDefinition): string {
  const title = kind[0]!.toUpperCase() + kind.slice(1);
  return unit === undefined || reading !== "amount" ? title : `${title}, ${unit}`;
}

const valuesOf = (values: readonly string[] | string): string =>
  typeof values === "string"
    ? lowerFirst(values)
    : values.map((value) => `\`${value}\``).join(", ");

/** In the middle of a line: "ID" stays as it is. */
const lowerFirst = (text: string): string =>
  /^\p{Lu}\p{Lu}/u.test(text) ? text : text[0]!.toLowerCase() + text.slice(1);

function thresholdsOf(metric: MetricDefinition): string {
  const { warning, critical } = metric.thresholds!;
  const side = critical < warning ? "below" : "from";
  return `Orange ${side} ${amount(warning, metric)}, red ${side} ${amount(critical, metric)}`;
}

/** A value with its unit, as people say it: `21 days`, `25 ms`, `64 KiB`. */
function amount(value: number, { kind, unit }: MetricDefinition): string {
  if (kind === "counter") {
    // Seconds of CPU in a second.
    return unit === "seconds" ? percent(value) : `${value} a second`;
  }
  switch (unit) {
    case "seconds":
      return duration(value);
    case "bytes":
      return size(value);
    case "ratio":
      return percent(value);
    default:
      return value.toLocaleString("en");
  }
}

const percent = (part: number): string => `${Number((part * 100).toPrecision(6))} %`;

/** Units of time from the longest, in seconds; a value gets the longest that divides it. */
const timeUnits: readonly (readonly [name: string, seconds: number])[] = [
  ["days", 86_400],
  ["h", 3600],
  ["min", 60],
  ["s", 1],
];

function duration(seconds: number): string {
  if (seconds < 1) {
    const milliseconds = Number((seconds * 1000).toPrecision(6));
    return milliseconds < 1 ? `${Number((seconds * 1e6).toPrecision(6))} µs` : `${milliseconds} ms`;
  }
  const [name, length] = timeUnits.find(([, length]) => seconds % length === 0) ?? ["s", 1];
  return `${seconds / length} ${name}`;
}

/** Units of size from the largest. */
const sizeUnits: readonly (readonly [name: string, bytes: number])[] = [
  ["GiB", 2 ** 30],
  ["MiB", 2 ** 20],
  ["KiB", 2 ** 10],
];

function size(bytes: number): string {
  const [name, length] = sizeUnits.find(([, length]) => bytes >= length && bytes % length === 0) ??
    ["bytes", 1];
  return `${bytes / length} ${name}`;
}
