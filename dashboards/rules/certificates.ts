import { connectorMetrics } from "../../connector/metrics.ts";
import { relayMetrics } from "../../relay/metrics.ts";
import { increase } from "../promql/functions.ts";
import { is, selector } from "../promql/selector.ts";
import { duration, instance } from "./annotations.ts";
import type { RuleGroup } from "./rule.ts";

// Both programs' certificates are renewed by the same command, so both warn at the same time.
const { warning, critical } = relayMetrics.certificateExpiry.thresholds;

const timeLeft = `(
  ${selector(relayMetrics.certificateExpiry)}
  or ${selector(connectorMetrics.certificateExpiry)}
) - time()`;

const reloadsFailed = [relayMetrics.tlsReloads, connectorMetrics.tlsReloads]
  .map((reloads) => `${increase(selector(reloads, { result: is("failed") }), "1h")} > 0`);

/** Certificates, and whether new ones are taken. */
export const certificateRules: RuleGroup = {
  name: "ztna-certificates",
  recording: [],
  alerts: [
    {
      alert: "ZtnaCertificateExpiresSoon",
      severity: "warning",
      // Deploy renews when a third of the lifetime is left: 122 of 365 days. Nobody has deployed.
      expr: `${timeLeft} < ${warning}`,
      for: "15m",
      summary: `${instance}: the certificate of {{ $labels.job }} ends in ${duration}`,
      description: "Deploy would have renewed it long ago.",
      advice: relayMetrics.certificateExpiry.advice,
      board: "program",
    },
    {
      alert: "ZtnaCertificateExpires",
      severity: "critical",
      expr: `${timeLeft} < ${critical}`,
      for: "5m",
      summary: `${instance}: the certificate of {{ $labels.job }} ends in ${duration}`,
      description: "After that, nobody connects through this program any more.",
      advice: relayMetrics.certificateExpiry.advice,
      board: "program",
    },
    {
      alert: "ZtnaTlsReloadFailed",
      severity: "warning",
      expr: reloadsFailed.join("\nor "),
      for: "0s",
      summary: `${instance}: {{ $labels.job }} could not read its TLS files again`,
      description: "New certificates have not reached it.",
      advice: relayMetrics.tlsReloads.advice,
      board: "program",
    },
  ],
};
