/**
 * Rules as data. Prometheus' own documentation has the meaning of each field; what is ours is that
 * every alert has a severity of two, a summary, a description with what to do, a board and a page in
 * `docs/runbooks`.
 */

/** `critical` wakes somebody at night, `warning` waits for working hours. There is nothing else. */
export const severities = ["critical", "warning"] as const;

/** One of {@linkcode severities}. */
export type Severity = typeof severities[number];

/**
 * Dashboards that an alert can lead to; `ztna-` before it is the uid. `program` is the one of the
 * alert's job.
 */
export type Board = "fleet" | "relay" | "connector" | "program" | "service" | "rollout";

/** A series that Prometheus computes and keeps: `LEVEL:METRIC:OPERATIONS`. */
export interface RecordingRule {
  readonly record: string;
  /** What it is for: one sentence without its full stop. */
  readonly help: string;
  readonly expr: string;
  /** Added to those of the expression. */
  readonly labels?: Readonly<Record<string, string>>;
}

/** A condition that somebody is told of. */
export interface AlertRule {
  /** `Ztna…` in camel case; its page is `docs/runbooks/NAME.md`. */
  readonly alert: string;
  readonly severity: Severity;
  /** True while it gives any series; each of them is an alert. */
  readonly expr: string;
  /** How long it must have been true, as Prometheus writes durations. */
  readonly for: string;
  /** One line for a pager: where, and how much. A template of Prometheus. */
  readonly summary: string;
  /** What that means: sentences. A template of Prometheus. */
  readonly description: string;
  /** What to do first, as the metric's definition says it; follows the description. No template. */
  readonly advice: string;
  readonly board: Board;
}

/** Rules of one subject; Prometheus evaluates a group's rules one after the other. */
export interface RuleGroup {
  /** Such as `ztna-availability`. */
  readonly name: string;
  readonly recording: readonly RecordingRule[];
  readonly alerts: readonly AlertRule[];
}
