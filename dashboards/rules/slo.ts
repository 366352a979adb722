/**
 * The availability of the tunnel, as an objective with a budget of errors, and alerts when the
 * budget is spent too fast: over two windows each, so that an alert begins soon and ends soon.
 *
 * It is measured in two ways, as neither sees everything; the label `sli` names them.
 *
 * - `packets`: of the packets that came to a relay or a connector to be delivered, the part that was
 *   dropped through the fleet's own fault (see `drop_faults.ts`), or by the system before a relay had
 *   read it. A relay that is gone drops nothing.
 * - `services`: of the fleet's services, the part that no connector had registered, over time. A
 *   relay that is gone takes the registrations of its connectors with it.
 */

import { connectorMetrics } from "../../connector/metrics.ts";
import { relayMetrics } from "../../relay/metrics.ts";
import { average, count } from "../promql/functions.ts";
import { isOneOf, selector } from "../promql/selector.ts";
import { fleet, percentage } from "./annotations.ts";
import { serviceRegistered } from "./availability.ts";
import { connectorFaults, fleetFaults, relayFaults } from "./drop_faults.ts";
import type { AlertRule, RecordingRule, RuleGroup, Severity } from "./rule.ts";
import { sumOfRates, up } from "./selection.ts";
import { fewestPacketsPerSecond } from "./drops.ts";

/** The part of packets, and of time, in which the tunnel works: 43 minutes a month are the budget. */
export const objective = 0.999;

/** What may go wrong; written so that rounding does not show in the rules. */
const budget = Number((1 - objective).toPrecision(6));

/** The time that a budget is for. */
const budgetPeriod = "30d";

/** Times over which the ratio of errors is kept. */
export const errorWindows = ["5m", "30m", "1h", "2h", "6h", "1d"] as const;

/** One of {@linkcode errorWindows}. */
export type ErrorWindow = typeof errorWindows[number];

/** One speed at which the budget may not be spent. */
interface BurnRate {
  readonly alert: string;
  readonly severity: Severity;
  /** How many times as fast as lasts for the whole period. */
  readonly factor: number;
  /** Long enough to be worth it. */
  readonly long: ErrorWindow;
  /** Short enough that the alert ends when the trouble has: a twelfth of it. */
  readonly short: ErrorWindow;
  readonly for: string;
  /** What is left of the budget at this speed. */
  readonly description: string;
}

/**
 * Two percent of the budget in an hour, five in six hours, ten in a day: the speeds and windows of
 * Google's "The Site Reliability Workbook", chapter 5.
 */
const burnRates: readonly BurnRate[] = [
  {
    ...{ alert: "ZtnaErrorBudgetBurnsFast", severity: "critical" },
    ...{ factor: 14.4, long: "1h", short: "5m", for: "2m" },
    description: "At this speed the errors of a month are spent in two days.",
  },
  {
    ...{ alert: "ZtnaErrorBudgetBurns", severity: "critical" },
    ...{ factor: 6, long: "6h", short: "30m", for: "5m" },
    description: "At this speed the errors of a month are spent in five days.",
  },
  {
    ...{ alert: "ZtnaErrorBudgetBurnsSlowly", severity: "warning" },
    ...{ factor: 3, long: "1d", short: "2h", for: "15m" },
    description: "At this speed the errors of a month are spent in ten days.",
  },
];

/** The ratio of errors over a window; its label `sli` is `packets` or `services`. */
export const errorRatio = (window: ErrorWindow): string =>
  `fleet:ztna_slo_errors:ratio_rate${window}`;

const lost = [
  selector(relayMetrics.drops, { reason: isOneOf(fleetFaults(relayFaults)) }),
  selector(connectorMetrics.drops, { reason: isOneOf(fleetFaults(connectorFaults)) }),
  // Packets of QUIC, acknowledgments among them: what was in them nobody knows.
  selector(relayMetrics.socketDrops),
  selector(connectorMetrics.socketDrops),
];
const relayed = selector(relayMetrics.datagramsRelayed);

/** Part of the services that nobody has registered now. */
export const servicesUnavailable = {
  record: "fleet:ztna_services_unavailable:ratio",
  help: "Part of the fleet's services that no connector has registered",
  expr: `1 - ${average(serviceRegistered.record, ["fleet"])}`,
} as const;

const errorRatios = errorWindows.flatMap((window): RecordingRule[] => [
  {
    record: errorRatio(window),
    help: "packets: part of the packets that the fleet lost through its own fault",
    expr: `${sumOfRates(lost, window, ["fleet"])}
/ (
${sumOfRates([relayed, ...lost], window, ["fleet"])} > ${fewestPacketsPerSecond}
)`,
    labels: { sli: "packets" },
  },
  {
    record: errorRatio(window),
    help: "services: part of the services that no connector had registered, over time",
    expr: `avg_over_time(${servicesUnavailable.record}[${window}])`,
    labels: { sli: "services" },
  },
]);

/** What is left of the budget: 1 all, 0 nothing, less than 0 more than there was. */
export const budgetLeft = {
  record: `fleet:ztna_slo_error_budget_left:ratio${budgetPeriod}`,
  help: "Part of the errors of the last 30 days that was not spent, by sli",
  expr: `1 - avg_over_time(${errorRatio("5m")}[${budgetPeriod}]) / ${budget}`,
} as const;

function burnAlert(burn: BurnRate): AlertRule {
  const { alert, severity, factor, long, short } = burn;
  const most = Number((factor * budget).toPrecision(6));
  return {
    ...{ alert, severity, for: burn.for },
    // A new fleet has no window that is full, and its first restart would be most of what there is.
    // The short window decides whether it goes on, and its value is the one that is told.
    expr: `${errorRatio(short)} > ${most}
and ${errorRatio(long)} > ${most}
and on (fleet) ${count(`${up("relay")} offset ${long}`, ["fleet"])}`,
    summary: `${fleet}: ${percentage} errors in ${short} ` +
      "({{ $labels.sli }})",
    description: `The objective allows ${Number((budget * 100).toPrecision(6))} %. ` +
      burn.description,
    advice: "See which alerts of relays, connectors and services go with it.",
    board: "fleet",
  };
}

/** The objective and its alerts. */
export const sloRules: RuleGroup = {
  name: "ztna-slo",
  recording: [servicesUnavailable, ...errorRatios, budgetLeft],
  alerts: burnRates.map(burnAlert),
};
