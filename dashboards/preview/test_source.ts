import type { DataSource, Series, TimeRange } from "./data/source.ts";

/** The labels of each series that answers an expression, or what is wrong with it. */
export type Answer = (expression: string) => readonly Series["labels"][] | Error;

/** Values of the labels that the generated dashboards group by. */
const labelValues: Readonly<Record<string, readonly string[]>> = {
  fleet: ["lab"],
  instance: ["relay01", "relay02", "connector01"],
  job: ["ztna-relay"],
  release: ["0.1.0-1f0e6b2c77aa", "0.2.0-9b1c77aa3f2e"],
  version: ["0.2.0"],
  service: ["web", "dns"],
  reason: ["queue_full", "no_connector"],
  direction: ["to_agent", "to_connector"],
  le: ["0.001", "0.01", "0.1", "1", "+Inf"],
  alertname: ["ZtnaProgramDown"],
  severity: ["critical"],
  state: ["registered"],
};

/** Most series of one answer. */
const maxSeries = 12;

/** A series for every combination of the labels that an expression groups by. */
export function plausibleAnswer(expression: string): readonly Series["labels"][] {
  const by = /\bby \(([^)]*)\)/.exec(expression)?.[1]?.split(/,\s*/) ?? [];
  return by.reduce<readonly Series["labels"][]>(
    (sets, label) =>
      sets.flatMap((set) =>
        (labelValues[label] ?? ["one", "two"]).map((value) => ({ ...set, [label]: value }))
      ),
    [{}],
  ).slice(0, maxSeries);
}

/** A data source of tests: the same expression and range have the same values, which move. */
export class ScriptedSource implements DataSource {
  /** What was asked for, in order. */
  readonly expressions: string[] = [];
  readonly #answer: Answer;

  /** @param answer The labels of the series; {@linkcode plausibleAnswer} by default. */
  constructor(answer: Answer = plausibleAnswer) {
    this.#answer = answer;
  }

  queryRange(expression: string, { start, end }: TimeRange, step: number): Promise<Series[]> {
    const count = Math.floor((end - start) / step) + 1;
    return this.#series(expression, Array.from({ length: count }, (_, i) => start + i * step));
  }

  query(expression: string, time: number): Promise<Series[]> {
    return this.#series(expression, [time]);
  }

  labelValues(label: string): Promise<readonly string[]> {
    return Promise.resolve(labelValues[label] ?? []);
  }

  scrapeInterval(): Promise<number> {
    return Promise.resolve(15);
  }

  #series(expression: string, times: readonly number[]): Promise<Series[]> {
    this.expressions.push(expression);
    const answer = this.#answer(expression);
    if (answer instanceof Error) return Promise.reject(answer);
    return Promise.resolve(answer.map((labels, index) => ({
      labels,
      // Rising with the index, as buckets do from bound to bound.
      points: times.map((time) => [time, (index + 1) * (2 + Math.sin(time / 300))] as const),
    })));
  }
}
