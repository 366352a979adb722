/**
 * Every bound and timing of the relay, with its reason. Reaching one is counted in
 * `ztna_relay_limits_reached_total` by the name that stands beside it. The QUIC layer's bounds
 * (connections, handshakes, queues) are in `tunnel/quic/limits.ts`.
 */

/** Services with at least one registration (`services`): about 1 KiB each. */
export const maxServices = 65_536;

/**
 * Services with series of their own in the metrics (`named_services`); all others are counted as
 * `other`. Seven series of some 80 bytes each, in every scrape and in Prometheus.
 */
export const maxNamedServices = 200;

/** Services of one connection, in both roles together (`services_per_connection`). */
export const maxServicesPerConnection = 256;

/**
 * Connectors with a certificate that share one service (`connectors_per_service`): a new flow
 * looks at all of them.
 */
export const maxConnectorsPerService = 256;

/** Registrations that one connection may send at once: all its services, and two repetitions. */
export const registrationBurst = 3 * maxServicesPerConnection;

/** Registrations of one connection a second after the burst (`registration_rate`). */
export const registrationsPerSecond = 50;

/** Flows that one agent has pinned to connectors; beyond it the oldest idle one is forgotten (`flows_per_agent`). */
export const maxFlowsPerAgent = 4096;

/**
 * Flows of all agents, about 150 bytes each. Beyond it (`flows`) new flows are spread by their
 * hash, which keeps them together only while the set of connectors stays the same.
 */
export const maxFlows = 1_000_000;

/** How often flows are looked at for idleness, in ms; the unit of the next three. */
export const flowSweepMs = 60_000;

/** A TCP flow may be idle for so many sweeps: at least 2 h 4 min (RFC 5382, REQ-5). */
export const idleSweepsTcp = 125;

/** A UDP flow may be idle for so many sweeps: 5 min (RFC 4787, REQ-5). */
export const idleSweepsUdp = 5;

/** Any other flow may be idle for so many sweeps: 60 s for ICMP (RFC 5508, REQ-2). */
export const idleSweepsOther = 2;

/** Flows that one turn of the sweep visits, well under a millisecond; the rest follows at once. */
export const maxFlowsPerSweepTurn = 16_384;

/** Inner source addresses of one agent towards one connector (`addresses_per_agent`). */
export const maxAddressesPerAgent = 256;

/** Inner addresses in use or in quarantine on one connector's connection (`addresses_per_connector`). */
export const maxAddressesPerConnector = 131_072;

/** Inner addresses in use or in quarantine on all connectors, about 150 bytes each (`addresses`). */
export const maxAddresses = 1_000_000;

/**
 * The inner address of an agent that has gone is given to nobody for so long, in ms: connectors
 * keep flows for up to 120 s (protocol section 6.3), and their replies must not reach another.
 */
export const addressQuarantineMs = 180_000;

/** Retries of an observed address that a full queue refused, in ms. */
export const observedAddressRetryMs = 250;

/** Chunks that one readable event takes from a stream: two of quiche's 1 MB windows. */
export const maxStreamChunksPerEvent = 1024;

/** A certificate's end further away than this is looked at again then: wall clocks get corrected. */
export const maxExpiryTimerMs = 3_600_000;

/** Services that `/status` lists, in the order of their first registration. */
export const maxStatusServices = 500;

/** Connectors that `/status` lists for each service. */
export const maxStatusConnectors = 50;

/** How long a shutdown waits for the peers' connections to end, in seconds (protocol section 8.2). */
export const defaultDrainTimeoutSeconds = 3;
