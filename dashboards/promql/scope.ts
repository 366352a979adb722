import type { MetricDefinition } from "../../tunnel/metric_catalogue.ts";
import { jobs, type ScrapedProgram } from "../catalogue.ts";
import {
  type HistogramPart,
  is,
  isOneOf,
  type LabelOf,
  type Matcher,
  type Matchers,
  matches,
  selector,
  seriesSelector,
} from "./selector.ts";

/**
 * What a dashboard's variables select. `fleet` matches everything by default, so that it works where
 * Prometheus does not set that label.
 */
export interface Scope {
  /** Series of a metric; those of a service only where the metric has that label. */
  select<const M extends MetricDefinition>(
    metric: M,
    matchers?: Matchers<LabelOf<M>>,
    part?: M["kind"] extends "histogram" ? HistogramPart : undefined,
  ): string;
  /** Series that Prometheus itself makes, such as `up`. */
  selectOwn(name: string, matchers?: Matchers): string;
}

/** What a scope is made of. */
export interface ScopeOptions {
  /** One program, or the variable `job` where a dashboard shows both. */
  readonly program: ScrapedProgram | "$job";
  /** Whether the dashboard has a variable `service`. */
  readonly hasService?: boolean;
}

/** The series that a dashboard's variables select. */
export function variableScope({ program, hasService = false }: ScopeOptions): Scope {
  const target: Readonly<Record<string, Matcher>> = {
    fleet: matches("$fleet"),
    instance: matches("$instance"),
    job: program === "$job" ? matches("$job") : is(jobs[program]),
  };
  return {
    select(metric, matchers, part): string {
      const service = hasService && metric.labels !== undefined && "service" in metric.labels
        ? { service: matches("$service") }
        : {};
      const all: Matchers = { ...target, ...service, ...matchers };
      return selector<MetricDefinition>(metric, all, part as undefined);
    },
    selectOwn: (name, matchers) => seriesSelector(name, { ...target, ...matchers }),
  };
}

/** Matches the jobs of all programs of ours. */
export const anyJob: Matcher = isOneOf(Object.values(jobs));
