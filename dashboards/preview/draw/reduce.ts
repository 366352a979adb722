import * as v from "valibot";
import type { Point } from "../data/source.ts";

/** What a panel of single values says of how it gets them. */
export const reduceSchema = v.fallback(
  v.object({ calcs: v.fallback(v.array(v.string()), []) }),
  { calcs: [] },
);

/** What a calculation is called in a legend, and how it makes one value of many. */
interface Calculation {
  readonly title: string;
  readonly of: (values: readonly number[]) => number | undefined;
}

const sum = (values: readonly number[]): number => values.reduce((all, value) => all + value, 0);
const extreme = (pick: (a: number, b: number) => number) => (values: readonly number[]) =>
  values.length === 0 ? undefined : values.reduce((a, b) => pick(a, b));

/** By Grafana's names. */
const calculations: Readonly<Record<string, Calculation>> = {
  last: { title: "Last", of: (values) => values.at(-1) },
  lastNotNull: { title: "Last *", of: (values) => values.at(-1) },
  first: { title: "First", of: (values) => values[0] },
  firstNotNull: { title: "First *", of: (values) => values[0] },
  min: { title: "Min", of: extreme(Math.min) },
  max: { title: "Max", of: extreme(Math.max) },
  mean: {
    title: "Mean",
    of: (values) => values.length === 0 ? undefined : sum(values) / values.length,
  },
  sum: { title: "Total", of: sum },
  count: { title: "Count", of: (values) => values.length },
  range: {
    title: "Range",
    of: (values) =>
      values.length === 0 ? undefined : values.reduce((a, b) => Math.max(a, b)) -
        values.reduce((a, b) => Math.min(a, b)),
  },
  delta: {
    title: "Delta",
    of: (values) => values.length === 0 ? undefined : values.at(-1)! - values[0]!,
  },
};

/** The title of a calculation in a legend. */
export function calculationTitle(id: string): string {
  return calculations[id]?.title ?? id;
}

/** One value of many; values that are no numbers don't count. `undefined` when there is none. */
export function reduce(
  points: readonly Point[],
  id = "lastNotNull",
): number | undefined {
  const values = points.map(([, value]) => value).filter((value) => !Number.isNaN(value));
  return (calculations[id] ?? calculations["lastNotNull"]!).of(values);
}
