import type { SendResult } from "../tunnel/quic/connection.ts";
import type { DropReason } from "./drops.ts";

/** Where packets for agents go: one relay connection. A `QuicConnection` is one. */
export interface ReplyChannel {
  /**
   * Queues one inner packet, which is copied.
   *
   * @param isForwarded Whether it was received in the batch that is being handled.
   */
  sendDatagram(data: Uint8Array, isForwarded?: boolean): SendResult;
}

const refusals = {
  queued: undefined,
  queue_full: "reply_queue_full",
  too_long: "reply_too_long",
  closed: "reply_uplink_closed",
} as const satisfies Record<SendResult, DropReason | undefined>;

/** Sends a packet to its agent; tells why it was dropped, or `undefined` when it is queued. */
export function sendReply(
  channel: ReplyChannel,
  packet: Uint8Array,
  isForwarded = false,
): DropReason | undefined {
  return refusals[channel.sendDatagram(packet, isForwarded)];
}
