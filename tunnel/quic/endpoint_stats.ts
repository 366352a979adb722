/** Why a received packet was dropped before any connection saw it. */
export const packetDropReasons = [
  "unparsable",
  "unknown_connection",
  "unsupported_version",
  "not_accepting",
  "initial_too_short",
  "initial_rate_limit",
  "connection_limit",
  "handshake_limit",
  "invalid_token",
  "address_change_limit",
  "foreign_address",
] as const;

/** One of {@linkcode packetDropReasons}. */
export type PacketDropReason = typeof packetDropReasons[number];

/** Why a DATAGRAM was not sent. */
export const datagramDropReasons = ["queue_full", "too_long", "closed"] as const;

/** One of {@linkcode datagramDropReasons}. */
export type DatagramDropReason = typeof datagramDropReasons[number];

/** Plain counters of an endpoint, since its start, and some gauges. Read them at any time. */
export interface EndpointStats {
  packetsReceived: number;
  packetsSent: number;
  bytesReceived: number;
  bytesSent: number;
  packetsDropped: Record<PacketDropReason, number>;
  versionNegotiationsSent: number;
  retriesSent: number;
  retryTokensValidated: number;
  retryTokenFailures: number;
  statelessResetsSent: number;
  /** Closes sent to clients that are not accepted any more. */
  refusalsSent: number;
  handshakesCompleted: number;
  handshakesFailed: number;
  datagramsReceived: number;
  datagramsSent: number;
  datagramsDropped: Record<DatagramDropReason, number>;
  /** Changes of a peer's address that a connection has followed. */
  addressChanges: number;
  /** Connection IDs that were issued after the first one of their connection. */
  connectionIdsRotated: number;
  /** Exceptions of handlers; each closed its connection. */
  handlerErrors: number;
  /** Gauge: connections in the table, handshaking ones included. */
  connections: number;
  /** Gauge: connections whose handshake is under way. */
  handshaking: number;
  /** Gauge: connections whose handshake is complete and that are not closed. */
  establishedConnections: number;
  /** Gauge: DATAGRAMs that wait for a congestion window. */
  datagramsWaiting: number;
}

/** All zeros. */
export function createEndpointStats(): EndpointStats {
  return {
    packetsReceived: 0,
    packetsSent: 0,
    bytesReceived: 0,
    bytesSent: 0,
    packetsDropped: zeros(packetDropReasons),
    versionNegotiationsSent: 0,
    retriesSent: 0,
    retryTokensValidated: 0,
    retryTokenFailures: 0,
    statelessResetsSent: 0,
    refusalsSent: 0,
    handshakesCompleted: 0,
    handshakesFailed: 0,
    datagramsReceived: 0,
    datagramsSent: 0,
    datagramsDropped: zeros(datagramDropReasons),
    addressChanges: 0,
    connectionIdsRotated: 0,
    handlerErrors: 0,
    connections: 0,
    handshaking: 0,
    establishedConnections: 0,
    datagramsWaiting: 0,
  };
}

function zeros<K extends string>(keys: readonly K[]): Record<K, number> {
  return Object.fromEntries(keys.map((key) => [key, 0])) as Record<K, number>;
}
