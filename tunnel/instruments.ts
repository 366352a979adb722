import { escapeControls } from "./printable.ts";

/** A value read when the metrics are scraped; `undefined` leaves the series out of that scrape. */
export type ScrapeSource = () => number | undefined;

/** Counts what happened. */
export class Counter {
  #value = 0;
  #source: ScrapeSource | undefined;

  /** Adds `count`; what is not a finite number from 0 up is ignored, so that nothing can go back. */
  inc(count = 1): void {
    if (count >= 0 && count < Infinity) this.#value += count;
  }

  /** Reads the count from elsewhere at each scrape, instead of what `inc` has added. */
  observe(source: ScrapeSource): void {
    this.#source = source;
  }

  /** The count now. @throws what the source given to `observe` throws. */
  get value(): number | undefined {
    return this.#source === undefined ? this.#value : this.#source();
  }
}

/** A value that goes up and down. */
export class Gauge {
  #value = 0;
  #source: ScrapeSource | undefined;

  /** @param value Any number, also an infinity or `NaN`, which Prometheus knows. */
  set(value: number): void {
    this.#value = value;
  }

  /** Adds `amount`, 1 by default. */
  inc(amount = 1): void {
    this.#value += amount;
  }

  /** Subtracts `amount`, 1 by default. */
  dec(amount = 1): void {
    this.#value -= amount;
  }

  /** Reads the value from elsewhere at each scrape, instead of what `set` has left. */
  observe(source: ScrapeSource): void {
    this.#source = source;
  }

  /** The value now. @throws what the source given to `observe` throws. */
  get value(): number | undefined {
    return this.#source === undefined ? this.#value : this.#source();
  }
}

/** Counts observations in ranges. */
export class Histogram {
  readonly #bounds: Float64Array;
  /** Observations by the first bound that holds them, not cumulated; the last is beyond all. */
  readonly #counts: Float64Array;
  #sum = 0;
  #count = 0;

  /** @param bounds Upper bounds, ascending and finite. */
  constructor(bounds: readonly number[]) {
    this.#bounds = Float64Array.from(bounds);
    this.#counts = new Float64Array(bounds.length + 1);
  }

  /** Counts one observation; what is not a finite number is ignored, as it would spoil the sum. */
  observe(value: number): void {
    // Also false for NaN.
    if (!(value > -Infinity && value < Infinity)) return;
    const bounds = this.#bounds;
    let low = 0;
    let high = bounds.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (value <= (bounds[middle] as number)) high = middle;
      else low = middle + 1;
    }
    (this.#counts[low] as number)++;
    this.#sum += value;
    this.#count++;
  }

  /** How many observations there were. */
  get count(): number {
    return this.#count;
  }

  /** Sum of all observations. */
  get sum(): number {
    return this.#sum;
  }

  /** Upper bounds with the number of observations at most that high; the last is for `Infinity`. */
  cumulated(): { readonly bound: number; readonly count: number }[] {
    let count = 0;
    return Array.from(this.#counts, (inBucket, i) => {
      count += inBucket;
      return { bound: this.#bounds[i] ?? Infinity, count };
    });
  }
}

/** Values for each label of a metric. */
export type LabelValues<L extends string> = Readonly<Record<L, string>>;

/** A metric with labels: an instrument for each combination of label values. */
export interface Labelled<I, L extends string> {
  /**
   * The instrument of these label values, made on first use. Keep it where it is used often.
   *
   * Past the bound of label combinations, all new ones share the instrument whose labels are all
   * `other`. Values are cut at 128 characters.
   */
  labels(values: LabelValues<L>): I;
  /** Drops a series, for example of a peer that has gone; whoever keeps its instrument counts on unseen. */
  remove(values: LabelValues<L>): void;
  /** All instruments with their labels. */
  series(): Iterable<{ readonly labels: LabelValues<L>; readonly instrument: I }>;
}

/** Longest label value; service IDs may have 255 bytes, and series are held by every scraper. */
const maxLabelLength = 128;
/** Values that `labelValue` would not change; most of them. */
const plainLabel = /^[\x20-\x7e]{0,128}$/;
/** Label value of the instrument that takes what is beyond the bound. */
export const overflowLabel = "other";

