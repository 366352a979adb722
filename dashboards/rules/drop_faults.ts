/**
 * Whose fault it is when a packet is dropped. The availability of the tunnel, and the alerts about
 * drops, count the fleet's own only: a client that sends rubbish must not wake anybody.
 *
 * A new reason must be put into one of the lists, or this does not compile.
 */

import { connectorMetrics } from "../../connector/metrics.ts";
import { relayMetrics } from "../../relay/metrics.ts";

/** `fleet`: ours. `sender`: whoever sent it. `backend`: the application's side. `nobody`: it is usual. */
export type Fault = "fleet" | "sender" | "backend" | "nobody";

type RelayReason = typeof relayMetrics.drops.labels.reason[number];
type ConnectorReason = typeof connectorMetrics.drops.labels.reason[number];

/** Reasons of `ztna_relay_drops_total`. */
export const relayFaults: Readonly<Record<RelayReason, Fault>> = {
  // The service's connector is away. An agent that asks for a service that was never deployed
  // counts here too: the relay cannot know the difference.
  no_connector: "fleet",
  // The relay, or the way to the receiver, is slower than what comes in. The receiver may be an
  // agent with a slow network, which nobody here can mend; but a relay that is too small looks alike.
  queue_full: "fleet",
  // A bound of relay/limits.ts: another relay is needed.
  address_limit: "fleet",

  empty: "sender",
  observed_address: "sender",
  malformed_registration: "sender",
  registration_rate: "sender",
  malformed_routed: "sender",
  not_registered: "sender",
  unregistered_sender: "sender",
  forged_message: "sender",
  too_long: "sender",

  // It was told why it is disconnected, and has sent on.
  not_admitted: "sender",
  // Replies to agents that have left, and what backends send unasked: nobody waits for it.
  quarantined_reply: "nobody",
  unattributed_reply: "nobody",
  destination_closed: "nobody",
};

/** Reasons of `ztna_connector_drops_total`. */
export const connectorFaults: Readonly<Record<ConnectorReason, Fault>> = {
  // This host is short of file descriptors or buffers.
  backend_socket: "fleet",
  backend_backlog: "fleet",
  // The way to the relay is slower than the backend answers, or has just gone.
  reply_queue_full: "fleet",
  reply_uplink_closed: "fleet",
  internal: "fleet",

  // Application, its name service and the network around it; ZtnaBackendErrors tells of these.
  backend_unresolved: "backend",
  backend_refused: "backend",
  reply_foreign: "backend",
  reply_too_long: "backend",

  empty: "sender",
  bad_control: "sender",
  foreign_control: "sender",
  not_ipv4: "sender",
  bad_ipv4: "sender",
  bad_checksum: "sender",
  fragment: "sender",
  bad_source: "sender",
  wrong_destination: "sender",
  bad_protocol: "sender",
  protocol_not_served: "sender",
  tcp_not_supported: "sender",
  bad_udp: "sender",
  bad_icmp: "sender",
  not_echo_request: "sender",
  icmp_rate: "sender",
  flow_rate: "sender",
};

/** The reasons that are the fleet's own fault, in the order of their names. */
export function fleetFaults(faults: Readonly<Record<string, Fault>>): string[] {
  return Object.keys(faults).filter((reason) => faults[reason] === "fleet").sort();
}
