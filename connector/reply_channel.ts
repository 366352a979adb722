import type { SendResult } from "../tunnel/quic/connection.ts";
import type { DropReason } from "./drops.ts";

/** Where packets for agents go: one relay connection. A `QuicConnection` is one. */
export interface ReplyChannel {
  /** Queues one inner packet, which is copied. */
  sendDatagram(data: Uint8Array): SendResult;
}

const refusals = {
  queued: undefined,
  queue_full: "reply_queue_full",
  too_long: "reply_too_long",
  closed: "reply_uplink_closed",
} as const satisfies Record<SendResult, DropReason | undefined>;

/** Sends a packet to its agent; tells why it was dropped, or `undefined` when it is queued. */
export function sendReply(channel: ReplyChannel, packet: Uint8Array): DropReason | undefined {
  return refusals[channel.sendDatagram(packet)];
}
