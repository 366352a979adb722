/** A time in seconds since 1970 and a value. */
export type Point = readonly [seconds: number, value: number];

/** Values of one set of labels over time, or one value of an instant query. */
export interface Series {
  readonly labels: Readonly<Record<string, string>>;
  readonly points: readonly Point[];
}

/** A text with the values of labels in it: `{{instance}} down`. */
export function fillLabels(format: string, labels: Series["labels"]): string {
  return format.replace(/\{\{\s*([\w.]+)\s*\}\}/g, (_, label: string) => labels[label] ?? "");
}

/** From when to when, in seconds since 1970. */
export interface TimeRange {
  readonly start: number;
  readonly end: number;
}

/** Where the preview has its data from. Each method throws an `Error` that says what went wrong. */
export interface DataSource {
  /** A PromQL expression at every `step` seconds of a range. */
  queryRange(expression: string, range: TimeRange, step: number): Promise<readonly Series[]>;
  /** A PromQL expression at one time. */
  query(expression: string, time: number): Promise<readonly Series[]>;
  /** The values of a label, of all series or of those that a selector names. */
  labelValues(
    label: string,
    selector: string | undefined,
    range: TimeRange,
  ): Promise<readonly string[]>;
  /** Seconds between two scrapes of the targets that are scraped most often, where that is known. */
  scrapeInterval(): Promise<number | undefined>;
}
