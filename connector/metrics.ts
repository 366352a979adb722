import { forwardingBuckets } from "../tunnel/forwarding_time.ts";
import { defineMetrics } from "../tunnel/metric_catalogue.ts";
import { processMetrics } from "../tunnel/process_metrics.ts";
import { backendErrorKinds } from "./backend_error.ts";
import { type DropReason, dropReasons } from "./drops.ts";
import { flowEnds } from "./flow_table.ts";
import { uplinkCauses } from "./uplink_cause.ts";
import { uplinkStates } from "./uplink_machine.ts";

/** What became of a registration. */
export const registrationResults = ["ack", "nack", "timeout", "send_failed"] as const;

/** One of {@linkcode registrationResults}. */
export type RegistrationResult = typeof registrationResults[number];

const service = "ID of the service";
const carried = {
  service,
  protocol: ["udp", "icmp"],
  direction: ["to_backend", "to_agent"],
} as const;

/**
 * Everything the connector counts. The first six have the names and the meaning of the reference's
 * (protocol section 10.3), except that a reconnection counts when it has succeeded: the reference
 * counts attempts, of which a dead relay makes two a minute for ever.
 */
export const connectorMetrics = defineMetrics({
  forwardedPackets: {
    name: "ztna_connector_forwarded_packets_total",
    kind: "counter",
    topic: "traffic",
    help: "UDP payloads sent to backends, and TCP reads from and writes to them",
    advice: "Zero while agents are active: look at dropped packets by reason.",
  },
  forwardedBytes: {
    name: "ztna_connector_forwarded_bytes_total",
    kind: "counter",
    topic: "traffic",
    unit: "bytes",
    help: "Bytes of the UDP payloads and TCP reads and writes that were forwarded",
    advice: "Zero while agents are active: look at dropped packets by reason.",
  },
  tcpSessions: {
    name: "ztna_connector_tcp_sessions_total",
    kind: "counter",
    topic: "traffic",
    help: "TCP connections to backends that were started",
    advice: "This connector carries no TCP yet; the name is the reference's.",
  },
  tcpErrors: {
    name: "ztna_connector_tcp_errors_total",
    kind: "counter",
    topic: "errors",
    help: "TCP connects, reads and writes at backends that failed",
    advice: "This connector carries no TCP yet; the name is the reference's.",
  },
  reconnections: {
    name: "ztna_connector_reconnections_total",
    kind: "counter",
    topic: "peers",
    help: "Relay connections that were lost and are registered again",
    advice: "A lasting rate is a storm: see the causes of lost connections.",
  },
  uptime: {
    name: "ztna_connector_uptime_seconds",
    kind: "gauge",
    topic: "lifecycle",
    unit: "seconds",
    help: "Time since the connector has started",
    advice: "A reset that nobody has ordered is a crash: see the journal before it.",
  },
  packets: {
    name: "ztna_connector_packets_total",
    kind: "counter",
    topic: "traffic",
    labels: carried,
    help: "Packets carried between relay and backend, by protocol (udp, icmp) and direction " +
      "(to_backend, to_agent)",
    advice: "Only to_backend: the backend does not answer. Look at it, and at backend errors.",
  },
  payloadBytes: {
    name: "ztna_connector_payload_bytes_total",
    kind: "counter",
    topic: "traffic",
    unit: "bytes",
    labels: carried,
    help: "Payload bytes of the packets carried, without IP, UDP and ICMP headers",
    advice: "Only to_backend: the backend does not answer. Look at it, and at backend errors.",
  },
  drops: {
    name: "ztna_connector_drops_total",
    kind: "counter",
    topic: "errors",
    labels: { service, reason: Object.keys(dropReasons) as DropReason[] },
    help: "Packets dropped, by reason",
    advice: "backend_ reasons: look at the backend and the way to it. reply_queue_full: the " +
      "relay or the network is too slow. Others: an agent sends what is not served; " +
      "connector/drops.ts explains each.",
  },
  udpFlows: {
    name: "ztna_connector_udp_flows",
    kind: "gauge",
    topic: "saturation",
    labels: { service },
    help: "UDP flows that are open, each with a socket towards the backend",
    limit: "ztna_connector_udp_flows_limit",
    advice: "Near the limit of all services, the idlest flows are ended early: raise " +
      "max_udp_flows and LimitNOFILE, or add a connector.",
  },
  udpFlowsLimit: {
    name: "ztna_connector_udp_flows_limit",
    kind: "gauge",
    topic: "saturation",
    help: "Most UDP flows of all services together",
    advice: "max_udp_flows in the configuration; each flow needs a file descriptor.",
  },
  udpWaitingPackets: {
    name: "ztna_connector_udp_waiting_packets",
    kind: "gauge",
    topic: "saturation",
    limit: "ztna_connector_udp_waiting_packets_limit",
    help: "Packets of all UDP flows that wait until the system takes them for the backend",
    advice:
      "The system takes packets too slowly: look at the host's network device and its queue. " +
      "Drops with backend_backlog follow.",
  },
  udpWaitingPacketsLimit: {
    name: "ztna_connector_udp_waiting_packets_limit",
    kind: "gauge",
    topic: "saturation",
    help: "Most packets of all UDP flows that may wait",
    advice: "It is built in; of one flow, 1,024.",
  },
  waitingDatagrams: {
    name: "ztna_connector_waiting_datagrams",
    kind: "gauge",
    topic: "saturation",
    labels: { service },
    limit: "ztna_connector_waiting_datagrams_limit",
    help: "QUIC DATAGRAMs that wait until the network to the relay takes them",
    advice: "The way to the relay is too narrow or loses packets: see the packets lost and the " +
      "round-trip time. Drops with reply_queue_full follow.",
  },
  waitingDatagramsLimit: {
    name: "ztna_connector_waiting_datagrams_limit",
    kind: "gauge",
    topic: "saturation",
    labels: { service },
    help: "Most QUIC DATAGRAMs that may wait for the service's relay",
    advice: "It is built in.",
  },
  forwarding: {
    name: "ztna_connector_forwarding_seconds",
    kind: "histogram",
    topic: "latency",
    unit: "seconds",
    labels: { direction: ["to_backend", "to_agent"] },
    help: "Time from the receipt of a packet until it was handed to the system for its " +
      "destination; of each batch that was received, the first packet of each flow or service",
    advice: "Compare with the event loop lag and CPU: both high, and the connector is too small. " +
      "Without them packets wait for the network: see what waits.",
    buckets: forwardingBuckets,
    thresholds: { warning: 0.01, critical: 0.1 },
  },
  backendResponse: {
    name: "ztna_connector_backend_response_seconds",
    kind: "histogram",
    topic: "latency",
    unit: "seconds",
    labels: { service },
    // From a server on the same host to one that keeps its clients waiting.
    buckets: [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
    thresholds: { warning: 0.5, critical: 2.5 },
    help: "Time from the first packet of a UDP flow that was idle for a second to its first reply",
    advice: "The backend, or the network to it, is slow: look there. Compare with earlier days: " +
      "some protocols answer late.",
  },
  udpFlowsOpened: {
    name: "ztna_connector_udp_flows_opened_total",
    kind: "counter",
    topic: "traffic",
    labels: { service },
    help: "UDP flows opened",
    advice: "Many more than agents: a client that changes its port for every packet.",
  },
  udpFlowsEnded: {
    name: "ztna_connector_udp_flows_ended_total",
    kind: "counter",
    topic: "traffic",
    labels: { service, reason: flowEnds },
    help: "UDP flows ended: idle, evicted at a limit, after an error, or with the relay " +
      "connection",
    advice: "evicted: the limit of flows is too low. error: see backend errors. uplink_closed: " +
      "see lost relay connections.",
  },
  backendErrors: {
    name: "ztna_connector_backend_errors_total",
    kind: "counter",
    topic: "errors",
    labels: { service, kind: backendErrorKinds },
    help: "Failures at the backend's side by kind: name resolution, sockets, sending, " +
      "receiving",
    advice: "resolve: DNS. refused: nothing listens at the backend. unreachable, denied: routing " +
      "or a firewall. descriptors, buffers: this host is short of them.",
  },
  backendResolutions: {
    name: "ztna_connector_backend_resolutions_total",
    kind: "counter",
    topic: "traffic",
    labels: { service },
    help: "Successful resolutions of a backend's host name",
    advice: "An idle service asks for nothing. None while agents are active and the backend is a " +
      "name: see backend errors of the kind resolve.",
  },
  registrations: {
    name: "ztna_connector_registrations_total",
    kind: "counter",
    topic: "peers",
    labels: { service, result: registrationResults },
    help: "Registrations by what became of them: ack, nack, timeout, send_failed",
    advice: "nack: the connector's certificate does not name the service, or the relay drains. " +
      "timeout: packets are lost on the way.",
  },
  uplinkState: {
    name: "ztna_connector_uplink_state",
    kind: "gauge",
    topic: "lifecycle",
    reading: "flag",
    labels: { service, state: uplinkStates },
    help: "State of the service's relay connection: 1 for the one that it is in, 0 for the " +
      "others",
    advice: "Anything but registered means that the service is away: the log says why. denied: " +
      "its certificate. waiting: the relay is not reached.",
  },
  relayRtt: {
    name: "ztna_connector_relay_rtt_seconds",
    kind: "gauge",
    topic: "latency",
    unit: "seconds",
    labels: { service },
    thresholds: { warning: 0.2, critical: 0.5 },
    help:
      "Smoothed round-trip time to the relay in whole milliseconds; missing while there is no " +
      "connection",
    advice: "Every packet takes half of it. A rise without a change of the way is a queue that " +
      "fills up: see the packets lost, and use a nearer relay.",
  },
  relayPacketsLost: {
    name: "ztna_connector_relay_packets_lost_total",
    kind: "counter",
    topic: "errors",
    labels: { service },
    help: "UDP packets to the relay that were taken for lost, as nothing acknowledged them",
    advice: "More than 1 % of the QUIC packets sent: the network to the relay is full or broken, " +
      "or the relay's receive buffer overflows.",
  },
  connectionAttempts: {
    name: "ztna_connector_connection_attempts_total",
    kind: "counter",
    topic: "peers",
    labels: { service },
    help: "Handshakes started with a relay, one for each address tried",
    advice: "A lasting rate is a relay that is not reached: see the causes of failures.",
  },
  connectionFailures: {
    name: "ztna_connector_connection_failures_total",
    kind: "counter",
    topic: "errors",
    labels: { service, cause: uplinkCauses },
    help: "Attempts to reach a relay that ended before the service was registered, by cause",
    advice: "unreachable: the relay's address, port or firewall. tls: certificates. resolve: " +
      "DNS. relay_draining: usual during a restart.",
  },
  connectionLosses: {
    name: "ztna_connector_connection_losses_total",
    kind: "counter",
    topic: "errors",
    labels: { service, cause: uplinkCauses },
    help: "Relay connections of registered services that were lost, by cause",
    advice: "relay_closed, relay_restarted: usual at a restart of the relay. silent: the network " +
      "between. relay_error, connector_error: a fault of that program; its log has it.",
  },
  outages: {
    name: "ztna_connector_outage_seconds",
    kind: "histogram",
    topic: "latency",
    unit: "seconds",
    labels: { service },
    // From a quick reconnect (1 s of back-off) over a dead relay (30 s idle) to long trouble.
    buckets: [0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300, 900, 3600],
    thresholds: { warning: 5, critical: 60 },
    help: "Time for which a service was not registered, from the loss or the start until the " +
      "ACK",
    advice: "Restarts take a second or two. Longer: see the causes of failures.",
  },
  observedAddressChanges: {
    name: "ztna_connector_observed_address_changes_total",
    kind: "counter",
    topic: "peers",
    labels: { service },
    help: "Times that a relay has told a new observed address",
    advice: "Many: the NAT before the connector changes its address, or forgets it.",
  },
  certificateExpiry: {
    name: "ztna_connector_certificate_expiry_timestamp_seconds",
    kind: "gauge",
    topic: "lifecycle",
    unit: "seconds",
    reading: "timestamp",
    thresholds: { warning: 21 * 86_400, critical: 3 * 86_400 },
    help: "When the client certificate ends, in seconds since 1970",
    advice: "Deploy renews it in time: run it, and see why nobody has.",
  },
  tlsReloads: {
    name: "ztna_connector_tls_reloads_total",
    kind: "counter",
    topic: "lifecycle",
    labels: { result: ["succeeded", "failed"] },
    help: "Reloads of the TLS files, succeeded or failed",
    advice: "After a failure the earlier certificate stays in use: see the log, mend the files, " +
      "reload.",
  },
  quicPackets: {
    name: "ztna_connector_quic_packets_total",
    kind: "counter",
    topic: "traffic",
    labels: { direction: ["sent", "received"] },
    help: "UDP packets of all relay connections, by direction (sent, received)",
    advice: "Sent without received: nothing comes back from the relay. See the firewall and the " +
      "uplink state.",
  },
  quicBytes: {
    name: "ztna_connector_quic_bytes_total",
    kind: "counter",
    topic: "traffic",
    unit: "bytes",
    labels: { direction: ["sent", "received"] },
    help: "Bytes of these packets, without UDP and IP headers",
    advice: "Compare with the bandwidth that the host has.",
  },
  sendErrors: {
    name: "ztna_connector_send_errors_total",
    kind: "counter",
    topic: "errors",
    help: "UDP packets to relays that the system refused to send",
    advice: "The host refuses them: look at its firewall's rules for output, its routes, and its " +
      "memory for sockets.",
  },
  socketReceiveQueueBytes: {
    name: "ztna_connector_socket_receive_queue_bytes",
    kind: "gauge",
    topic: "saturation",
    unit: "bytes",
    labels: { side: ["relay", "backend"] },
    limit: "ztna_connector_socket_receive_buffer_bytes",
    help: "Packets from relays or backends that wait in the system to be read; Linux only",
    advice: "More than a moment's worth: the connector does not keep up. See its CPU and event " +
      "loop lag; what finds a buffer full is dropped.",
  },
  socketReceiveBufferBytes: {
    name: "ztna_connector_socket_receive_buffer_bytes",
    kind: "gauge",
    topic: "saturation",
    unit: "bytes",
    labels: { side: ["relay", "backend"] },
    help: "Room for packets that wait in the system, of all sockets together; Linux only",
    advice: "Less than 8 MiB for each service, or 2 MiB for each flow: deploy has not set " +
      "net.core.rmem_max, which it does unless told otherwise.",
  },
  socketDrops: {
    name: "ztna_connector_socket_drops_total",
    kind: "counter",
    topic: "errors",
    labels: { side: ["relay", "backend"] },
    help:
      "Packets from relays or backends that the system dropped, as a receive buffer was full; " +
      "Linux only",
    advice: "The connector did not keep up, or one flow's backend sent too much at once: see CPU " +
      "and event loop lag.",
  },
  handlerErrors: {
    name: "ztna_connector_handler_errors_total",
    kind: "counter",
    topic: "errors",
    help: "Faults of the connector itself, each of which closed one relay connection",
    advice: "A fault in the program: report it with the error in the connector's log.",
  },
  draining: {
    name: "ztna_connector_draining",
    kind: "gauge",
    topic: "lifecycle",
    reading: "flag",
    help: "Whether the connector is about to stop and serves on until then: 1 or 0",
    advice: "A drain ends with a restart. One that lasts is the rest of a command that was " +
      "interrupted: run it again.",
  },
  ready: {
    name: "ztna_connector_ready",
    kind: "gauge",
    topic: "lifecycle",
    reading: "flag",
    help: "Whether every service is registered: 1 or 0",
    advice: "Not ready for longer than a restart: /readyz names the services that are not " +
      "registered.",
  },
  services: {
    name: "ztna_connector_services",
    kind: "gauge",
    topic: "lifecycle",
    help: "Services that are configured",
    advice: "Other than deployed: see the configuration on the host, and run deploy.",
  },
  ...processMetrics,
});
