/** The base units of Prometheus that our metrics use; the name of a metric ends in its unit. */
export type MetricUnit = "seconds" | "bytes" | "ratio";

/** One metric as data, from which code, documentation, dashboards and alerts are made. */
export interface MetricDefinition {
  /** Name on the wire, such as `ztna_relay_drops_total`: lower snake case. */
  readonly name: string;
  readonly kind: "counter" | "gauge" | "histogram";
  /** One sentence that begins with a capital and ends without a full stop. */
  readonly help: string;
  /** Base unit; the name then ends in it, before `_total`. */
  readonly unit?: MetricUnit;
  /** Names of its labels; each must have few values, see `createMetrics`. */
  readonly labels?: readonly string[];
  /** Upper bounds of a histogram's buckets, ascending, without `+Inf`. */
  readonly buckets?: readonly number[];
  /** A counter that the reference system named without `_total` (protocol section 10.2). */
  readonly legacyName?: boolean;
}

/** Metrics by the name that code uses for them. */
export type MetricCatalogue = Readonly<Record<string, MetricDefinition>>;

const units: readonly MetricUnit[] = ["seconds", "bytes", "ratio"];
/** Units that Prometheus' naming rules replace by a base unit. */
const derivedUnit =
  /_(ms|millis|milliseconds|micros|microseconds|nanos|nanoseconds|minutes|hours|days|kb|kib|mb|mib|kilobytes|megabytes|bits|percent)(_total)?$/;
const nameRule = /^[a-z][a-z0-9]*(_[a-z0-9]+)*$/;
/** Longest help text, in characters: one line of documentation. */
const maxHelpLength = 200;

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

/** A catalogue as rows of a Markdown table: name, kind, unit, labels, help. No heading rows. */
export function metricTableRows(catalogue: MetricCatalogue): string[] {
  return Object.values(catalogue).map(({ name, kind, unit, labels = [], help }) => {
    const labelList = labels.map((label) => `\`${label}\``).join(", ");
    return `| \`${name}\` | ${kind} | ${unit ?? ""} | ${labelList} | ${
      help.replaceAll("|", "\\|")
    } |`;
  });
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

function checkLabels(labels: readonly string[] | undefined, complain: Complain): void {
  if (labels === undefined) return;
  if (labels.length === 0) complain('a metric without labels has no "labels"', labels);
  if (new Set(labels).size !== labels.length) complain("each label is named once", labels);
  for (const label of labels) {
    if (!nameRule.test(label)) complain("a label is lower snake case", label);
    if (label === "le" || label === "quantile") complain("this label is reserved", label);
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
