/**
 * Why packets are dropped, with what each reason means. Every dropped packet is counted under
 * exactly one (`ztna_connector_drops_total`).
 */
export const dropReasons = {
  // From the relay
  empty: "DATAGRAM without a byte",
  bad_control: "Observed address, ACK or NACK that is too short or contradicts itself",
  foreign_control: "ACK or NACK for a service that this connection has not registered",
  not_ipv4: "Neither a control message nor IPv4",
  bad_ipv4: "IPv4 header shorter than 20 bytes, or its lengths don't fit the packet",
  bad_checksum: "IPv4, UDP or ICMP checksum is wrong; UDP without a checksum passes",
  fragment: "Fragment of a larger IP packet; fragments are not put together",
  bad_source: "Source address that no host can have (0.0.0.0/8, multicast, broadcast)",
  wrong_destination: "Destination address other than the configured service address",
  bad_protocol: "IP protocol other than ICMP, TCP and UDP",
  protocol_not_served: "UDP or TCP, where the service's configuration names the other",
  tcp_not_supported: "TCP, which this version doesn't carry yet",
  bad_udp: "UDP header or length that doesn't fit the packet",
  bad_icmp: "ICMP shorter than 8 bytes",
  not_echo_request: "ICMP other than an echo request",
  icmp_rate: "Echo request above the rate limit",
  // Towards the backend
  backend_unresolved: "The backend's name has no address yet",
  flow_rate: "First packet of a new flow, from a source that opens flows too fast",
  backend_socket: "No socket for a new flow",
  backend_backlog: "The operating system takes packets of this flow too slowly",
  backend_refused: "The operating system refused to send to the backend",
  // From the backend
  reply_foreign: "Datagram to a flow's socket from another address than the backend's",
  reply_too_long: "Reply larger than a relay connection carries",
  reply_queue_full: "The relay connection's queue is full",
  reply_uplink_closed: "The relay connection has closed",
  // Anything
  internal: "A fault of the connector itself; the log has it",
} as const;

/** One of {@linkcode dropReasons}. */
export type DropReason = keyof typeof dropReasons;

/** Where a packet's end is counted; costs next to nothing, as floods come here. */
export interface DropCounter {
  /** Counts one dropped packet. */
  drop(reason: DropReason): void;
}
