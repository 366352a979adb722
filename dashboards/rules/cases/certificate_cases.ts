import { connectorMetrics } from "../../../connector/metrics.ts";
import { relayMetrics } from "../../../relay/metrics.ts";
import { type AlertCases, app1, ofConnector, ofRelay, relay1 } from "./alert_case.ts";

const day = 86_400;
const relayExpiry = ofRelay(relayMetrics.certificateExpiry);
const connectorExpiry = ofConnector(connectorMetrics.certificateExpiry);

/** Certificates that end, and new ones that are not taken. */
export const certificateCases: Readonly<Record<string, AlertCases>> = {
  ZtnaCertificateExpiresSoon: {
    fires: [{
      what: "a relay's certificate that ends in 20 days",
      series: { [relayExpiry]: `${20 * day}x100`, [connectorExpiry]: `${100 * day}x100` },
      at: "20m",
      alerts: [{
        labels: relay1,
        summary: "relay1 (example): the certificate of ztna-relay ends in 19d 23h 40m 0s",
      }],
    }],
    silent: [{
      what: "certificates that end in 22 days",
      series: { [relayExpiry]: `${22 * day}x100`, [connectorExpiry]: `${22 * day}x100` },
      at: "20m",
    }],
  },
  ZtnaCertificateExpires: {
    fires: [{
      what: "a connector's certificate that ends in two days",
      series: { [connectorExpiry]: `${2 * day}x100` },
      at: "20m",
      alerts: [{
        labels: app1,
        summary: "app1 (example): the certificate of ztna-connector ends in 1d 23h 40m 0s",
      }],
    }],
    silent: [{
      what: "a certificate that ends in four days",
      series: { [relayExpiry]: `${4 * day}x100` },
      at: "20m",
    }],
  },
  ZtnaTlsReloadFailed: {
    fires: [{
      what: "a reload that failed half an hour ago",
      series: {
        [ofConnector(connectorMetrics.tlsReloads, { result: "failed" })]: "0x20 1x200",
      },
      at: "35m",
      alerts: [{
        labels: { ...app1, result: "failed" },
        summary: "app1 (example): ztna-connector could not read its TLS files again",
      }],
    }],
    silent: [{
      what: "reloads that succeed",
      series: {
        [ofRelay(relayMetrics.tlsReloads, { result: "succeeded" })]: "0x20 1x200",
        [ofRelay(relayMetrics.tlsReloads, { result: "failed" })]: "0x220",
      },
      at: "35m",
    }],
  },
};
