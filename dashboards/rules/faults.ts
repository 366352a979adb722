import { connectorMetrics } from "../../connector/metrics.ts";
import { relayMetrics } from "../../relay/metrics.ts";
import { increase, sum } from "../promql/functions.ts";
import { is, selector } from "../promql/selector.ts";
import { instance } from "./annotations.ts";
import type { RuleGroup } from "./rule.ts";
import { byInstance } from "./selection.ts";

const relayFaults = sum(increase(selector(relayMetrics.handlerErrors), "1h"), byInstance);
const connectorFaults = sum(
  increase(selector(connectorMetrics.handlerErrors), "1h"),
  byInstance,
);
const packetFaults = sum(
  increase(selector(connectorMetrics.drops, { reason: is("internal") }), "1h"),
  byInstance,
);

/** Faults of the programs themselves. */
export const faultRules: RuleGroup = {
  name: "ztna-faults",
  recording: [],
  alerts: [
    {
      alert: "ZtnaProgramFault",
      severity: "warning",
      expr: [relayFaults, connectorFaults, packetFaults].map((faults) => `${faults} > 0`)
        .join("\nor "),
      for: "0s",
      summary: `${instance}: a fault in {{ $labels.job }} itself`,
      description: "It has cost a connection, or packets, within the last hour.",
      advice: "Report it with the error in the program's log.",
      board: "program",
    },
  ],
};
