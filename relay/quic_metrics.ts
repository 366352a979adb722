import { defineMetrics } from "../tunnel/metric_catalogue.ts";
import { datagramDropReasons, packetDropReasons } from "../tunnel/quic/endpoint_stats.ts";

/** What the relay measures of its QUIC layer: packets, handshakes, connections and their bounds. */
export const quicMetrics = defineMetrics({
  activeConnections: {
    name: "ztna_active_connections",
    kind: "gauge",
    topic: "peers",
    help: "QUIC connections, those whose handshake is not complete included",
    limit: "ztna_relay_connections_limit",
    advice: "A sudden fall means that clients were lost: compare with closed connections. At the " +
      "limit, new clients get no answer: add a relay.",
  },
  connectionsLimit: {
    name: "ztna_relay_connections_limit",
    kind: "gauge",
    topic: "saturation",
    help: "Most QUIC connections, on all addresses together",
    advice: "It is max_connections for each of bind_addr. Raise that if the host has memory, 40 " +
      "KiB for each, or add a relay.",
  },
  handshakingConnections: {
    name: "ztna_relay_handshaking_connections",
    kind: "gauge",
    topic: "saturation",
    help: "QUIC connections whose handshake is under way",
    limit: "ztna_relay_handshaking_connections_limit",
    advice: "Many that stay are clients whose packets are lost, or an attack. At the limit, new " +
      "clients get no answer.",
    thresholds: { warning: 1000, critical: 1800 },
  },
  handshakingConnectionsLimit: {
    name: "ztna_relay_handshaking_connections_limit",
    kind: "gauge",
    topic: "saturation",
    help: "Most QUIC handshakes under way, on all addresses together",
    advice: "It is built in: 2,000 for each of bind_addr.",
  },
  establishedConnections: {
    name: "ztna_relay_established_connections",
    kind: "gauge",
    topic: "peers",
    help: "QUIC connections whose handshake is complete",
    advice: "A sudden fall means that clients were lost: compare with closed connections.",
  },
  waitingDatagrams: {
    name: "ztna_relay_waiting_datagrams",
    kind: "gauge",
    topic: "saturation",
    help: "QUIC DATAGRAMs that wait in the send queues of all connections",
    limit: "ztna_relay_waiting_datagrams_limit",
    advice: "Peers are slower than what is sent to them: their networks lose packets, or are " +
      "full. Drops with queue_full follow.",
  },
  waitingDatagramsLimit: {
    name: "ztna_relay_waiting_datagrams_limit",
    kind: "gauge",
    topic: "saturation",
    help: "Most QUIC DATAGRAMs that may wait, on all addresses together",
    advice: "It is built in: 32,768 for each of bind_addr, and 1,000 for each connection.",
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
    help: "Retry tokens that were refused: forged, too old, used before, or of another address",
    advice: "Some after a restart are usual without a shared retry_key_path. A lasting rate is " +
      "somebody who forges addresses.",
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
  handshake: {
    name: "ztna_relay_handshake_seconds",
    kind: "histogram",
    topic: "latency",
    unit: "seconds",
    // Loopback takes 2 ms, another continent 0.5 s; a handshake is given up after 10 s.
    buckets: [0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
    thresholds: { warning: 1, critical: 5 },
    help: "Time that completed QUIC handshakes took, without the Retry before them",
    advice: "From a second on, packets of handshakes are lost and repeated: look at the network, " +
      "the socket's drops and the event loop lag.",
  },
  quicPackets: {
    name: "ztna_relay_quic_packets_total",
    kind: "counter",
    topic: "traffic",
    labels: { direction: ["sent", "received"] },
    help: "UDP packets of all connections, by direction (sent, received)",
    advice: "None received: nobody reaches the UDP port; see the firewall and the address that " +
      "clients use. None sent while some come in: see the QUIC packets dropped.",
  },
  quicBytes: {
    name: "ztna_relay_quic_bytes_total",
    kind: "counter",
    topic: "traffic",
    unit: "bytes",
    labels: { direction: ["sent", "received"] },
    help: "Bytes of these packets, without UDP and IP headers",
    advice: "Compare with the bandwidth that the host has.",
  },
  quicPacketsDropped: {
    name: "ztna_relay_quic_packets_dropped_total",
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
    advice: "The host refuses them: look at its firewall's rules for output, its routes, and its " +
      "memory for sockets.",
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
  socketReceiveQueueBytes: {
    name: "ztna_relay_socket_receive_queue_bytes",
    kind: "gauge",
    topic: "saturation",
    unit: "bytes",
    limit: "ztna_relay_socket_receive_buffer_bytes",
    help: "Received packets that wait in the system for the relay to read them; Linux only",
    advice: "More than a moment's worth: the relay does not keep up. See its CPU and event loop " +
      "lag; packets are dropped at the limit.",
  },
  socketReceiveBufferBytes: {
    name: "ztna_relay_socket_receive_buffer_bytes",
    kind: "gauge",
    topic: "saturation",
    unit: "bytes",
    help: "Room for packets that wait in the system, on all addresses together; Linux only",
    advice: "Less than 8 MiB for each address: deploy has not set net.core.rmem_max, which it " +
      "does unless told otherwise.",
  },
  socketDrops: {
    name: "ztna_relay_socket_drops_total",
    kind: "counter",
    topic: "errors",
    help: "Packets that the system dropped as they found its receive buffer full; Linux only",
    advice: "The relay did not keep up: see its CPU and event loop lag. Short bursts ask for a " +
      "larger receive buffer, lasting ones for another relay.",
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
    advice:
      "Usual after a restart: peers of the earlier process are told that it has gone, where " +
      "both have the same retry_key_path.",
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
});
