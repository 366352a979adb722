import type { MetricDefinition } from "../../tunnel/metric_catalogue.ts";

/** Labels that Prometheus gives to every series of ours. */
export const targetLabels = ["fleet", "instance", "job"] as const;

/** One of {@linkcode targetLabels}. */
export type TargetLabel = typeof targetLabels[number];

/** A label that the series of a metric have: its own, or its target's. */
export type LabelOf<M extends MetricDefinition> =
  | TargetLabel
  | (M extends { readonly labels: infer L } ? Extract<keyof L, string> : never);

/** What a label's value must be; made by {@linkcode is}, {@linkcode isNot} and their like. */
export interface Matcher {
  readonly operator: "=" | "!=" | "=~" | "!~";
  readonly value: string;
}

/** Matchers by label, several where all of them must hold; `undefined` is no matcher. */
export type Matchers<Label extends string = string> = Readonly<
  Partial<Record<Label, Matcher | readonly Matcher[] | undefined>>
>;

/** The label has exactly this value. */
export const is = (value: string): Matcher => ({ operator: "=", value });

/** The label has another value, or is missing. */
export const isNot = (value: string): Matcher => ({ operator: "!=", value });

/** The whole value matches a regular expression of RE2; an empty match includes a missing label. */
export const matches = (pattern: string): Matcher => ({ operator: "=~", value: pattern });

/** The label has one of some values, taken literally. */
export const isOneOf = (values: readonly string[]): Matcher =>
  matches(values.map(escapePattern).join("|"));

/** The series of a histogram. */
export type HistogramPart = "bucket" | "sum" | "count";

/** Selects the series of a metric; of a histogram say which of its parts. */
export function selector<const M extends MetricDefinition>(
  metric: M,
  matchers?: Matchers<LabelOf<M>>,
  part?: M["kind"] extends "histogram" ? HistogramPart : undefined,
): string {
  const name = part === undefined ? metric.name : `${metric.name}_${part as string}`;
  return seriesSelector(name, matchers);
}

/** Selects series by a name that no catalogue has, such as `up`. */
export function seriesSelector(name: string, matchers: Matchers = {}): string {
  const texts = Object.keys(matchers).sort().flatMap((label) => {
    const own = matchers[label] ?? [];
    const all = Array.isArray(own) ? own as readonly Matcher[] : [own as Matcher];
    return all.map(({ operator, value }) => `${label}${operator}${quote(value)}`);
  });
  return texts.length === 0 ? name : `${name}{${texts.join(",")}}`;
}

/** A string as PromQL writes it, in double quotes. */
export function quote(text: string): string {
  return `"${text.replaceAll("\\", "\\\\").replaceAll('"', '\\"').replaceAll("\n", "\\n")}"`;
}

/** A regular expression of RE2 that matches exactly this text. */
export function escapePattern(text: string): string {
  return text.replaceAll(/[\\^$.*+?()[\]{}|]/g, "\\$&");
}
