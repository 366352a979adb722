import { createMetrics, defineMetrics, type Metrics } from "../tunnel/metrics.ts";
import { overflowLabel } from "../tunnel/instruments.ts";
import { forwardingBuckets } from "../tunnel/forwarding_time.ts";
import { processMetrics } from "../tunnel/process_metrics.ts";
import { maxNamedServices } from "./limits.ts";
import { quicMetrics } from "./quic_metrics.ts";

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

/** Why a registration got a NACK; the label of `ztna_relay_rejected_registrations_total`. */
export const rejectionReasons = ["unauthorized", "limit", "draining", "invalid"] as const;

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
  "named_services",
] as const;

const service = `ID of the service; ${overflowLabel} for all but ${maxNamedServices} of them`;

/** Everything that the relay measures. The reference's names stay (protocol section 10.2). */
export const relayMetrics = defineMetrics({
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
    advice: "See the rejected registrations by reason.",
  },
  rejectedRegistrations: {
    name: "ztna_relay_rejected_registrations_total",
    kind: "counter",
    topic: "errors",
    labels: { reason: rejectionReasons },
    help: "Registrations that were answered with a NACK, by reason",
    advice:
      "unauthorized: a client asks for a service that its certificate does not name. limit: " +
      "see the limits reached. The log has the clients of both. draining: usual during a drain. " +
      "invalid: a client of another make.",
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
    limit: "ztna_relay_services_limit",
    advice: "More than are deployed: agents ask for services that nobody offers.",
  },
  servicesLimit: {
    name: "ztna_relay_services_limit",
    kind: "gauge",
    topic: "saturation",
    help: "Most services with a registration",
    advice: "It is built in; of one connection, 256.",
  },
  flows: {
    name: "ztna_relay_flows",
    kind: "gauge",
    topic: "saturation",
    help: "Flows that are pinned to a connector",
    limit: "ztna_relay_flows_limit",
    advice:
      "At the limit, new flows are not pinned, and change their connector whenever one comes " +
      "or goes: add a relay.",
  },
  flowsLimit: {
    name: "ztna_relay_flows_limit",
    kind: "gauge",
    topic: "saturation",
    help: "Most flows that are pinned at a time",
    advice: "It is built in; of one agent, 4,096.",
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
    limit: "ztna_relay_addresses_limit",
    advice:
      "It grows with agents times the connectors that they talk to. At the limit, packets of " +
      "new agents are dropped (address_limit): add a relay.",
  },
  quarantinedAddresses: {
    name: "ztna_relay_quarantined_addresses",
    kind: "gauge",
    topic: "saturation",
    help: "Inner addresses that agents have left not long ago and nobody else gets for now",
    limit: "ztna_relay_addresses_limit",
    advice: "Many are agents that come and go: see why connections are closed.",
  },
  addressesLimit: {
    name: "ztna_relay_addresses_limit",
    kind: "gauge",
    topic: "saturation",
    help: "Most inner addresses in use and in quarantine together",
    advice: "It is built in; of one agent at one connector 256, of one connector 131,072.",
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
      "is too slow. quarantined_reply: usual when agents leave. Others: a client sends what it " +
      "must not; relay/metrics.ts explains each.",
  },
  servicePackets: {
    name: "ztna_relay_service_packets_total",
    kind: "counter",
    topic: "traffic",
    labels: { service, direction: ["to_connector", "to_agent"] },
    help: "Packets that were queued to their destination, by service and direction",
    advice: "Only to_connector: the backend does not answer; see the connector's backend errors. " +
      "None while agents are registered: see the service's drops.",
  },
  serviceBytes: {
    name: "ztna_relay_service_bytes_total",
    kind: "counter",
    topic: "traffic",
    unit: "bytes",
    labels: { service, direction: ["to_connector", "to_agent"] },
    help: "Bytes of the packets that were queued to their destination, by service and direction",
    advice: "See which service takes the relay's bandwidth.",
  },
  serviceDrops: {
    name: "ztna_relay_service_drops_total",
    kind: "counter",
    topic: "errors",
    labels: { service },
    help: "Messages of clients that were dropped and whose service is known",
    advice:
      "Without connectors, they are away. With some, see the relay's drops by reason at the " +
      "same time.",
  },
  serviceAgents: {
    name: "ztna_relay_service_agents",
    kind: "gauge",
    topic: "peers",
    labels: { service },
    help: "Agents that are registered for the service",
    advice: "A sudden fall of one service means that its agents cannot register: see the " +
      "rejections. Of all, that clients were lost.",
  },
  serviceConnectors: {
    name: "ztna_relay_service_connectors",
    kind: "gauge",
    topic: "peers",
    labels: { service },
    help: "Connectors that new flows of the service may go to",
    advice:
      "0 with agents: the service is down here. Fewer than are deployed: see the connectors' " +
      "uplink states.",
  },
  forwarding: {
    name: "ztna_relay_forwarding_seconds",
    kind: "histogram",
    topic: "latency",
    unit: "seconds",
    help: "Time from the receipt of a client's packet until it was handed to the system for its " +
      "destination; of each batch that was received, the first packet to each destination",
    advice: "Compare with the event loop lag and CPU: both high, and the relay is too small. " +
      "Without them packets wait for a slow receiver: see the waiting DATAGRAMs.",
    buckets: forwardingBuckets,
    thresholds: { warning: 0.01, critical: 0.1 },
  },
  limitsReached: {
    name: "ztna_relay_limits_reached_total",
    kind: "counter",
    topic: "saturation",
    labels: { limit: limitNames },
    help: "How often a bound of relay/limits.ts was reached, by its name there",
    advice: "Something was refused or evicted each time. One client that reaches a bound per " +
      "connection is at fault itself; a bound of the relay asks for another relay. " +
      "named_services: services are shown as other, nothing else.",
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
  ...quicMetrics,
  ...processMetrics,
});

/** The relay's instruments. */
export type RelayMetrics = Metrics<typeof relayMetrics>;

/** Makes the instruments, all at zero. */
export function createRelayMetrics(): RelayMetrics {
  // Two directions of each service, and of all others.
  return createMetrics(relayMetrics, { maxSeriesPerMetric: 2 * (maxNamedServices + 1) });
}
