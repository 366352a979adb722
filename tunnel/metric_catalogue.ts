/** The base units of Prometheus that our metrics use; the name of a metric ends in its unit. */
export type MetricUnit = "seconds" | "bytes" | "ratio";

/** What a metric tells about: the section of the documentation and the row of the dashboard it is in. */
export const metricTopics = [
  "traffic",
  "errors",
  "latency",
  "saturation",
  "peers",
  "lifecycle",
  "process",
] as const;

/** One of {@linkcode metricTopics}. */
export type MetricTopic = typeof metricTopics[number];

/**
 * How the value of a gauge is meant. `amount`: so much of something. `flag`: 1 or 0. `timestamp`:
 * seconds since 1970. `info`: always 1, its labels are the value.
 */
export type GaugeReading = "amount" | "flag" | "timestamp" | "info";

/** Where a value is worth a warning, and where it is critical; the lower is worse if it is the critical one. */
export interface MetricThresholds {
  readonly warning: number;
  readonly critical: number;
}

/** One metric as data, from which code, documentation, dashboards and alerts are made. */
export interface MetricDefinition {
  /** Name on the wire, such as `ztna_relay_drops_total`: lower snake case. */
  readonly name: string;
  readonly kind: "counter" | "gauge" | "histogram";
  readonly topic: MetricTopic;
  /** One sentence that begins with a capital and ends without a full stop. */
  readonly help: string;
  /** What an operator does when it looks wrong: sentences, with their full stops. */
  readonly advice: string;
  /** Base unit; the name then ends in it, before `_total`. */
  readonly unit?: MetricUnit;
  /** For gauges; `amount` by default. */
  readonly reading?: GaugeReading;
  /**
   * Its labels by name: all values that one has, or what they are where only running shows them.
   * Each must have few values, see `createMetrics`.
   */
  readonly labels?: Readonly<Record<string, readonly string[] | string>>;
  /** Upper bounds of a histogram's buckets, ascending, without `+Inf`. */
  readonly buckets?: readonly number[];
  /**
   * For panels and alerts: of a counter the rate per second, of a gauge its value, of a timestamp
   * the seconds left, of a histogram the 99th percentile.
   */
  readonly thresholds?: MetricThresholds;
  /**
   * Of a gauge, the name of the one that tells the most that it can be: their ratio is how full
   * something is. Gauges with the same limit share it.
   */
  readonly limit?: string;
  /** A counter that the reference system named without `_total` (protocol section 10.2). */
  readonly legacyName?: boolean;
}

/** Metrics by the name that code uses for them. */
export type MetricCatalogue = Readonly<Record<string, MetricDefinition>>;

/**
 * All combinations of a metric's label values, `[{}]` without labels; `undefined` where only running
 * shows the values of one.
 *
 * @param more Values of labels that the definition does not list, by the label's name.
 */
export function knownLabelSets(
  { labels = {} }: Pick<MetricDefinition, "labels">,
  more: Readonly<Record<string, readonly string[]>> = {},
): readonly Readonly<Record<string, string>>[] | undefined {
  let sets: readonly Readonly<Record<string, string>>[] = [{}];
  for (const [name, listed] of Object.entries(labels)) {
    const values = typeof listed === "string" ? more[name] : listed;
    if (values === undefined) return undefined;
    sets = sets.flatMap((set) => values.map((value) => ({ ...set, [name]: value })));
  }
  return sets;
}

const units: readonly MetricUnit[] = ["seconds", "bytes", "ratio"];
/** Units that Prometheus' naming rules replace by a base unit. */
const derivedUnit =
  /_(ms|millis|milliseconds|micros|microseconds|nanos|nanoseconds|minutes|hours|days|kb|kib|mb|mib|kilobytes|megabytes|bits|percent)(_total)?$/;
const nameRule = /^[a-z][a-z0-9]*(_[a-z0-9]+)*$/;
/** Longest help and advice, in characters: a line or two of documentation. */
const maxHelpLength = 200;
const maxAdviceLength = 300;

/**
 * Checks a catalogue and gives it back with its exact type.
 *
 * @throws TypeError when a name, unit, help text, label or bucket breaks a rule; the message has one
 * line for each mistake.
 */
export function defineMetrics<const C extends MetricCatalogue>(catalogue: C): C {
  const mistakes = catalogueMistakes(catalogue);
  if (mistakes.length > 0) throw new TypeError(mistakes.join("\n"));
  return catalogue;
}

function catalogueMistakes(catalogue: MetricCatalogue): string[] {
  const mistakes: string[] = [];
  const taken = new Set<string>();
  for (const definition of Object.values(catalogue)) {
    const complain = (rule: string, value: unknown): void => {
      mistakes.push(
        `Cannot define metric "${definition.name}" as ${rule}: current value is ${
          JSON.stringify(value)
        }`,
      );
    };
    for (const series of seriesNames(definition)) {
      if (taken.has(series)) complain("another metric has this series name", series);
      taken.add(series);
    }
    checkName(definition, complain);
    checkUnit(definition, complain);
    checkHelp(definition.help, complain);
    checkAdvice(definition.advice, complain);
    checkReading(definition, complain);
    checkThresholds(definition.thresholds, complain);
    checkLimit(definition, catalogue, complain);
    checkLabels(definition.labels, complain);
    checkBuckets(definition, complain);
  }
  return mistakes;
}

