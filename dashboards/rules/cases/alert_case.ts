/** Cases of alerts as data: what Prometheus has seen, and what it then says. */

import { quote } from "../../promql/selector.ts";
import type { MetricDefinition } from "../../../tunnel/metric_catalogue.ts";

/** Labels by their names. */
export type Labels = Readonly<Record<string, string>>;

/** An alert as it must arrive. The severity, the links and the advice are those of its rule. */
export interface ExpectedAlert {
  readonly labels: Labels;
  readonly summary: string;
  /** Its description without the advice; not needed where the rule's is no template. */
  readonly description?: string;
}

/** One thing that may happen to a fleet. */
export interface AlertCase {
  /** Completes "fires for" or "is silent for". */
  readonly what: string;
  /** Values by series, as `promtool` takes them: `0+15x40`. */
  readonly series: Readonly<Record<string, string>>;
  /** Between two values and two evaluations; `15s`, as fleets are scraped, by default. */
  readonly interval?: string;
  /** When to look. */
  readonly at: string;
}

/** The cases of one alert: some that it is for, and some that look alike. */
export interface AlertCases {
  readonly fires: readonly (AlertCase & { readonly alerts: readonly ExpectedAlert[] })[];
  readonly silent: readonly AlertCase[];
}

/** A series by name and labels. */
export function series(name: string, labels: Labels): string {
  const texts = Object.entries(labels).map(([label, value]) => `${label}=${quote(value)}`);
  return `${name}{${texts.join(",")}}`;
}

/** What Prometheus adds to the series of a relay. */
export const relay1: Labels = { fleet: "example", job: "ztna-relay", instance: "relay1" };

/** What Prometheus adds to the series of a connector. */
export const app1: Labels = { fleet: "example", job: "ztna-connector", instance: "app1" };

/** A series of the relay `relay1`. */
export const ofRelay = ({ name }: MetricDefinition, labels: Labels = {}): string =>
  series(name, { ...relay1, ...labels });

/** A series of the connector `app1`. */
export const ofConnector = ({ name }: MetricDefinition, labels: Labels = {}): string =>
  series(name, { ...app1, ...labels });
