import type { QuicEndpoint } from "../tunnel/quic/endpoint.ts";
import type { RelayMetrics } from "./metrics.ts";

/** Connects the metrics of the QUIC layer to the endpoint's own counters. */
export function observeEndpoint(
  { counter, gauge }: RelayMetrics,
  endpoint: Pick<QuicEndpoint, "stats" | "sendErrors">,
): void {
  const { stats } = endpoint;
  gauge.activeConnections.observe(() => stats.connections);
  gauge.establishedConnections.observe(() => stats.establishedConnections);
  gauge.waitingDatagrams.observe(() => stats.datagramsWaiting);
  counter.retryTokensValidated.observe(() => stats.retryTokensValidated);
  counter.retryTokenFailures.observe(() => stats.retryTokenFailures);
  counter.handshakes.labels({ result: "completed" }).observe(() => stats.handshakesCompleted);
  counter.handshakes.labels({ result: "failed" }).observe(() => stats.handshakesFailed);
  counter.packetsReceived.observe(() => stats.packetsReceived);
  counter.packetsSent.observe(() => stats.packetsSent);
  counter.receivedBytes.observe(() => stats.bytesReceived);
  counter.sentBytes.observe(() => stats.bytesSent);
  counter.sendErrors.observe(() => endpoint.sendErrors);
  counter.datagramsReceived.observe(() => stats.datagramsReceived);
  counter.datagramsSent.observe(() => stats.datagramsSent);
  counter.retriesSent.observe(() => stats.retriesSent);
  counter.versionNegotiations.observe(() => stats.versionNegotiationsSent);
  counter.statelessResets.observe(() => stats.statelessResetsSent);
  counter.addressChanges.observe(() => stats.addressChanges);
  counter.connectionIdsRotated.observe(() => stats.connectionIdsRotated);
  counter.handlerErrors.observe(() => stats.handlerErrors);
  for (const reason of keys(stats.packetsDropped)) {
    counter.packetsDropped.labels({ reason }).observe(() => stats.packetsDropped[reason]);
  }
  for (const reason of keys(stats.datagramsDropped)) {
    counter.datagramsRefused.labels({ reason }).observe(() => stats.datagramsDropped[reason]);
  }
}

function keys<K extends string>(record: Readonly<Record<K, unknown>>): K[] {
  return Object.keys(record) as K[];
}
