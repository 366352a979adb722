/** The labels of a series, `__name__` included where it has one. */
export type SeriesLabels = Readonly<Record<string, string>>;

/** A value of a series at one moment. */
export interface Sample {
  readonly labels: SeriesLabels;
  /** Seconds since 1970. */
  readonly time: number;
  /** May be `NaN` or infinite. */
  readonly value: number;
}

/** A series over time. */
export interface RangeSeries {
  readonly labels: SeriesLabels;
  readonly points: readonly Pick<Sample, "time" | "value">[];
}

/** What Prometheus scrapes. */
export interface PrometheusTarget {
  readonly labels: SeriesLabels;
  readonly scrapeUrl: string;
  readonly health: "up" | "down" | "unknown";
  readonly lastError: string;
}

/** A rule and how its last evaluation went. */
export interface PrometheusRule {
  readonly name: string;
  readonly query: string;
  readonly type: "recording" | "alerting";
  readonly health: "ok" | "err" | "unknown";
  readonly lastError?: string;
  readonly state?: "inactive" | "pending" | "firing";
}

/** An alert that is not inactive. */
export interface PrometheusAlert {
  readonly labels: SeriesLabels;
  readonly annotations: SeriesLabels;
  readonly state: "pending" | "firing";
  readonly activeAt: string;
}

/** What its HTTP API answers. */
export type PrometheusAnswer<T> =
  | { readonly status: "success"; readonly data: T }
  | { readonly status: "error"; readonly errorType: string; readonly error: string };

/** A moment and a number as text. */
type RawValue = readonly [number, string];

interface RawSample {
  readonly metric: SeriesLabels;
  readonly value: RawValue;
}

/** The data of an instant query. */
export type RawResult =
  | { readonly resultType: "vector"; readonly result: readonly RawSample[] }
  | { readonly resultType: "scalar"; readonly result: RawValue }
  | { readonly resultType: "matrix" | "string"; readonly result: unknown };

/** A sample as numbers. */
export function parseSample({ metric, value: [time, text] }: RawSample): Sample {
  return { labels: metric, time, value: parseNumber(text) };
}

/** Prometheus writes infinity as `+Inf` and `-Inf`. */
function parseNumber(text: string): number {
  return Number(text.replace("Inf", "Infinity"));
}
