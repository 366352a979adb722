import type { Clock, Timer } from "../tunnel/clock.ts";
import type { Counter } from "../tunnel/metrics.ts";
import { encodeObservedAddress } from "../tunnel/wire/datagram_message.ts";
import { isWireError } from "../tunnel/wire/wire_error.ts";
import { observedAddressRetryMs } from "./limits.ts";
import type { Peer } from "./peer.ts";

/**
 * Tells clients their own address (protocol section 2.2): once after the handshake and after each
 * change. Where the queue is full it tries again; clients with an IPv6 address are told nothing.
 */
export class ObservedAddresses implements Disposable {
  readonly #clock: Clock;
  readonly #sent: Counter;
  /** Those whose queue was full. */
  readonly #waiting = new Set<Peer>();
  #timer: Timer | undefined;

  /** @param sent Counts the messages. */
  constructor(clock: Clock, sent: Counter) {
    this.#clock = clock;
    this.#sent = sent;
  }

  /** Clients that are to be told again. */
  get waitingCount(): number {
    return this.#waiting.size;
  }

  /** Tells `peer` the address that it has now. */
  tell(peer: Peer): void {
    this.#waiting.delete(peer);
    const message = encodeObservedAddress(peer.connection.remoteAddress);
    if (isWireError(message)) return;
    const result = peer.connection.sendDatagram(message);
    if (result === "queued") this.#sent.inc();
    // The other results are final: it takes no DATAGRAMs, or it is closed.
    if (result !== "queue_full") return;
    this.#waiting.add(peer);
    this.#timer ??= this.#clock.setTimer(() => this.#retry(), observedAddressRetryMs);
  }

  /** `peer` has gone. */
  forget(peer: Peer): void {
    this.#waiting.delete(peer);
  }

  /** Stops trying. */
  [Symbol.dispose](): void {
    this.#timer?.[Symbol.dispose]();
    this.#timer = undefined;
    this.#waiting.clear();
  }

  #retry(): void {
    this.#timer = undefined;
    for (const peer of [...this.#waiting]) this.tell(peer);
  }
}
