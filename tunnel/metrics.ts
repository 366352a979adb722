import { Registry } from "prom-client";
import {
  Counter,
  Gauge,
  Histogram,
  type Labelled,
  LabelledInstruments,
  type ScrapeSource,
} from "./instruments.ts";
import {
  defineMetrics,
  knownLabelSets,
  type MetricCatalogue,
  type MetricDefinition,
} from "./metric_catalogue.ts";

export { defineMetrics, type MetricCatalogue, type MetricDefinition };
export type { Counter, Gauge, Histogram, Labelled, ScrapeSource };

type KeysOfKind<C extends MetricCatalogue, K extends MetricDefinition["kind"]> = {
  [P in keyof C]: C[P]["kind"] extends K ? P : never;
}[keyof C];

type InstrumentOf<D extends MetricDefinition, I> = D extends
  { readonly labels: infer L extends NonNullable<MetricDefinition["labels"]> }
  ? Labelled<I, keyof L & string>
  : I;

/** The instruments of a catalogue, by kind and by the name that the catalogue gives them. */
export interface Metrics<C extends MetricCatalogue> {
  readonly counter: { readonly [P in KeysOfKind<C, "counter">]: InstrumentOf<C[P], Counter> };
  readonly gauge: { readonly [P in KeysOfKind<C, "gauge">]: InstrumentOf<C[P], Gauge> };
  readonly histogram: {
    readonly [P in KeysOfKind<C, "histogram">]: InstrumentOf<C[P], Histogram>;
  };
  /**
   * All series in Prometheus' text format 0.0.4.
   *
   * @throws what a source given to `observe` throws.
   */
  exposition(): Promise<string>;
}

/** Bounds of a program's metrics. */
export interface MetricsOptions {
  /**
   * Most combinations of label values of one metric; 200 by default. The next ones share a series
   * whose labels are all `other`: label values may come from the wire, and memory is bounded.
   */
  readonly maxSeriesPerMetric?: number;
  /** Values of labels that the catalogue does not list and this process knows, by label. */
  readonly labelValues?: Readonly<Record<string, readonly string[]>>;
}

/** Enough for a value for each of many reasons, or for the services of one relay. */
const defaultMaxSeries = 200;

/**
 * Makes the instruments of a catalogue: plain numbers, which cost nanoseconds to change and become
 * `prom-client`'s series at each scrape. Where all values of a metric's labels are known, all
 * series are there at zero from the start: one that begins with its first event hides that event
 * from `rate()`.
 *
 * @throws TypeError when the catalogue breaks a naming rule, see `defineMetrics`.
 */
export function createMetrics<const C extends MetricCatalogue>(
  catalogue: C,
  options: MetricsOptions = {},
): Metrics<C> {
  const { maxSeriesPerMetric = defaultMaxSeries, labelValues = {} } = options;
  defineMetrics(catalogue);
  const registry = new Registry();
  const instruments: Record<MetricDefinition["kind"], Record<string, unknown>> = {
    counter: {},
    gauge: {},
    histogram: {},
  };
  for (const [key, definition] of Object.entries(catalogue)) {
    const { instrument, collect } = createInstrument(definition, maxSeriesPerMetric, labelValues);
    instruments[definition.kind][key] = instrument;
    register(registry, definition, collect);
  }
  // The loop above filled each kind with the catalogue's keys of that kind, which is what the type says.
  const typed = instruments as unknown as Omit<Metrics<C>, "exposition">;
  return { ...typed, exposition: () => registry.metrics() };
}

/** One line of the exposition, as `prom-client` takes it. */
interface Sample {
  readonly metricName: string;
  /** Labels of its series, the same object at each scrape: their text is made once. */
  readonly sharedLabels: Readonly<Record<string, string>>;
  /** Labels of this line alone. */
  readonly labels?: Readonly<Record<string, string>>;
  readonly value: number;
}

type AnyInstrument = Counter | Gauge | Histogram;

function createInstrument(
  definition: MetricDefinition,
  maxSeries: number,
  labelValues: Readonly<Record<string, readonly string[]>>,
): { instrument: unknown; collect: () => Sample[] } {
  const { kind, labels, buckets = [], name } = definition;
  const create = (): AnyInstrument => {
    if (kind === "counter") return new Counter();
    return kind === "gauge" ? new Gauge() : new Histogram(buckets);
  };
  if (labels === undefined) {
    const instrument = create();
    return { instrument, collect: () => samples(name, noLabels, instrument) };
  }
  const children = new LabelledInstruments(Object.keys(labels), maxSeries, create);
  for (const set of knownLabelSets(definition, labelValues) ?? []) children.labels(set);
  const collect = (): Sample[] => {
    const all: Sample[] = [];
    for (const child of children.series()) {
      for (const sample of samples(name, child.labels, child.instrument)) all.push(sample);
    }
    return all;
  };
  return { instrument: children, collect };
}

const noLabels: Sample["sharedLabels"] = {};

function samples(
  name: string,
  sharedLabels: Sample["sharedLabels"],
  instrument: AnyInstrument,
): Sample[] {
  if (!(instrument instanceof Histogram)) {
    const value = instrument.value;
    return value === undefined ? [] : [{ metricName: name, sharedLabels, value }];
  }
  const buckets = instrument.cumulated().map(({ bound, count }) => ({
    metricName: `${name}_bucket`,
    sharedLabels,
    labels: { le: bound === Infinity ? "+Inf" : String(bound) },
    value: count,
  }));
  return [
    ...buckets,
    { metricName: `${name}_sum`, sharedLabels, value: instrument.sum },
    { metricName: `${name}_count`, sharedLabels, value: instrument.count },
  ];
}

/**
 * Registers a metric that is read at scrape time. `prom-client` asks no more of a metric than its
 * name and a `get`, but its type names the classes of its own.
 */
function register(
  registry: Registry,
  { name, kind, help }: MetricDefinition,
  collect: () => Sample[],
): void {
  const metric = {
    name,
    get: () => Promise.resolve({ name, help, type: kind, values: collect(), aggregator: "sum" }),
  };
  registry.registerMetric(metric as unknown as Parameters<Registry["registerMetric"]>[0]);
}
