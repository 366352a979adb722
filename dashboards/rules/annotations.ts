/** Pieces of annotations: templates that Prometheus fills in when an alert fires. */

import type { AlertRule } from "./rule.ts";

/** Where the pages in `docs/runbooks` are read; who hosts them elsewhere changes it here. */
export const runbookBase = "https://github.com/ztna-fleet/ztna-fleet/blob/main/docs/runbooks";

/** The fleet in brackets, for fleets that have a name. */
const inFleet = "{{ with $labels.fleet }} ({{ . }}){{ end }}";

/** The host, and its fleet. */
export const instance = `{{ $labels.instance }}${inFleet}`;

/** The service, and its fleet. */
export const service = `Service {{ $labels.service }}${inFleet}`;

/** The fleet as the beginning of a sentence. */
export const fleet = "{{ with $labels.fleet }}Fleet {{ . }}{{ else }}The fleet{{ end }}";

/** The expression's value: a part of 1 as a percentage. */
export const percentage = "{{ $value | humanizePercentage }}";

/** The expression's value: seconds as days, hours, minutes, or milliseconds. */
export const duration = "{{ $value | humanizeDuration }}";

/** The expression's value: a number with at most four digits, and k or M. */
export const number = "{{ $value | humanize }}";

/** Where to read on: the alert's page. */
export const runbookUrl = ({ alert }: AlertRule): string => `${runbookBase}/${alert}.md`;

/** Labels of alerts that are variables of each board. */
export const boardVariables = {
  fleet: ["fleet"],
  relay: ["fleet", "instance"],
  connector: ["fleet", "instance"],
  program: ["fleet", "instance"],
  service: ["fleet", "service"],
  rollout: ["fleet"],
} as const;

/**
 * The board that shows it, as a path of Grafana, with what the alert is about selected. Label values
 * are anybody's text, so they are escaped; a variable without a value keeps the board's own.
 */
export function dashboardPath({ board }: AlertRule): string {
  const variables = boardVariables[board].map((name) =>
    `{{ with $labels.${name} }}&var-${name}={{ . | urlquery }}{{ end }}`
  );
  // Jobs have the names of their boards.
  const uid = board === "program" ? "{{ $labels.job }}" : `ztna-${board}`;
  return `/d/${uid}?from=now-1h${variables.join("")}`;
}
