import { maxTrainPackets, maxUdpPayloadBytes } from "./limits.ts";
import type { SocketAddress } from "./address.ts";

/**
 * Packets for one destination that leave in one system call: all of the same length, but for the
 * last, which may be shorter.
 */
export class PacketTrain {
  /** The packets, one behind the other. */
  readonly bytes: Uint8Array<ArrayBuffer> = new Uint8Array(maxTrainPackets * maxUdpPayloadBytes);
  /** Bytes of all packets. */
  length = 0;
  packets = 0;
  /** Length of the first packet. */
  segmentBytes = 0;
  /** Where they go, while there are any. */
  to: SocketAddress | undefined;
  #isComplete = false;

  /** Whether a packet may be added. */
  takes(length: number, to: SocketAddress): boolean {
    if (this.packets === 0) return true;
    return to === this.to && length > 0 && length <= this.segmentBytes && !this.#isComplete &&
      this.packets < maxTrainPackets;
  }

  /** Adds a copy of a packet that it takes. */
  add(packet: Uint8Array, to: SocketAddress): void {
    if (this.packets === 0) {
      this.to = to;
      this.segmentBytes = packet.length;
    }
    this.#isComplete = packet.length < this.segmentBytes;
    this.bytes.set(packet, this.length);
    this.length += packet.length;
    this.packets += 1;
  }

  /** Empties it. */
  clear(): void {
    this.length = 0;
    this.packets = 0;
    this.to = undefined;
    this.#isComplete = false;
  }

  /** The packets one by one, as views. */
  *split(): Generator<Uint8Array<ArrayBuffer>> {
    for (let index = 0; index < this.packets; index++) {
      const start = index * this.segmentBytes;
      yield this.bytes.subarray(start, Math.min(this.length, start + this.segmentBytes));
    }
  }
}
