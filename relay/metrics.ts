import { createMetrics, defineMetrics, type Metrics } from "../tunnel/metrics.ts";
import { processMetrics } from "../tunnel/process_metrics.ts";
import { datagramDropReasons, packetDropReasons } from "../tunnel/quic/endpoint_stats.ts";

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
    topic: "peers",
    help: "QUIC connections, those whose handshake is not complete included",
    advice: "A sudden fall means that clients were lost: compare with closed connections. At " +
      "max_connections, new clients are refused.",
  },
  relayBytes: {
    name: "ztna_relay_bytes_total",
    kind: "counter",
    topic: "traffic",
    unit: "bytes",
    help: "Bytes of relayed packets, without the wrapping of routed ones",
    advice: "Zero while agents are connected: look at drops by reason.",
  },
  registrations: {
    name: "ztna_registrations_total",
    kind: "counter",
    topic: "peers",
    help: "Accepted registrations of agents and connectors, repeated ones included",
    advice: "A lasting high rate is clients that come and go: see why connections are closed.",
  },
  registrationRejections: {
    name: "ztna_registration_rejections_total",
    kind: "counter",
    topic: "errors",
    help: "Registrations that were answered with a NACK",
    advice:
      "A client asks for a service that its certificate does not name, or the relay drains. " +
      "The relay's log has the client.",
  },
  datagramsRelayed: {
    name: "ztna_datagrams_relayed_total",
    kind: "counter",
    topic: "traffic",
    help: "Packets that were queued to their destination",
    advice: "Zero while agents are connected: look at drops by reason.",
  },
  signalingSessions: {
    name: "ztna_signaling_sessions_total",
    kind: "counter",
    topic: "peers",
    help: "Peer-to-peer signaling sessions that were created",
    advice: "This relay has no peer-to-peer signaling yet; the name is the reference's.",
  },
  retryTokensValidated: {
    name: "ztna_retry_tokens_validated",
    kind: "counter",
    topic: "peers",
    legacyName: true,
    help: "Retry tokens that proved their client's address",
    advice: "Every new client brings one. Many more than completed handshakes are clients that " +
      "fail afterwards, most often for their certificate.",
  },
  retryTokenFailures: {
    name: "ztna_retry_token_failures",
    kind: "counter",
    topic: "errors",
    legacyName: true,
    help: "Retry tokens that were refused: forged, too old, or of another address",
    advice: "Some after a restart are usual without a shared retry_key_path. A lasting rate is " +
      "somebody who forges addresses.",
  },
  uptimeSeconds: {
    name: "ztna_uptime_seconds",
    kind: "gauge",
    topic: "lifecycle",
    unit: "seconds",
    help: "Time since the relay started",
    advice: "A reset that nobody has ordered is a crash: see the journal before it.",
  },

  ready: {
    name: "ztna_relay_ready",
    kind: "gauge",
    topic: "lifecycle",
    reading: "flag",
    help: "Whether the relay wants traffic: 1, or 0 while it starts or drains",
    advice: "Not ready for longer than a restart: /readyz says why.",
  },
  draining: {
    name: "ztna_relay_draining",
    kind: "gauge",
    topic: "lifecycle",
    reading: "flag",
    help: "Whether the relay takes nobody new and waits for its clients to leave: 1 or 0",
    advice: "A drain ends with a restart. One that lasts is the rest of a command that was " +
      "interrupted: run it again.",
  },
  handshakingConnections: {
    name: "ztna_relay_handshaking_connections",
    kind: "gauge",
    topic: "saturation",
    help: "QUIC connections whose handshake is under way; at most 2,000 on each address",
    advice: "Many that stay are clients whose packets are lost, or an attack. New clients are " +
      "refused at the bound.",
    thresholds: { warning: 1000, critical: 1800 },
  },
  establishedConnections: {
    name: "ztna_relay_established_connections",
    kind: "gauge",
    topic: "peers",
    help: "QUIC connections whose handshake is complete",
    advice: "A sudden fall means that clients were lost: compare with closed connections.",
  },
  agents: {
    name: "ztna_relay_agents",
    kind: "gauge",
    topic: "peers",
    help: "Connections that are registered as an agent for at least one service",
    advice: "None on one relay of several: its address does not reach agents, or it drains.",
  },
  connectors: {
    name: "ztna_relay_connectors",
    kind: "gauge",
    topic: "peers",
    help: "Connections that are registered as a connector for at least one service",
    advice: "Fewer than are deployed: see the connectors' uplink states.",
  },
  services: {
    name: "ztna_relay_services",
    kind: "gauge",
    topic: "peers",
    help: "Services with at least one registration",
    advice: "More than are deployed: agents ask for services that nobody offers.",
  },
  flows: {
    name: "ztna_relay_flows",
    kind: "gauge",
    topic: "saturation",
    help: "Flows that are pinned to a connector",
    advice: "Near its bound (limits reached), the oldest flows are forgotten: add a relay.",
  },
  flowFailovers: {
    name: "ztna_relay_flow_failovers_total",
    kind: "counter",
    topic: "errors",
    help: "Flows that moved to another connector because theirs had gone or was replaced",
    advice: "Usual when a connector restarts. Otherwise a connector comes and goes: see why " +
      "connections are closed.",
  },
  addresses: {
    name: "ztna_relay_addresses",
    kind: "gauge",
    topic: "saturation",
    help: "Inner addresses of agents that are in use at connectors",
    advice: "It grows with agents times the connectors that they talk to. Near its bound (limits " +
      "reached), new agents are refused.",
  },
  quarantinedAddresses: {
    name: "ztna_relay_quarantined_addresses",
    kind: "gauge",
    topic: "saturation",
    help: "Inner addresses that agents have left not long ago and nobody else gets for now",
    advice: "Many are agents that come and go: see why connections are closed.",
  },
  translations: {
    name: "ztna_relay_translated_packets_total",
    kind: "counter",
    topic: "traffic",
    labels: { direction: ["to_connector", "to_agent"] },
    help: "Packets whose inner address was changed, to_connector or to_agent",
    advice: "Only one direction: the backend does not answer, or its replies are dropped.",
  },
  drops: {
    name: "ztna_relay_drops_total",
    kind: "counter",
    topic: "errors",
    labels: { reason: dropReasons },
    help: "Messages of clients that were dropped, by reason",
    advice:
      "no_connector: the service's connector is away. queue_full: the receiver or this relay " +
      "is too slow. Others: a client sends what it must not; the log has it.",
  },
  limitsReached: {
    name: "ztna_relay_limits_reached_total",
    kind: "counter",
    topic: "saturation",
    labels: { limit: limitNames },
    help: "How often a bound of relay/limits.ts was reached, by its name there",
    advice: "Something was refused or evicted each time. One client that reaches a bound per " +
      "connection is at fault itself; a bound of the relay asks for another relay.",
  },
  connectorTakeovers: {
    name: "ztna_relay_connector_takeovers_total",
    kind: "counter",
    topic: "peers",
    help: "Registrations of a connector that took the place of another connection's",
    advice: "One after each reconnect is usual. A lasting rate: two connectors have the same " +
      "certificate and push each other out.",
  },
  observedAddresses: {
    name: "ztna_relay_observed_addresses_total",
    kind: "counter",
    topic: "peers",
    help: "Observed addresses that were sent to clients",
    advice: "Many more than connections: clients behind a NAT that changes their address often.",
  },
  refusedClients: {
    name: "ztna_relay_refused_clients_total",
    kind: "counter",
    topic: "errors",
    labels: { reason: ["missing", "invalid", "expired"] },
    help: "Clients disconnected for their certificate: missing, invalid or expired",
    advice: "expired: deploy renews the fleet's certificates. invalid or missing: a client of " +
      "another fleet, or one that was never enrolled.",
  },
  refusedConnections: {
    name: "ztna_relay_refused_connections_total",
    kind: "counter",
    topic: "lifecycle",
    help: "Connections refused at their first packet because the relay drains",
    advice: "Usual during a drain: the clients go elsewhere.",
  },
  handshakes: {
    name: "ztna_relay_handshakes_total",
    kind: "counter",
    topic: "peers",
    labels: { result: ["completed", "failed"] },
    help: "QUIC handshakes that ended, completed or failed",
    advice: "Failures: certificates that do not fit together, or packets lost on the way. The " +
      "client's log has the TLS alert.",
  },
  closedConnections: {
    name: "ztna_relay_closed_connections_total",
    kind: "counter",
    topic: "peers",
    labels: { by: ["peer", "local", "idle_timeout", "stateless_reset"] },
    help: "Connections that ended after their handshake, by who or what ended them",
    advice: "idle_timeout: the network between, or clients that died. local: the relay closes " +
      "them, see its log.",
  },
  signalingDiscardedBytes: {
    name: "ztna_relay_signaling_discarded_bytes_total",
    kind: "counter",
    topic: "errors",
    unit: "bytes",
    help: "Bytes that arrived on signaling streams and were discarded",
    advice: "Clients try peer-to-peer, which this relay does not offer yet.",
  },

  packetsReceived: {
    name: "ztna_relay_packets_received_total",
    kind: "counter",
    topic: "traffic",
    help: "UDP packets received",
    advice: "Zero: nobody reaches the UDP port. See the firewall and the address that clients use.",
  },
  packetsSent: {
    name: "ztna_relay_packets_sent_total",
    kind: "counter",
    topic: "traffic",
    help: "UDP packets handed to the system",
    advice: "Far fewer than received: packets are dropped; see drops and packets dropped.",
  },
  receivedBytes: {
    name: "ztna_relay_received_bytes_total",
    kind: "counter",
    topic: "traffic",
    unit: "bytes",
    help: "Bytes of the UDP packets received",
    advice: "Compare with the bandwidth that the host has.",
  },
  sentBytes: {
    name: "ztna_relay_sent_bytes_total",
    kind: "counter",
    topic: "traffic",
    unit: "bytes",
    help: "Bytes of the UDP packets handed to the system",
    advice: "Compare with the bandwidth that the host has.",
  },
  packetsDropped: {
    name: "ztna_relay_packets_dropped_total",
    kind: "counter",
    topic: "errors",
    labels: { reason: packetDropReasons },
    help: "UDP packets that were dropped before any connection saw them, by reason",
    advice: "unknown_connection: peers of an earlier process, for up to 30 s after a restart. " +
      "Limits and tokens: many new clients, or an attack.",
  },
  sendErrors: {
    name: "ztna_relay_send_errors_total",
    kind: "counter",
    topic: "errors",
    help: "UDP packets that the system refused to send",
    advice: "The host's firewall, routing or buffers refuse them: see the relay's log.",
  },
  datagramsReceived: {
    name: "ztna_relay_datagrams_received_total",
    kind: "counter",
    topic: "traffic",
    help: "QUIC DATAGRAMs received",
    advice: "Compare with packets relayed: the difference is messages to the relay, and drops.",
  },
  datagramsSent: {
    name: "ztna_relay_datagrams_sent_total",
    kind: "counter",
    topic: "traffic",
    help: "QUIC DATAGRAMs queued for sending, the relay's own messages included",
    advice: "Compare with packets relayed: the difference is the relay's own messages.",
  },
  datagramsRefused: {
    name: "ztna_relay_datagrams_refused_total",
    kind: "counter",
    topic: "errors",
    labels: { reason: datagramDropReasons },
    help: "QUIC DATAGRAMs that could not be queued, by reason",
    advice:
      "queue_full: the peer reads too slowly, or its network loses packets. too_long: an MTU " +
      "in the way is smaller than usual.",
  },
  waitingDatagrams: {
    name: "ztna_relay_waiting_datagrams",
    kind: "gauge",
    topic: "saturation",
    help: "QUIC DATAGRAMs that wait in the send queues of all connections",
    advice: "Peers are slower than what is sent to them. Drops with queue_full follow.",
  },
  retriesSent: {
    name: "ztna_relay_retries_sent_total",
    kind: "counter",
    topic: "peers",
    help: "Retry packets sent",
    advice: "One for each new client. Many more than validated tokens: forged source addresses.",
  },
  versionNegotiations: {
    name: "ztna_relay_version_negotiations_total",
    kind: "counter",
    topic: "errors",
    help: "Version Negotiation packets sent",
    advice: "Somebody speaks another QUIC version: a scanner, or a client that is not ours.",
  },
  statelessResets: {
    name: "ztna_relay_stateless_resets_total",
    kind: "counter",
    topic: "errors",
    help: "Stateless resets sent",
    advice: "Usual after a restart: peers of the earlier process are told that it has gone.",
  },
  addressChanges: {
    name: "ztna_relay_address_changes_total",
    kind: "counter",
    topic: "peers",
    help: "Changes of a client's address that its connection followed",
    advice:
      "Usual with mobile agents. Many of a connector: its NAT forgets it between keep-alives.",
  },
  connectionIdsRotated: {
    name: "ztna_relay_connection_ids_rotated_total",
    kind: "counter",
    topic: "peers",
    help: "Connection IDs issued after the first one of their connection",
    advice: "One for each connection in five minutes is usual.",
  },
  handlerErrors: {
    name: "ztna_relay_handler_errors_total",
    kind: "counter",
    topic: "errors",
    help: "Faults of the relay itself, each of which closed one connection",
    advice: "A fault in the program: report it with the error in the relay's log.",
  },
  tlsReloads: {
    name: "ztna_relay_tls_reloads_total",
    kind: "counter",
    topic: "lifecycle",
    labels: { result: ["succeeded", "failed"] },
    help: "Reloads of the TLS files, succeeded or failed",
    advice: "After a failure the earlier certificate stays in use: see the log, mend the files, " +
      "reload.",
  },
  certificateExpiry: {
    name: "ztna_relay_certificate_expiry_timestamp_seconds",
    kind: "gauge",
    topic: "lifecycle",
    unit: "seconds",
    reading: "timestamp",
    help: "When the relay's own certificate ends, in seconds since 1970",
    advice: "Deploy renews it in time: run it, and see why nobody has.",
    thresholds: { warning: 21 * 86_400, critical: 3 * 86_400 },
  },
  ...processMetrics,
});

/** The relay's instruments. */
export type RelayMetrics = Metrics<typeof relayMetrics>;

/** Makes the instruments, all at zero. */
export function createRelayMetrics(): RelayMetrics {
  return createMetrics(relayMetrics);
}
