/**
 * Every bound of the connector in one place. What happens at a bound is said beside it, with the
 * metric that shows it; nothing grows without one.
 */
export interface ConnectorLimits {
  /**
   * UDP flows of all services together; each holds one socket and about 2 KiB. At the limit the
   * flow that was idle longest ends (`ztna_connector_udp_flows_ended_total` `evicted`).
   */
  readonly udpFlows: number;
  /**
   * Part of `udpFlows` that one inner source address may hold, so that one agent can't evict the
   * others. At the limit that agent's own flow that was idle longest ends (`evicted_by_source`).
   */
  readonly udpFlowsPerSource: number;
  /**
   * New flows of one inner source address a second, after as many at once as it may hold; more are
   * dropped (`flow_rate`). Opening and closing a socket costs about 50 µs.
   */
  readonly udpFlowsPerSourcePerSecond: number;
  /** How long a flow lives without a packet either way (protocol section 6.2). */
  readonly udpFlowIdleMs: number;
  /**
   * Packets of one flow that wait until the operating system has taken those before them; more are
   * dropped (`backend_backlog`). A whole turn of the packet loop, in which nothing is taken, fits.
   */
  readonly udpWaitingPerFlow: number;
  /** The same for all flows together: about 10 MiB of full packets. */
  readonly udpWaiting: number;
  /** Echo replies of one service a second, and in one burst; more are dropped (`icmp_rate`). */
  readonly icmpRepliesPerSecond: number;
  /** How long a host name's addresses are used before they are asked for again. */
  readonly backendRefreshMs: number;
  /** Shortest time between two attempts to resolve a name that failed. */
  readonly backendRetryMs: number;
  /** Longest time for one name lookup; a stuck resolver counts as failed after it. */
  readonly resolveTimeoutMs: number;
  /** Addresses of one name that are looked at; the rest is ignored. */
  readonly addressesPerName: number;
  /** Time for a handshake with a relay while other addresses remain: QUIC sends at 0, 1 and 3 s. */
  readonly handshakeTimeoutMs: number;
  /** The same for the only or last address. Longer, and the gap after 3 s would be the outage. */
  readonly lastHandshakeTimeoutMs: number;
  /** First bound of the wait before connecting again; doubles with every failure. */
  readonly reconnectBaseMs: number;
  /** Last bound of that wait. */
  readonly reconnectMaxMs: number;
  /** How long a service must have been registered before its failures are forgotten. */
  readonly stableMs: number;
  /** A PING is sent after this much silence; relays drop connections after 30 s (section 1.7). */
  readonly keepAliveMs: number;
  /** A silent relay is pinged, and silence noticed, in steps of this. */
  readonly livenessCheckMs: number;
  /**
   * A relay that was silent for so long, unanswered pings included, is given up: one that was
   * killed must not cost the 30 to 40 s of QUIC's own timeout.
   */
  readonly silenceMs: number;
  /** Time for a relay to answer a registration (section 2.5), also the shortest time to the next. */
  readonly registrationTimeoutMs: number;
  /** Longest time between two registrations. */
  readonly registrationMaxMs: number;
  /** Longest wait for the relay connections to close when the connector ends. */
  readonly closeGraceMs: number;
}

/** What applies unless a test says otherwise. */
export const connectorLimits: ConnectorLimits = {
  udpFlows: 4096,
  udpFlowsPerSource: 1024,
  udpFlowsPerSourcePerSecond: 500,
  udpFlowIdleMs: 60_000,
  udpWaitingPerFlow: 1024,
  udpWaiting: 8192,
  icmpRepliesPerSecond: 1000,
  backendRefreshMs: 30_000,
  backendRetryMs: 1000,
  resolveTimeoutMs: 10_000,
  addressesPerName: 16,
  handshakeTimeoutMs: 4000,
  lastHandshakeTimeoutMs: 6000,
  reconnectBaseMs: 1000,
  reconnectMaxMs: 30_000,
  stableMs: 60_000,
  keepAliveMs: 10_000,
  livenessCheckMs: 5000,
  silenceMs: 15_000,
  registrationTimeoutMs: 2000,
  registrationMaxMs: 30_000,
  closeGraceMs: 1000,
};

/**
 * Largest inner IP packet that a relay connection carries: 1,350 bytes of UDP less 1 (header), 20
 * (connection ID), 4 (packet number), 16 (tag) and 3 (frame) (protocol section 1.2).
 */
export const maxInnerPacketBytes = 1306;

/**
 * Kernel buffer that a flow's socket asks for, in bytes: about 450 full packets while the program
 * is busy. Memory that packets occupy only; the system may give less.
 */
export const flowReceiveBufferBytes = 1024 * 1024;

/**
 * A flow without a packet for so long was idle, in ms: its next packet begins an exchange with the
 * backend, whose first reply tells how fast that is.
 */
export const exchangePauseMs = 1000;

/** Replies of one flow that are passed on before anything else gets its turn. */
export const maxRepliesPerTurn = 64;
