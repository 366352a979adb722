import { createMetrics, defineMetrics, type Metrics } from "../tunnel/metrics.ts";
import { processMetrics } from "../tunnel/process_metrics.ts";

/** Why the relay dropped a message that a client sent; the label of `ztna_relay_drops_total`. */
export const dropReasons = [
  /** A DATAGRAM without a byte. */
  "empty",
  /** An observed address, which only relays send. */
  "observed_address",
  /** Its client is being disconnected for its certificate. */
  "not_admitted",
  /** A registration that ends before its service ID does. */
  "malformed_registration",
  /** More registrations than one connection may send. */
  "registration_rate",
  /** A routed packet that ends before its service ID does. */
  "malformed_routed",
  /** A routed packet for a service that its sender is not registered for as an agent. */
  "not_registered",
  /** A raw packet of a client without any registration. */
  "unregistered_sender",
  /** No connector provides the service. */
  "no_connector",
  /** A packet that its receiver would take for a message of the relay's. */
  "forged_message",
  /** A bound of the inner addresses was reached. */
  "address_limit",
  /** A reply to an inner address that an agent has left not long ago. */
  "quarantined_reply",
  /** A reply that is no agent's for certain. */
  "unattributed_reply",
  /** The destination reads too slowly, or the relay's queues are full. */
  "queue_full",
  /** Longer than what fits into one DATAGRAM towards the destination. */
  "too_long",
  /** The destination is being closed. */
  "destination_closed",
] as const;

/** Why the relay dropped a message that a client sent. */
export type DropReason = typeof dropReasons[number];

/** The bounds of `relay/limits.ts`; the label of `ztna_relay_limits_reached_total`. */
export const limitNames = [
  "services",
  "services_per_connection",
  "connectors_per_service",
  "registration_rate",
  "flows",
  "flows_per_agent",
  "addresses",
  "addresses_per_agent",
  "addresses_per_connector",
] as const;

