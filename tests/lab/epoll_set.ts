import { checked, libc } from "./libc.ts";

const [EPOLL_CTL_ADD, EPOLLIN] = [1, 1];

/** A `struct epoll_event` is packed on x86-64 only. */
const [eventBytes, dataOffset] = Deno.build.arch === "x86_64" ? [12, 4] : [16, 8];

const eventsPerWait = 64;

/** File descriptors that are waited for together (epoll(7)). One that is closed leaves by itself. */
export class EpollSet {
  readonly #set = checked(libc.epoll_create1(0), "make an epoll set");
  readonly #events = new Uint8Array(eventBytes * eventsPerWait);
  readonly #view = new DataView(this.#events.buffer);

  /** Adds a descriptor, to be told when there is something to read. */
  add(descriptor: number): void {
    const event = new Uint8Array(eventBytes);
    const view = new DataView(event.buffer);
    view.setUint32(0, EPOLLIN, true);
    view.setUint32(dataOffset, descriptor, true);
    checked(libc.epoll_ctl(this.#set, EPOLL_CTL_ADD, descriptor, event), "wait for a socket");
  }

  /** Blocks until there is something to read, and gives the descriptors that have it. */
  *wait(): Generator<number> {
    const count = libc.epoll_wait(this.#set, this.#events, eventsPerWait, -1);
    for (let i = 0; i < count; i++) yield this.#view.getUint32(i * eventBytes + dataOffset, true);
  }
}
