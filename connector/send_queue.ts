import type { DatagramSocket } from "./flow_socket.ts";
import type { ConnectorLimits } from "./limits.ts";

/** What all queues together may hold. */
export class SendBudget {
  /** Packets that wait now. */
  waiting = 0;
  readonly perQueue: number;
  readonly total: number;

  constructor(limits: Pick<ConnectorLimits, "udpWaitingPerFlow" | "udpWaiting">) {
    this.perQueue = limits.udpWaitingPerFlow;
    this.total = limits.udpWaiting;
  }
}

/** What a {@linkcode SendQueue} tells. Neither may throw. */
export interface SendObserver {
  /** The system has taken a packet of this many bytes. */
  onSent(bytes: number): void;
  /** The system has refused a packet, or the queue was closed before it could go. */
  onFailed(error: unknown): void;
}

/** What `onFailed` is told of packets that were still waiting when the queue was closed. */
export const queueClosed = new Error("The socket was closed before the packet could be sent");

/** Sent packets are taken out of the list by so many: one by one costs more. */
const trimAfter = 256;

/**
 * Sends through one socket, in order, without ever waiting: at once as long as the system takes
 * it, otherwise from a bounded list, one at a time. (Several sends that the system doesn't take,
 * like all those that Deno's fresh sockets get in their first turn, leave in the opposite order.)
 */
export class SendQueue {
  readonly #socket: DatagramSocket;
  readonly #to: Deno.NetAddr;
  readonly #budget: SendBudget;
  readonly #observer: SendObserver;
  readonly #waiting: Uint8Array[] = [];
  /** Those before it have been sent. */
  #next = 0;
  #sending = false;
  #closed = false;

  constructor(
    socket: DatagramSocket,
    to: Deno.NetAddr,
    budget: SendBudget,
    observer: SendObserver,
  ) {
    this.#socket = socket;
    this.#to = to;
    this.#budget = budget;
    this.#observer = observer;
  }

  /** Sends or queues one packet, which is copied if need be. False: there was no room. */
  send(data: Uint8Array): boolean {
    if (this.#sending) return this.#enqueue(data);
    if (this.#socket.sendNow(data)) this.#observer.onSent(data.length);
    else this.#submit(data.slice());
    return true;
  }

  /** Drops what waits; what is under way fails or not, as the socket's end decides. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    const left = this.#waiting.length - this.#next;
    this.#budget.waiting -= left;
    this.#waiting.length = 0;
    for (let i = 0; i < left; i++) this.#observer.onFailed(queueClosed);
  }

  #enqueue(data: Uint8Array): boolean {
    const { waiting, perQueue, total } = this.#budget;
    if (this.#waiting.length - this.#next >= perQueue || waiting >= total) return false;
    this.#waiting.push(data.slice());
    this.#budget.waiting += 1;
    return true;
  }

  #submit(data: Uint8Array): void {
    this.#sending = true;
    this.#socket.send(data, this.#to).then(this.#onSent, this.#onFailed);
  }

  readonly #onSent = (bytes: number): void => {
    this.#observer.onSent(bytes);
    this.#submitNext();
  };

  readonly #onFailed = (error: unknown): void => {
    this.#observer.onFailed(error);
    this.#submitNext();
  };

  #submitNext(): void {
    if (this.#closed) return;
    const data = this.#waiting[this.#next];
    if (data === undefined) {
      this.#sending = false;
      this.#waiting.length = 0;
      this.#next = 0;
      return;
    }
    this.#budget.waiting -= 1;
    this.#next += 1;
    if (this.#next === trimAfter) {
      this.#waiting.splice(0, trimAfter);
      this.#next = 0;
    }
    this.#submit(data);
  }
}
