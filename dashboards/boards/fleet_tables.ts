import { connectorMetrics } from "../../connector/metrics.ts";
import { relayMetrics } from "../../relay/metrics.ts";
import { processMetrics } from "../../tunnel/process_metrics.ts";
import { thresholdSteps } from "../panels/colors.ts";
import { describe, describeMetric } from "../panels/description.ts";
import type { SizedPanel } from "../panels/panel.ts";
import { drainingStates, readyStates, upStates } from "../panels/states.ts";
import { type TableColumn, tablePanel } from "../panels/table_panel.ts";
import { either, max, min, rate, sum, timeLeft, timeSince } from "../promql/functions.ts";
import type { Scope } from "../promql/scope.ts";
import { is, isNot, matches, seriesSelector } from "../promql/selector.ts";
import { drillDown } from "./links.ts";

/** What tells one program on one host. */
const byTarget = ["fleet", "instance", "job"];

const host: TableColumn = {
  of: "instance",
  title: "Host",
  links: [
    drillDown("ztna-relay", { instance: "${__value.raw}" }),
    drillDown("ztna-connector", { instance: "${__value.raw}" }),
  ],
};

const targetColumns: readonly TableColumn[] = [
  { of: "fleet", title: "Fleet" },
  host,
  { of: "job", title: "Program" },
];

/** Every program on every host: state, release, age, and how much of the host it uses. */
export function hostsTable(scope: Scope): SizedPanel {
  const process = processMetrics;
  const ready = either(scope.select(relayMetrics.ready), scope.select(connectorMetrics.ready));
  const draining = either(
    scope.select(relayMetrics.draining),
    scope.select(connectorMetrics.draining),
  );
  return tablePanel({
    title: "Programs",
    description: describe(
      "Every program on every host; click on a host for its dashboard",
      "Down: see its journal. Not ready or draining outside of a restart: run the command again " +
        "that was interrupted. Another release than the others: run deploy.",
      [
        "up",
        relayMetrics.ready.name,
        connectorMetrics.ready.name,
        relayMetrics.draining.name,
        connectorMetrics.draining.name,
        process.buildInfo.name,
        process.processStartTimeSeconds.name,
        process.processCpuSeconds.name,
        process.processResidentMemoryBytes.name,
      ],
    ),
    width: 24,
    height: 9,
    queries: [
      { expression: max(scope.selectOwn("up"), byTarget) },
      { expression: max(ready, byTarget) },
      { expression: max(draining, byTarget) },
      { expression: max(scope.select(process.buildInfo), [...byTarget, "release", "version"]) },
      { expression: timeSince(max(scope.select(process.processStartTimeSeconds), byTarget)) },
      { expression: sum(rate(scope.select(process.processCpuSeconds)), byTarget) },
      { expression: max(scope.select(process.processResidentMemoryBytes), byTarget) },
    ],
    columns: [
      ...targetColumns,
      { of: 0, title: "Up", states: upStates },
      { of: 1, title: "Ready", states: readyStates },
      { of: 2, title: "Draining", states: drainingStates },
      { of: "release", title: "Release" },
      { of: "version", title: "Version" },
      { of: 4, title: "Running for", unit: "s" },
      {
        of: 5,
        title: "CPU",
        unit: "percentunit",
        decimals: 1,
        steps: thresholdSteps(process.processCpuSeconds.thresholds),
      },
      { of: 6, title: "Memory", unit: "bytes" },
    ],
    hidden: ["Value #D"],
    sortBy: "Host",
  });
}

/** When each program's certificate ends, the first one on top. */
export function certificatesTable(scope: Scope): SizedPanel {
  const ends = either(
    scope.select(relayMetrics.certificateExpiry),
    scope.select(connectorMetrics.certificateExpiry),
  );
  return tablePanel({
    title: "Certificates",
    description: describeMetric(
      relayMetrics.certificateExpiry,
      connectorMetrics.certificateExpiry,
    ),
    width: 10,
    queries: [{ expression: timeLeft(min(ends, byTarget)) }],
    columns: [
      ...targetColumns,
      {
        of: 0,
        title: "Ends in",
        unit: "s",
        steps: thresholdSteps(relayMetrics.certificateExpiry.thresholds),
      },
    ],
    sortBy: "Ends in",
  });
}

/** The alert that always fires, which proves that alerts arrive. */
export const watchdogAlert = "ZtnaWatchdog";

/**
 * Alerts of ours that fire. Some are of a whole fleet and have neither host nor program.
 */
export const firingAlerts = seriesSelector("ALERTS", {
  alertname: [matches("Ztna.*"), isNot(watchdogAlert)],
  alertstate: is("firing"),
  fleet: matches("$fleet"),
});

/** What fires now; empty when all is well. */
export function firingAlertsTable(): SizedPanel {
  return tablePanel({
    title: "Alerts firing",
    description: describe(
      "Alerts that fire now in the chosen fleets; empty is good",
      "Each alert's summary says what to do, and its runbook in docs/runbooks how.",
      ["ALERTS"],
    ),
    width: 10,
    queries: [{ expression: sum(firingAlerts, ["alertname", "severity", ...byTarget]) }],
    columns: [
      { of: "severity", title: "Severity" },
      { of: "alertname", title: "Alert" },
      ...targetColumns,
    ],
    hidden: ["Value"],
    sortBy: "Severity",
    noValue: "none",
  });
}

/** Which release each program runs, and since when; the youngest first. */
export function releasesTable(scope: Scope): SizedPanel {
  const { buildInfo, processStartTimeSeconds } = processMetrics;
  return tablePanel({
    title: "Releases",
    description: describeMetric(buildInfo, processStartTimeSeconds),
    queries: [
      { expression: max(scope.select(buildInfo), [...byTarget, "release", "version"]) },
      { expression: timeSince(max(scope.select(processStartTimeSeconds), byTarget)) },
    ],
    columns: [
      ...targetColumns,
      { of: "release", title: "Release" },
      { of: "version", title: "Version" },
      { of: 1, title: "Running for", unit: "s" },
    ],
    hidden: ["Value #A"],
    sortBy: "Running for",
  });
}