type Complain = (rule: string, value: unknown) => void;

function seriesNames({ name, kind }: MetricDefinition): string[] {
  return kind === "histogram" ? [name, `${name}_bucket`, `${name}_sum`, `${name}_count`] : [name];
}

function checkName({ name, kind, legacyName = false }: MetricDefinition, complain: Complain): void {
  if (!nameRule.test(name)) complain("a name is lower snake case", name);
  if (/_(bucket|sum|count)$/.test(name)) {
    complain('the suffixes "_bucket", "_sum" and "_count" belong to histograms', name);
  }
  const isTotal = name.endsWith("_total");
  if (kind !== "counter" && isTotal) complain('only counters end in "_total"', name);
  if (kind === "counter" && !isTotal && !legacyName) {
    complain('a counter ends in "_total" unless it has "legacyName"', name);
  }
  if (legacyName && (kind !== "counter" || isTotal)) {
    complain('"legacyName" is for counters without "_total" only', legacyName);
  }
}

function checkUnit({ name, unit }: MetricDefinition, complain: Complain): void {
  if (derivedUnit.test(name)) {
    complain(`a name uses a base unit (${units.join(", ")})`, name);
  }
  const base = name.replace(/_total$/, "");
  if (unit !== undefined && !base.endsWith(`_${unit}`)) {
    complain(`a metric in ${unit} ends in "_${unit}", before "_total"`, name);
  }
  const suffix = units.find((known) => base.endsWith(`_${known}`));
  if (unit === undefined && suffix !== undefined) {
    complain(`a name that ends in "_${suffix}" needs the unit "${suffix}"`, unit ?? null);
  }
}

function checkHelp(help: string, complain: Complain): void {
  if (!/^\p{Lu}/u.test(help)) complain("help begins with a capital", help);
  if (/[.!\s]$/.test(help)) complain("help ends without a full stop", help);
  if (/[\r\n]/.test(help)) complain("help is one line", help);
  if (help.length > maxHelpLength) {
    complain(`help has at most ${maxHelpLength} characters`, help.length);
  }
}

function checkAdvice(advice: string, complain: Complain): void {
  if (!/^\S.*\.$/.test(advice)) {
    complain("advice is one line that ends with a full stop", advice);
  }
  if (advice.length > maxAdviceLength) {
    complain(`advice has at most ${maxAdviceLength} characters`, advice.length);
  }
}

function checkReading({ kind, reading, unit }: MetricDefinition, complain: Complain): void {
  if (reading === undefined) return;
  if (kind !== "gauge") complain("only gauges have a reading", reading);
  if (reading === "timestamp" && unit !== "seconds") {
    complain("a timestamp is in seconds", unit ?? null);
  }
  if (reading !== "amount" && reading !== "timestamp" && unit !== undefined) {
    complain("a flag or an info has no unit", unit);
  }
}

function checkThresholds(thresholds: MetricThresholds | undefined, complain: Complain): void {
  if (thresholds === undefined) return;
  const { warning, critical } = thresholds;
  if (!Number.isFinite(warning) || !Number.isFinite(critical) || warning === critical) {
    complain("its thresholds are two different finite numbers", thresholds);
  }
}

function checkLimit(
  { kind, name, limit }: MetricDefinition,
  catalogue: MetricCatalogue,
  complain: Complain,
): void {
  if (limit === undefined) return;
  if (kind !== "gauge") complain("only gauges have a limit", limit);
  const found = Object.values(catalogue).find((other) => other.name === limit);
  if (found?.kind !== "gauge" || limit === name) {
    complain("its limit is another gauge of the catalogue", limit);
  }
}

function checkLabels(labels: MetricDefinition["labels"], complain: Complain): void {
  if (labels === undefined) return;
  const names = Object.keys(labels);
  if (names.length === 0) complain('a metric without labels has no "labels"', labels);
  for (const name of names) {
    if (!nameRule.test(name)) complain("a label is lower snake case", name);
    if (name === "le" || name === "quantile") complain("this label is reserved", name);
    const values = labels[name] as readonly string[] | string;
    if (values.length === 0 || new Set(values).size !== values.length && Array.isArray(values)) {
      complain("a label has values, each named once, or a text that says what they are", values);
    }
  }
}

function checkBuckets({ kind, buckets }: MetricDefinition, complain: Complain): void {
  if (kind !== "histogram") {
    if (buckets !== undefined) complain("only histograms have buckets", buckets);
    return;
  }
  if (buckets === undefined || buckets.length === 0) {
    complain("a histogram needs buckets", buckets ?? null);
    return;
  }
  const ascending = buckets.every((bound, i) =>
    Number.isFinite(bound) && (i === 0 || bound > (buckets[i - 1] ?? bound))
  );
  if (!ascending) complain("buckets are finite and ascending", buckets);
}
