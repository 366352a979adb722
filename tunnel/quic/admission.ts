import { TokenBucket } from "../token_bucket.ts";
import type { SocketAddress } from "./address.ts";
import type { EndpointStats, PacketDropReason } from "./endpoint_stats.ts";
import * as limits from "./limits.ts";
import { type LongHeader, longPacketType, quicVersion1 } from "./packet_header.ts";
import { writeRefusal, writeVersionNegotiation } from "./stateless_reply.ts";

/** What an {@linkcode Admission} works with. */
export interface AdmissionOptions {
  /** Connections at a time; `undefined` for an endpoint that takes none. */
  readonly maxConnections: number | undefined;
  /** Its gauges say how many there are, and its counters what was answered. */
  readonly stats: EndpointStats;
  /** Shared with other packets for which no state is kept. */
  readonly statelessReplies: TokenBucket;
  /** A connection ID that nobody has. */
  readonly issueConnectionId: () => Uint8Array;
  /** Sends what `write` has written; false when it could not be sent. */
  readonly reply: (to: SocketAddress, write: (buffer: Uint8Array) => number) => boolean;
  readonly nowMs: number;
}

/** Decides which packets may open a connection, and answers those that may not. */
export class Admission {
  readonly #options: AdmissionOptions;
  readonly #initials: TokenBucket;
  readonly #refusals: TokenBucket;
  /** `refusing`: clients are told; `closed`: they are not. */
  #state: "open" | "refusing" | "closed";
  #reason = "";

  constructor(options: AdmissionOptions) {
    const { nowMs, maxConnections } = options;
    this.#options = options;
    this.#initials = new TokenBucket(limits.initialsPerSecond, nowMs);
    this.#refusals = new TokenBucket(limits.refusalsPerSecond, nowMs);
    this.#state = maxConnections === undefined ? "closed" : "open";
  }

  /** Ignores new clients from now on. */
  close(): void {
    this.#state = "closed";
  }

  /** Tells new clients from now on that they are refused, unless they are ignored already. */
  refuse(reason: string): void {
    if (this.#state !== "open") return;
    this.#state = "refusing";
    this.#reason = reason;
  }

  /** Why a packet with a long header does not open a connection, or `undefined`. */
  judge(
    header: LongHeader,
    datagramBytes: number,
    from: SocketAddress,
    nowMs: number,
  ): PacketDropReason | undefined {
    const { maxConnections, stats } = this.#options;
    if (maxConnections === undefined) return "unknown_connection";
    if (this.#state === "closed") return "not_accepting";
    if (header.version === quicVersion1 && header.type !== longPacketType.initial) {
      return "unknown_connection";
    }
    if (datagramBytes < limits.minInitialDatagramBytes) return "initial_too_short";
    if (header.version !== quicVersion1) {
      if (header.version !== 0) this.#negotiateVersion(header, from, nowMs);
      return "unsupported_version";
    }
    if (header.destinationCid.length < limits.minInitialDestinationCidBytes) return "unparsable";
    if (this.#state === "refusing") {
      this.#sendRefusal(header, from, nowMs);
      return "not_accepting";
    }
    if (!this.#initials.take(nowMs)) return "initial_rate_limit";
    if (stats.connections >= maxConnections) return "connection_limit";
    if (stats.handshaking >= limits.maxHandshakes) return "handshake_limit";
    return undefined;
  }

  #negotiateVersion(header: LongHeader, from: SocketAddress, nowMs: number): void {
    const { statelessReplies, reply, stats } = this.#options;
    if (!statelessReplies.take(nowMs)) return;
    const isSent = reply(from, (buffer) => writeVersionNegotiation(header, buffer));
    if (isSent) stats.versionNegotiationsSent += 1;
  }

  #sendRefusal(header: LongHeader, from: SocketAddress, nowMs: number): void {
    const { issueConnectionId, reply, stats } = this.#options;
    if (!this.#refusals.take(nowMs)) return;
    const cid = issueConnectionId();
    const isSent = reply(from, (buffer) => writeRefusal(header, cid, this.#reason, buffer));
    if (isSent) stats.refusalsSent += 1;
  }
}
