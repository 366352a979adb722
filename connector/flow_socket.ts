import { encodeSockaddr, maxSockaddrBytes } from "../tunnel/quic/sockaddr.ts";
import type { BackendAddress } from "./backend.ts";
import { flowReceiveBufferBytes } from "./limits.ts";

/** What `receiveNow` says when nothing has come. */
export const nothingReceived = -1;
/** What `receiveNow` says of a datagram from elsewhere than the flow's backend. */
export const foreignReceived = -2;

/** What of a UDP socket a flow uses. */
export interface DatagramSocket {
  /** Sends when the system lets it; the data must stay as it is until then. */
  send(data: Uint8Array, to: Deno.NetAddr): Promise<number>;
  /** Waits for a datagram. */
  receive(buffer: Uint8Array): Promise<[Uint8Array, Deno.Addr]>;
  /** Sends to the backend if the system takes it at once. False: it is not sent, use `send`. */
  sendNow(data: Uint8Array): boolean;
  /** The length of a datagram that has come already, or one of the two constants. */
  receiveNow(buffer: Uint8Array): number;
  close(): void;
}

const symbols = {
  // Lengths are declared with 32 bits, which hold any packet's and cost no big integer: on the
  // platforms of this library a register's upper half is zero then.
  sendto: { parameters: ["i32", "buffer", "u32", "i32", "buffer", "u32"], result: "i32" },
  recvfrom: { parameters: ["i32", "buffer", "u32", "i32", "buffer", "buffer"], result: "i32" },
  getsockname: { parameters: ["i32", "buffer", "buffer"], result: "i32" },
  setsockopt: { parameters: ["i32", "i32", "i32", "buffer", "u32"], result: "i32" },
  dup: { parameters: ["i32"], result: "i32" },
  close: { parameters: ["i32"], result: "i32" },
} as const;

type Library = Deno.DynamicLibrary<typeof symbols>["symbols"];

let library: Library | null | undefined;

/** The C library's functions, or `null` where they are not to be had. */
function openLibrary(): Library | null {
  if (library !== undefined) return library;
  library = null;
  if (Deno.build.os === "linux") {
    try {
      library = Deno.dlopen("libc.so.6", symbols).symbols;
    } catch {
      // Not permitted, or another C library.
    }
  }
  return library;
}

/** No buffer here is shared with another thread, which the types of callers don't say. */
type NotShared = Uint8Array<ArrayBuffer>;

/** Linux' numbers, from its headers. */
const levelSocket = 1;
const optionReceiveBuffer = 8;
const optionReceiveBufferForce = 33;
const standardError = 2;

/** Where the system writes who has sent a datagram; looked at before the next call. */
const sender = new Uint8Array(maxSockaddrBytes);
const senderLength = new Uint32Array(1);

/**
 * A UDP socket towards one backend. On Linux packets go through system calls: a send and a receive
 * cost a third of Deno's, and the kernel's receive buffer can be larger than the 90 packets that it
 * usually holds. Deno still tells when there is something to read.
 */
export class FlowSocket implements DatagramSocket {
  readonly #socket: Deno.DatagramConn;
  readonly #library: Library | null;
  /** Ours while the socket is open; -1 where it isn't known, or closed. */
  #descriptor: number;
  readonly #to: Uint8Array<ArrayBuffer> | undefined;

  /**
   * Opens a socket on any free port.
   *
   * @param useSystemCalls `false` leaves everything to Deno, as on platforms without them.
   * @throws what `Deno.listenDatagram` throws.
   */
  constructor(to: BackendAddress, useSystemCalls = true) {
    this.#library = useSystemCalls ? openLibrary() : null;
    const candidate = this.#library === null ? -1 : nextDescriptor(this.#library);
    this.#socket = Deno.listenDatagram({
      transport: "udp",
      hostname: localHostname(to.hostname),
      port: 0,
    });
    this.#to = encodeSockaddr(to);
    const known = this.#library !== null && this.#to !== undefined &&
      isBoundTo(this.#library, candidate, this.#socket.addr as Deno.NetAddr);
    this.#descriptor = known ? candidate : -1;
    if (known) enlargeReceiveBuffer(this.#library!, candidate);
  }

  /** Whether packets go through system calls. */
  get usesSystemCalls(): boolean {
    return this.#descriptor >= 0;
  }

  send(data: Uint8Array, to: Deno.NetAddr): Promise<number> {
    return this.#socket.send(data, to);
  }

  receive(buffer: Uint8Array): Promise<[Uint8Array, Deno.Addr]> {
    return this.#socket.receive(buffer);
  }

  sendNow(data: Uint8Array): boolean {
    if (this.#descriptor < 0) return false;
    const { length } = data;
    const to = this.#to!;
    const sent = this.#library!.sendto(
      this.#descriptor,
      data as NotShared,
      length,
      0,
      to,
      to.length,
    );
    return sent === length;
  }

  receiveNow(buffer: Uint8Array): number {
    if (this.#descriptor < 0) return nothingReceived;
    senderLength[0] = maxSockaddrBytes;
    const length = this.#library!.recvfrom(
      this.#descriptor,
      buffer as NotShared,
      buffer.length,
      0,
      sender,
      senderLength,
    );
    if (length < 0) return nothingReceived;
    return this.#isFromBackend() ? length : foreignReceived;
  }

  close(): void {
    // The system gives its number to whatever is opened next.
    this.#descriptor = -1;
    this.#socket.close();
  }

  /** Compares family, port and address, not the flow label and scope that IPv6 has, too. */
  #isFromBackend(): boolean {
    const to = this.#to!;
    const isIpv6 = to.length === maxSockaddrBytes;
    const end = isIpv6 ? 24 : 8;
    for (let i = 0; i < end; i++) {
      if (sender[i] !== to[i] && !(isIpv6 && i >= 4 && i < 8)) return false;
    }
    return true;
  }
}

/** The descriptor that the next socket will get: the system gives the lowest free one. */
function nextDescriptor(library: Library): number {
  const descriptor = library.dup(standardError);
  if (descriptor >= 0) library.close(descriptor);
  return descriptor;
}

/** Whether it really has: another thread may have been quicker. */
function isBoundTo(library: Library, descriptor: number, address: Deno.NetAddr): boolean {
  const expected = encodeSockaddr(address);
  if (descriptor < 0 || expected === undefined) return false;
  senderLength[0] = maxSockaddrBytes;
  if (library.getsockname(descriptor, sender, senderLength) !== 0) return false;
  return senderLength[0] === expected.length && expected.every((byte, i) => byte === sender[i]);
}

/** Without privileges it becomes no larger than `net.core.rmem_max`. */
function enlargeReceiveBuffer(library: Library, descriptor: number): void {
  const value = new Int32Array([flowReceiveBufferBytes]);
  for (const option of [optionReceiveBufferForce, optionReceiveBuffer]) {
    if (library.setsockopt(descriptor, levelSocket, option, value, 4) === 0) return;
  }
}

/** The local address to bind: a loopback backend's flows can't be reached from outside at all. */
function localHostname(backend: string): string {
  if (backend.includes(":")) return backend === "::1" ? "::1" : "::";
  return backend.startsWith("127.") ? "127.0.0.1" : "0.0.0.0";
}