/** Everything that the relay measures. The first nine are the reference's (protocol section 10.2). */
export const relayMetrics = defineMetrics({
  activeConnections: {
    name: "ztna_active_connections",
    kind: "gauge",
    help: "QUIC connections, those whose handshake is not complete included",
  },
  relayBytes: {
    name: "ztna_relay_bytes_total",
    kind: "counter",
    unit: "bytes",
    help: "Bytes of relayed packets, without the wrapping of routed ones",
  },
  registrations: {
    name: "ztna_registrations_total",
    kind: "counter",
    help: "Accepted registrations of agents and connectors, repeated ones included",
  },
  registrationRejections: {
    name: "ztna_registration_rejections_total",
    kind: "counter",
    help: "Registrations that were answered with a NACK",
  },
  datagramsRelayed: {
    name: "ztna_datagrams_relayed_total",
    kind: "counter",
    help: "Packets that were queued to their destination",
  },
  signalingSessions: {
    name: "ztna_signaling_sessions_total",
    kind: "counter",
    help: "Peer-to-peer signaling sessions that were created",
  },
  retryTokensValidated: {
    name: "ztna_retry_tokens_validated",
    kind: "counter",
    legacyName: true,
    help: "Retry tokens that proved their client's address",
  },
  retryTokenFailures: {
    name: "ztna_retry_token_failures",
    kind: "counter",
    legacyName: true,
    help: "Retry tokens that were refused: forged, too old, or of another address",
  },
  uptimeSeconds: {
    name: "ztna_uptime_seconds",
    kind: "gauge",
    unit: "seconds",
    help: "Time since the relay started",
  },

  ready: {
    name: "ztna_relay_ready",
    kind: "gauge",
    help: "Whether the relay wants traffic: 1, or 0 while it starts or drains",
  },
  draining: {
    name: "ztna_relay_draining",
    kind: "gauge",
    help: "Whether the relay takes nobody new and waits for its clients to leave: 1 or 0",
  },
  handshakingConnections: {
    name: "ztna_relay_handshaking_connections",
    kind: "gauge",
    help: "QUIC connections whose handshake is under way; at most 2,000 on each address",
  },
  establishedConnections: {
    name: "ztna_relay_established_connections",
    kind: "gauge",
    help: "QUIC connections whose handshake is complete",
  },
  agents: {
    name: "ztna_relay_agents",
    kind: "gauge",
    help: "Connections that are registered as an agent for at least one service",
  },
  connectors: {
    name: "ztna_relay_connectors",
    kind: "gauge",
    help: "Connections that are registered as a connector for at least one service",
  },
  services: {
    name: "ztna_relay_services",
    kind: "gauge",
    help: "Services with at least one registration",
  },
  flows: {
    name: "ztna_relay_flows",
    kind: "gauge",
    help: "Flows that are pinned to a connector",
  },
  flowFailovers: {
    name: "ztna_relay_flow_failovers_total",
    kind: "counter",
    help: "Flows that moved to another connector because theirs had gone or was replaced",
  },
  addresses: {
    name: "ztna_relay_addresses",
    kind: "gauge",
    help: "Inner addresses of agents that are in use at connectors",
  },
  quarantinedAddresses: {
    name: "ztna_relay_quarantined_addresses",
    kind: "gauge",
    help: "Inner addresses that agents have left not long ago and nobody else gets for now",
  },
  translations: {
    name: "ztna_relay_translated_packets_total",
    kind: "counter",
    labels: ["direction"],
    help: "Packets whose inner address was changed, to_connector or to_agent",
  },
  drops: {
    name: "ztna_relay_drops_total",
    kind: "counter",
    labels: ["reason"],
    help: "Messages of clients that were dropped, by reason",
  },
  limitsReached: {
    name: "ztna_relay_limits_reached_total",
    kind: "counter",
    labels: ["limit"],
    help: "How often a bound of relay/limits.ts was reached, by its name there",
  },
  connectorTakeovers: {
    name: "ztna_relay_connector_takeovers_total",
    kind: "counter",
    help: "Registrations of a connector that took the place of another connection's",
  },
  observedAddresses: {
    name: "ztna_relay_observed_addresses_total",
    kind: "counter",
    help: "Observed addresses that were sent to clients",
  },
  refusedClients: {
    name: "ztna_relay_refused_clients_total",
    kind: "counter",
    labels: ["reason"],
    help: "Clients disconnected for their certificate: missing, invalid or expired",
  },
  refusedConnections: {
    name: "ztna_relay_refused_connections_total",
    kind: "counter",
    help: "Connections refused at their first packet because the relay drains",
  },
  handshakes: {
    name: "ztna_relay_handshakes_total",
    kind: "counter",
    labels: ["result"],
    help: "QUIC handshakes that ended, completed or failed",
  },
  closedConnections: {
    name: "ztna_relay_closed_connections_total",
    kind: "counter",
    labels: ["by"],
    help: "Connections that ended after their handshake, by who or what ended them",
  },
  signalingDiscardedBytes: {
    name: "ztna_relay_signaling_discarded_bytes_total",
    kind: "counter",
    unit: "bytes",
    help: "Bytes that arrived on signaling streams and were discarded",
  },

  packetsReceived: {
    name: "ztna_relay_packets_received_total",
    kind: "counter",
    help: "UDP packets received",
  },
  packetsSent: {
    name: "ztna_relay_packets_sent_total",
    kind: "counter",
    help: "UDP packets handed to the system",
  },
  receivedBytes: {
    name: "ztna_relay_received_bytes_total",
    kind: "counter",
    unit: "bytes",
    help: "Bytes of the UDP packets received",
  },
  sentBytes: {
    name: "ztna_relay_sent_bytes_total",
    kind: "counter",
    unit: "bytes",
    help: "Bytes of the UDP packets handed to the system",
  },
  packetsDropped: {
    name: "ztna_relay_packets_dropped_total",
    kind: "counter",
    labels: ["reason"],
    help: "UDP packets that were dropped before any connection saw them, by reason",
  },
  sendErrors: {
    name: "ztna_relay_send_errors_total",
    kind: "counter",
    help: "UDP packets that the system refused to send",
  },
  datagramsReceived: {
    name: "ztna_relay_datagrams_received_total",
    kind: "counter",
    help: "QUIC DATAGRAMs received",
  },
  datagramsSent: {
    name: "ztna_relay_datagrams_sent_total",
    kind: "counter",
    help: "QUIC DATAGRAMs queued for sending, the relay's own messages included",
  },
  datagramsRefused: {
    name: "ztna_relay_datagrams_refused_total",
    kind: "counter",
    labels: ["reason"],
    help: "QUIC DATAGRAMs that could not be queued, by reason",
  },
  waitingDatagrams: {
    name: "ztna_relay_waiting_datagrams",
    kind: "gauge",
    help: "QUIC DATAGRAMs that wait in the send queues of all connections",
  },
  retriesSent: {
    name: "ztna_relay_retries_sent_total",
    kind: "counter",
    help: "Retry packets sent",
  },
  versionNegotiations: {
    name: "ztna_relay_version_negotiations_total",
    kind: "counter",
    help: "Version Negotiation packets sent",
  },
  statelessResets: {
    name: "ztna_relay_stateless_resets_total",
    kind: "counter",
    help: "Stateless resets sent",
  },
  addressChanges: {
    name: "ztna_relay_address_changes_total",
    kind: "counter",
    help: "Changes of a client's address that its connection followed",
  },
  connectionIdsRotated: {
    name: "ztna_relay_connection_ids_rotated_total",
    kind: "counter",
    help: "Connection IDs issued after the first one of their connection",
  },
  handlerErrors: {
    name: "ztna_relay_handler_errors_total",
    kind: "counter",
    help: "Faults of the relay itself, each of which closed one connection",
  },
  tlsReloads: {
    name: "ztna_relay_tls_reloads_total",
    kind: "counter",
    labels: ["result"],
    help: "Reloads of the TLS files, succeeded or failed",
  },
  certificateNotAfterSeconds: {
    name: "ztna_relay_certificate_not_after_seconds",
    kind: "gauge",
    unit: "seconds",
    help: "When the relay's own certificate ends, in seconds since 1970",
  },
  ...processMetrics,
});

/** The relay's instruments. */
export type RelayMetrics = Metrics<typeof relayMetrics>;

/**
 * Makes the instruments, all at zero: also those with labels, as a series that begins with its
 * first event hides that event from `rate()`.
 */
export function createRelayMetrics(): RelayMetrics {
  const metrics = createMetrics(relayMetrics);
  const { drops, limitsReached, refusedClients, closedConnections, tlsReloads, translations } =
    metrics.counter;
  for (const reason of dropReasons) drops.labels({ reason });
  for (const limit of limitNames) limitsReached.labels({ limit });
  for (const reason of ["missing", "invalid", "expired"]) refusedClients.labels({ reason });
  for (const by of ["peer", "local", "idle_timeout", "stateless_reset"]) {
    closedConnections.labels({ by });
  }
  for (const result of ["succeeded", "failed"]) tlsReloads.labels({ result });
  for (const direction of ["to_connector", "to_agent"]) translations.labels({ direction });
  return metrics;
}
