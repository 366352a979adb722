import { connectorMetrics } from "../../connector/metrics.ts";
import { relayMetrics } from "../../relay/metrics.ts";
import { processMetrics } from "../../tunnel/process_metrics.ts";
import {
  badFromOne,
  colors,
  colorSteps,
  thresholdSteps,
  warningFromOne,
} from "../panels/colors.ts";
import { describe, describeMetric } from "../panels/description.ts";
import type { SizedPanel } from "../panels/panel.ts";
import { statPanel } from "../panels/stat_panel.ts";
import {
  count,
  either,
  histogramQuantile,
  min,
  rate,
  ratio,
  sum,
  timeLeft,
} from "../promql/functions.ts";
import type { Scope } from "../promql/scope.ts";
import { is } from "../promql/selector.ts";

/**
 * Part of packets whose loss an operator looks into, and part that users feel: of a call, one packet
 * in a hundred is heard.
 */
const lossThresholds = { warning: 0.001, critical: 0.01 };

/** How many programs Prometheus reaches. */
export function upPanel(title: string, scope: Scope): SizedPanel {
  return statPanel({
    title,
    description: describe(
      "Programs that Prometheus reaches",
      "Fewer than deployed: `deno task status` says what runs where; then see the journal of the " +
        "host.",
      ["up"],
    ),
    unit: "short",
    isAlarm: true,
    queries: [{ expression: sum(scope.selectOwn("up")) }],
    steps: colorSteps(colors.bad, [{ from: 1, color: colors.good }]),
    noValue: "no targets",
  });
}

/** Which part of the clients' messages the relays have dropped. */
export function relayLossPanel(title: string, scope: Scope): SizedPanel {
  const { drops, datagramsRelayed } = relayMetrics;
  const dropped = sum(rate(scope.select(drops)));
  const relayed = sum(rate(scope.select(datagramsRelayed)));
  return lossPanel(
    title,
    "Part of the clients' messages that was dropped",
    drops.advice,
    ratio(dropped, `${dropped} + ${relayed}`),
    [drops.name, datagramsRelayed.name],
  );
}

/** Which part of the packets the connectors have dropped. */
export function connectorLossPanel(title: string, scope: Scope): SizedPanel {
  const { drops, packets } = connectorMetrics;
  const dropped = sum(rate(scope.select(drops)));
  const carried = sum(rate(scope.select(packets)));
  return lossPanel(
    title,
    "Part of the packets that was dropped",
    drops.advice,
    ratio(dropped, `${dropped} + ${carried}`),
    [drops.name, packets.name],
  );
}

function lossPanel(
  title: string,
  what: string,
  advice: string,
  expression: string,
  metrics: readonly string[],
): SizedPanel {
  return statPanel({
    title,
    description: describe(what, advice, metrics),
    unit: "percentunit",
    decimals: 2,
    queries: [{ expression }],
    steps: thresholdSteps(lossThresholds),
  });
}

/** How late the event loops are. */
export function lagPanel(scope: Scope): SizedPanel {
  const { eventLoopLagSeconds } = processMetrics;
  return statPanel({
    title: "Event loop lag, p99",
    description: describeMetric(eventLoopLagSeconds),
    unit: "s",
    queries: [{
      expression: histogramQuantile(0.99, scope.select(eventLoopLagSeconds, {}, "bucket")),
    }],
    steps: thresholdSteps(eventLoopLagSeconds.thresholds),
  });
}

/** How long until the first certificate of the chosen programs ends. */
export function certificatePanel(scope: Scope): SizedPanel {
  const metrics = [relayMetrics.certificateExpiry, connectorMetrics.certificateExpiry];
  const ends = either(...metrics.map((metric) => scope.select(metric)));
  return statPanel({
    title: "First expiry",
    isPlain: true,
    description: describeMetric(...metrics),
    unit: "s",
    queries: [{ expression: timeLeft(min(ends)) }],
    steps: thresholdSteps(relayMetrics.certificateExpiry.thresholds),
  });
}

/** How many services of how many connectors are not registered. */
export function awayPanel(scope: Scope): SizedPanel {
  const { uplinkState } = connectorMetrics;
  const registered = scope.select(uplinkState, { state: is("registered") });
  return statPanel({
    title: "Uplinks away",
    description: describeMetric(uplinkState),
    unit: "short",
    isAlarm: true,
    queries: [{ expression: sum(`1 - ${registered}`) }],
    steps: badFromOne(),
    noValue: "no connectors",
  });
}

/** How many programs wait for their clients to leave. */
export function drainingPanel(scope: Scope): SizedPanel {
  const metrics = [relayMetrics.draining, connectorMetrics.draining];
  const draining = either(...metrics.map((metric) => scope.select(metric)));
  return statPanel({
    title: "Draining",
    description: describeMetric(...metrics),
    unit: "short",
    isAlarm: true,
    queries: [{ expression: sum(draining) }],
    steps: warningFromOne(),
    noValue: "no targets",
  });
}

/** How many releases run at once. */
export function releasesPanel(scope: Scope): SizedPanel {
  const { buildInfo } = processMetrics;
  return statPanel({
    title: "Releases running",
    description: describeMetric(buildInfo),
    unit: "short",
    isAlarm: true,
    queries: [{ expression: count(count(scope.select(buildInfo), ["release"])) }],
    steps: colorSteps(colors.good, [{ from: 2, color: colors.warning }]),
    noValue: "none",
  });
}
