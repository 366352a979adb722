/**
 * Every bound and timing of the QUIC layer, with its reason. What is dropped when a bound is
 * reached is counted by reason in `EndpointStats`.
 */

/** ALPN identifier of the protocol (protocol section 1.1). */
export const alpn = "ztna-v1";

/** Length of the connection IDs that we issue, in bytes (protocol section 1.1). */
export const connectionIdLength = 20;

/** Largest UDP payload that we send and that we announce to accept, in bytes (section 1.1). */
export const maxUdpPayloadBytes = 1350;

/** Room for one received UDP payload: peers that ignore our 1,350 must not be cut silently. */
export const receiveBufferBytes = 2048;

/**
 * Kernel buffer that a socket asks for, each way, in bytes: about 3,500 full packets, a stall of
 * 0.1 s at 300 Mbit/s. The default of 208 KiB holds 90 of them and overflows in 10 ms.
 */
export const socketBufferBytes = 4 * 1024 * 1024;

/** A client's first datagram is at least this long, in bytes (RFC 9000 section 14.1). */
export const minInitialDatagramBytes = 1200;

/** A client chooses at least this many bytes for its first destination CID (RFC 9000 7.2). */
export const minInitialDestinationCidBytes = 8;

/** A connection without any packet for so long is gone (protocol section 1.1). */
export const idleTimeoutMs = 30_000;

/** A handshake that has not finished by then is given up. Bounds half-open connections. */
export const handshakeTimeoutMs = 10_000;

/** Connection-level flow control window, in bytes (protocol section 1.1). */
export const initialMaxDataBytes = 10_000_000;

/** Flow control window of one stream, in bytes (protocol section 1.1). */
export const initialMaxStreamDataBytes = 1_000_000;

/** A stream is read in chunks of at most so many bytes. */
export const streamChunkBytes = 16_384;

/** Streams that a peer may open, per direction (protocol section 1.1). */
export const initialMaxStreams = 100;

/** Received DATAGRAMs that wait in quiche; we drain after every packet (section 1.1). */
export const datagramReceiveQueueLength = 1000;

/**
 * DATAGRAMs that wait for the congestion window of one connection. A peer that never reads costs
 * at most this many times 1,306 bytes; the newest is dropped (protocol section 1.2).
 */
export const datagramSendQueueLength = 1000;

/**
 * DATAGRAMs that wait on all connections of an endpoint together, about 40 MiB. Beyond it only
 * connections whose window is open may queue, so that many stalled peers stay bounded.
 */
export const maxQueuedDatagrams = 32_768;

/** Connections of one server endpoint; Initials beyond it are dropped. */
export const maxConnections = 20_000;

/** Unfinished handshakes of one server endpoint; Initials beyond it are dropped. */
export const maxHandshakes = 2_000;

/** Initials without a connection that an endpoint answers, per second and in one burst. */
export const initialsPerSecond = 5_000;

/** Version Negotiation and stateless reset packets, per second and in one burst. */
export const statelessRepliesPerSecond = 200;

/**
 * Closes for clients that are not accepted any more, per second and in one burst: 50 us each. Who
 * gets none asks again, after a second with most.
 */
export const refusalsPerSecond = 1_000;

/**
 * Packets from another address than the known one that get a closer look, per second and in one
 * burst: 30 us each. Clients behind one NAT move all at once when that restarts.
 */
export const addressChangesPerSecond = 1_000;

/**
 * Each connection is offered a new connection ID so often (protocol section 1.6). Not with the
 * handshake: a spare one costs the library some 6 KiB a connection.
 */
export const connectionIdRotationMs = 300_000;

/** A Retry token is valid for so long, in seconds (protocol section 1.4). */
export const retryTokenLifetimeSeconds = 60;

/** Used Retry tokens that are remembered per lifetime, about 2.5 MiB. */
export const maxUsedRetryTokens = 65_536;

/**
 * Packets that a connection sends in one turn once it is closing: its close and what goes with it.
 * Where quiche has more to say it repeats itself without end, and the connection is dropped.
 */
export const maxClosingPackets = 8;

/** Packets processed before output is flushed, however many more are waiting. */
export const maxPacketsPerTurn = 64;

/**
 * Ack-eliciting packets that may wait for an acknowledgment of their own. Each ACK packet costs
 * as much as a forwarded one; data going the other way carries it for nothing.
 */
export const maxUnacknowledgedPackets = 10;

/** An acknowledgment waits at most so long: under the 25 ms that we announce (section 1.1). */
export const acknowledgmentDelayMs = 5;

/** UDP sends under way at once; beyond it output waits in quiche until some have completed. */
export const maxSendsInFlight = 256;

/**
 * quiche's timer is not read again while the deadline that we hold is nearer than this: reading
 * it after every packet would cost more than a probe timeout that is late by as much.
 */
export const timerToleranceMs = 25;

/** Packets that leave in one system call: with 32 each costs a sixth of one alone; 64 is the most. */
export const maxTrainPackets = 32;
