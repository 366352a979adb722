import { defineMetrics } from "../tunnel/metric_catalogue.ts";
import { processMetrics } from "../tunnel/process_metrics.ts";

/**
 * Everything the connector counts. The first six have the names and the meaning of the reference's
 * (protocol section 10.3), except that a reconnection counts when it has succeeded: the reference
 * counts attempts, of which a dead relay makes two a minute for ever.
 */
export const connectorMetrics = defineMetrics({
  forwardedPackets: {
    name: "ztna_connector_forwarded_packets_total",
    kind: "counter",
    help: "UDP payloads sent to backends, and TCP reads from and writes to them",
  },
  forwardedBytes: {
    name: "ztna_connector_forwarded_bytes_total",
    kind: "counter",
    unit: "bytes",
    help: "Bytes of the UDP payloads and TCP reads and writes that were forwarded",
  },
  tcpSessions: {
    name: "ztna_connector_tcp_sessions_total",
    kind: "counter",
    help: "TCP connections to backends that were started",
  },
  tcpErrors: {
    name: "ztna_connector_tcp_errors_total",
    kind: "counter",
    help: "TCP connects, reads and writes at backends that failed",
  },
  reconnections: {
    name: "ztna_connector_reconnections_total",
    kind: "counter",
    help: "Relay connections that were lost and are registered again",
  },
  uptime: {
    name: "ztna_connector_uptime_seconds",
    kind: "gauge",
    unit: "seconds",
    help: "Time since the connector has started",
  },
  packets: {
    name: "ztna_connector_packets_total",
    kind: "counter",
    labels: ["service", "protocol", "direction"],
    help: "Packets carried between relay and backend, by protocol (udp, icmp) and direction " +
      "(to_backend, to_agent)",
  },
  payloadBytes: {
    name: "ztna_connector_payload_bytes_total",
    kind: "counter",
    unit: "bytes",
    labels: ["service", "protocol", "direction"],
    help: "Payload bytes of the packets carried, without IP, UDP and ICMP headers",
  },
  droppedPackets: {
    name: "ztna_connector_dropped_packets_total",
    kind: "counter",
    labels: ["service", "reason"],
    help: "Packets dropped, by reason",
  },
  udpFlows: {
    name: "ztna_connector_udp_flows",
    kind: "gauge",
    labels: ["service"],
    help: "UDP flows that are open, each with a socket towards the backend",
  },
  udpFlowLimit: {
    name: "ztna_connector_udp_flow_limit",
    kind: "gauge",
    help: "Most UDP flows of all services together",
  },
  udpFlowsOpened: {
    name: "ztna_connector_udp_flows_opened_total",
    kind: "counter",
    labels: ["service"],
    help: "UDP flows opened",
  },
  udpFlowsEnded: {
    name: "ztna_connector_udp_flows_ended_total",
    kind: "counter",
    labels: ["service", "reason"],
    help: "UDP flows ended: idle, evicted at a limit, after an error, or with the relay connection",
  },
  backendErrors: {
    name: "ztna_connector_backend_errors_total",
    kind: "counter",
    labels: ["service", "kind"],
    help: "Failures at the backend's side by kind: name resolution, sockets, sending, receiving",
  },
  backendResolutions: {
    name: "ztna_connector_backend_resolutions_total",
    kind: "counter",
    labels: ["service"],
    help: "Successful resolutions of a backend's host name",
  },
  registrations: {
    name: "ztna_connector_registrations_total",
    kind: "counter",
    labels: ["service", "result"],
    help: "Registrations by what became of them: ack, nack, timeout, send_failed",
  },
  uplinkState: {
    name: "ztna_connector_uplink_state",
    kind: "gauge",
    labels: ["service", "state"],
    help: "State of the service's relay connection: 1 for the one that it is in, 0 for the others",
  },
  connectionAttempts: {
    name: "ztna_connector_connection_attempts_total",
    kind: "counter",
    labels: ["service"],
    help: "Handshakes started with a relay, one for each address tried",
  },
  connectionFailures: {
    name: "ztna_connector_connection_failures_total",
    kind: "counter",
    labels: ["service", "cause"],
    help: "Attempts to reach a relay that ended before the service was registered, by cause",
  },
  connectionLosses: {
    name: "ztna_connector_connection_losses_total",
    kind: "counter",
    labels: ["service", "cause"],
    help: "Relay connections of registered services that were lost, by cause",
  },
  outages: {
    name: "ztna_connector_outage_seconds",
    kind: "histogram",
    unit: "seconds",
    labels: ["service"],
    // From a quick reconnect (1 s of back-off) over a dead relay (30 s idle) to long trouble.
    buckets: [0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300, 900, 3600],
    help: "Time for which a service was not registered, from the loss or the start until the ACK",
  },
  observedAddressChanges: {
    name: "ztna_connector_observed_address_changes_total",
    kind: "counter",
    labels: ["service"],
    help: "Times that a relay has told a new observed address",
  },
  certificateExpiry: {
    name: "ztna_connector_certificate_expiry_timestamp_seconds",
    kind: "gauge",
    unit: "seconds",
    help: "When the client certificate ends, in seconds since 1970",
  },
  reloads: {
    name: "ztna_connector_reloads_total",
    kind: "counter",
    labels: ["result"],
    help: "Checks of the certificate files on SIGHUP: ok, failed",
  },
  quicPackets: {
    name: "ztna_connector_quic_packets_total",
    kind: "counter",
    labels: ["direction"],
    help: "UDP packets of all relay connections, by direction (sent, received)",
  },
  quicBytes: {
    name: "ztna_connector_quic_bytes_total",
    kind: "counter",
    unit: "bytes",
    labels: ["direction"],
    help: "Bytes of these packets, without UDP and IP headers",
  },
  ready: {
    name: "ztna_connector_ready",
    kind: "gauge",
    help: "Whether every service is registered: 1 or 0",
  },
  services: {
    name: "ztna_connector_services",
    kind: "gauge",
    help: "Services that are configured",
  },
  ...processMetrics,
});
