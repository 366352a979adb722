import type { AlertCase, ExpectedAlert } from "./alert_case.ts";

/** A case of an alert that fires. */
export type FiringCase = AlertCase & { readonly alerts: readonly ExpectedAlert[] };

/** The same case in a Prometheus whose targets have no label `fleet`. */
export function withoutFleet({ series, alerts, ...rest }: FiringCase): FiringCase {
  const stripped = Object.entries(series)
    .map(([name, values]) => [name.replace('fleet="example",', ""), values]);
  return {
    ...rest,
    series: Object.fromEntries(stripped),
    alerts: alerts.map(({ labels: { fleet: _fleet, ...labels }, summary, ...others }) => ({
      ...others,
      labels,
      summary: summary.replace(" (example)", "").replace("Fleet example", "The fleet"),
    })),
  };
}