interface Series<I, L extends string> {
  readonly labels: LabelValues<L>;
  readonly instrument: I;
}

/** One level for each label, so that looking up makes no strings and no value can fake another. */
type Level<I, L extends string> = Map<string, Level<I, L> | Series<I, L>>;

/** The children of one metric, found by their label values. */
export class LabelledInstruments<I, L extends string> implements Labelled<I, L> {
  readonly #names: readonly L[];
  readonly #maxSeries: number;
  readonly #create: () => I;
  readonly #root: Level<I, L> = new Map();
  readonly #series = new Set<Series<I, L>>();
  /** Takes what is beyond the bound, once something was. */
  #overflow: I | undefined;

  /** @param maxSeries Most combinations of label values, without the overflow one. */
  constructor(names: readonly L[], maxSeries: number, create: () => I) {
    this.#names = names;
    this.#maxSeries = maxSeries;
    this.#create = create;
  }

  labels(values: LabelValues<L>): I {
    const found = this.#find(values);
    return found === undefined ? this.#add(values) : found.instrument;
  }

  remove(values: LabelValues<L>): void {
    const kept = this.#mapValues((name) => labelValue(values[name]));
    const series = this.#find(kept);
    if (series === undefined) return;
    this.#series.delete(series);
    if (series.instrument === this.#overflow) this.#overflow = undefined;
    this.#prune(this.#root, kept, 0);
  }

  series(): Iterable<Series<I, L>> {
    return this.#series.values();
  }

  #find(values: LabelValues<L>): Series<I, L> | undefined {
    const names = this.#names;
    let level = this.#root;
    for (let i = 0; i < names.length - 1; i++) {
      const next = level.get(values[names[i] as L]);
      if (next === undefined) return undefined;
      level = next as Level<I, L>;
    }
    return level.get(values[names[names.length - 1] as L]) as Series<I, L> | undefined;
  }

  #add(values: LabelValues<L>): I {
    const full = this.#series.size >= this.#maxSeries;
    // Names made up by a hostile peer come here for every packet.
    if (full && this.#overflow !== undefined && this.#areKeptAsTheyAre(values)) {
      return this.#overflow;
    }
    const kept = this.#mapValues((name) => labelValue(values[name]));
    const known = this.#find(kept);
    if (known !== undefined) return known.instrument;
    if (!full) return this.#insert(kept);
    return this.#overflow ??= this.#labelsOf(this.#mapValues(() => overflowLabel));
  }

  #labelsOf(labels: LabelValues<L>): I {
    return this.#find(labels)?.instrument ?? this.#insert(labels);
  }

  #areKeptAsTheyAre(values: LabelValues<L>): boolean {
    for (const name of this.#names) if (!plainLabel.test(values[name])) return false;
    return true;
  }

  #insert(labels: LabelValues<L>): I {
    const series: Series<I, L> = { labels, instrument: this.#create() };
    this.#series.add(series);
    let level = this.#root;
    for (const name of this.#names.slice(0, -1)) {
      const value = labels[name];
      let next = level.get(value) as Level<I, L> | undefined;
      if (next === undefined) level.set(value, next = new Map());
      level = next;
    }
    level.set(labels[this.#names.at(-1) as L], series);
    return series.instrument;
  }

  #prune(level: Level<I, L>, labels: LabelValues<L>, depth: number): void {
    const value = labels[this.#names[depth] as L];
    if (depth < this.#names.length - 1) {
      const next = level.get(value) as Level<I, L>;
      this.#prune(next, labels, depth + 1);
      if (next.size > 0) return;
    }
    level.delete(value);
  }

  #mapValues(valueOf: (name: L) => string): LabelValues<L> {
    return Object.fromEntries(this.#names.map((name) => [name, valueOf(name)])) as LabelValues<L>;
  }
}

/**
 * A label's value as it is kept and sent: bounded, well formed (two that look the same in UTF-8 would be one
 * series given twice) and without control characters, of which the text format escapes only one.
 */
export function labelValue(value: unknown): string {
  return escapeControls(String(value).slice(0, maxLabelLength));
}
