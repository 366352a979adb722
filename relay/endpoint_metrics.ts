import {
  datagramDropReasons,
  type EndpointStats,
  packetDropReasons,
} from "../tunnel/quic/endpoint_stats.ts";
import type { SocketMemory } from "../tunnel/quic/socket_memory.ts";
import type { Listeners } from "./listeners.ts";
import type { RelayMetrics } from "./metrics.ts";

/** Connects the metrics of the QUIC layer to the endpoints' own counters. */
export function observeEndpoints(
  { counter, gauge }: RelayMetrics,
  listeners: Pick<Listeners, "endpoints" | "total">,
): void {
  const sum = (read: (stats: EndpointStats) => number) => (): number =>
    listeners.total(({ stats }) => read(stats));
  gauge.activeConnections.observe(sum((stats) => stats.connections));
  gauge.handshakingConnections.observe(sum((stats) => stats.handshaking));
  gauge.establishedConnections.observe(sum((stats) => stats.establishedConnections));
  gauge.waitingDatagrams.observe(sum((stats) => stats.datagramsWaiting));
  counter.retryTokensValidated.observe(sum((stats) => stats.retryTokensValidated));
  counter.retryTokenFailures.observe(sum((stats) => stats.retryTokenFailures));
  counter.handshakes.labels({ result: "completed" }).observe(
    sum((stats) => stats.handshakesCompleted),
  );
  counter.handshakes.labels({ result: "failed" }).observe(sum((stats) => stats.handshakesFailed));
  const { quicPackets, quicBytes } = counter;
  quicPackets.labels({ direction: "received" }).observe(sum((stats) => stats.packetsReceived));
  quicPackets.labels({ direction: "sent" }).observe(sum((stats) => stats.packetsSent));
  quicBytes.labels({ direction: "received" }).observe(sum((stats) => stats.bytesReceived));
  quicBytes.labels({ direction: "sent" }).observe(sum((stats) => stats.bytesSent));
  counter.sendErrors.observe(() => listeners.total(({ sendErrors }) => sendErrors));
  const memory = (read: (memory: SocketMemory) => number) => (): number | undefined => {
    const of = listeners.endpoints.map((endpoint) => endpoint.socketMemory());
    return of.every((known) => known !== undefined)
      ? of.reduce((sum, known) => sum + read(known), 0)
      : undefined;
  };
  gauge.socketReceiveQueueBytes.observe(memory(({ queuedBytes }) => queuedBytes));
  gauge.socketReceiveBufferBytes.observe(memory(({ bufferBytes }) => bufferBytes));
  counter.socketDrops.observe(memory(({ drops }) => drops));
  counter.datagramsReceived.observe(sum((stats) => stats.datagramsReceived));
  counter.datagramsSent.observe(sum((stats) => stats.datagramsSent));
  counter.retriesSent.observe(sum((stats) => stats.retriesSent));
  counter.versionNegotiations.observe(sum((stats) => stats.versionNegotiationsSent));
  counter.statelessResets.observe(sum((stats) => stats.statelessResetsSent));
  counter.refusedConnections.observe(sum((stats) => stats.refusalsSent));
  counter.addressChanges.observe(sum((stats) => stats.addressChanges));
  counter.connectionIdsRotated.observe(sum((stats) => stats.connectionIdsRotated));
  counter.handlerErrors.observe(sum((stats) => stats.handlerErrors));
  for (const reason of packetDropReasons) {
    counter.quicPacketsDropped.labels({ reason }).observe(
      sum((stats) => stats.packetsDropped[reason]),
    );
  }
  for (const reason of datagramDropReasons) {
    counter.datagramsRefused.labels({ reason }).observe(
      sum((stats) => stats.datagramsDropped[reason]),
    );
  }
}
