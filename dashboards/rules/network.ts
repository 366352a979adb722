import { connectorMetrics } from "../../connector/metrics.ts";
import { relayMetrics } from "../../relay/metrics.ts";
import { rate, sum } from "../promql/functions.ts";
import { is, selector } from "../promql/selector.ts";
import { instance, percentage } from "./annotations.ts";
import { dropWarning, fewestPacketsPerSecond } from "./drops.ts";
import type { RuleGroup } from "./rule.ts";
import { byInstance, sumOfRates } from "./selection.ts";

const window = "5m";

/** How much of `whole` there is of `part`, in each process with enough packets to tell. */
const partOf = (part: string, whole: readonly string[]): string =>
  `${sum(rate(part, window), byInstance)}
/ (
${sumOfRates(whole, window, byInstance)} > ${fewestPacketsPerSecond}
)`;

const programs = [relayMetrics, connectorMetrics] as const;

/** What the system dropped of what came in, replies of backends included. */
const socketDrops = programs.map(({ socketDrops, quicPackets }) => {
  const dropped = selector(socketDrops);
  const read = [selector(quicPackets, { direction: is("received") })];
  if (socketDrops === connectorMetrics.socketDrops) {
    read.push(selector(connectorMetrics.packets, { direction: is("to_agent") }));
  }
  return partOf(dropped, [dropped, ...read]);
});

/** What the system did not take of what was to go out. */
const sendErrors = programs.map(({ sendErrors, quicPackets }) =>
  partOf(selector(sendErrors), [selector(quicPackets, { direction: is("sent") })])
);

/** What was lost on the way from a connector to its relay. */
const pathLoss = partOf(selector(connectorMetrics.relayPacketsLost), [
  selector(connectorMetrics.quicPackets, { direction: is("sent") }),
]);

/** Any of the expressions is above a bound. */
const anyAbove = (expressions: readonly string[], bound: number): string =>
  expressions.map((expression) => `${expression} > ${bound}`).join("\nor ");

/** Packets that are lost between the programs and the network. */
export const networkRules: RuleGroup = {
  name: "ztna-network",
  recording: [],
  alerts: [
    {
      alert: "ZtnaKernelDrops",
      severity: "warning",
      // A tenth of what users notice: there are other losses that come on top.
      expr: anyAbove(socketDrops, dropWarning / 10),
      for: "5m",
      summary: `${instance}: the system drops ${percentage} of what comes in for {{ $labels.job }}`,
      description: "Packets come in faster than the program reads them.",
      advice:
        "See its CPU and event loop lag: near one core it is too small. Short bursts ask for " +
        "a larger receive buffer.",
      board: "program",
    },
    {
      alert: "ZtnaSendErrors",
      severity: "warning",
      expr: anyAbove(sendErrors, dropWarning),
      for: "10m",
      summary: `${instance}: the system refuses to send ${percentage} of the packets of ` +
        "{{ $labels.job }}",
      description: "They do not leave the host.",
      advice: relayMetrics.sendErrors.advice,
      board: "program",
    },
    {
      alert: "ZtnaRelayPathLossy",
      severity: "warning",
      expr: `${pathLoss} > ${dropWarning}`,
      for: "10m",
      summary: `${instance}: ${percentage} of the packets to the relay are lost on the way`,
      description: "Users of the connector's services lose the same part of their packets.",
      advice: connectorMetrics.relayPacketsLost.advice,
      board: "connector",
    },
  ],
};
