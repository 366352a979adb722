import type { SocketAddress } from "./address.ts";
import { encodeSockaddr, maxSockaddrBytes, SockaddrDecoder } from "./sockaddr.ts";

/** Linux' numbers, from its headers. */
const levelSocket = 1;
const optionType = 3;
const optionSendBuffer = 7;
const optionReceiveBuffer = 8;
const optionSendBufferForce = 32;
const optionReceiveBufferForce = 33;
const typeDatagram = 2;

/** File descriptors are searched for the socket up to here. */
const maxFileDescriptor = 4096;

const symbols = {
  // Lengths are declared with 32 bits, which hold any packet's and cost no big integer: on the
  // platforms of this library a register's upper half is zero then.
  sendto: { parameters: ["i32", "buffer", "u32", "i32", "buffer", "u32"], result: "i32" },
  recvfrom: { parameters: ["i32", "buffer", "u32", "i32", "buffer", "buffer"], result: "i32" },
  getsockname: { parameters: ["i32", "buffer", "buffer"], result: "i32" },
  getsockopt: { parameters: ["i32", "i32", "i32", "buffer", "buffer"], result: "i32" },
  setsockopt: { parameters: ["i32", "i32", "i32", "buffer", "u32"], result: "i32" },
} as const;

type Library = Deno.DynamicLibrary<typeof symbols>["symbols"];

let library: Library | undefined;

/** The C library's socket functions, or `undefined` where they are not to be had. */
function openLibrary(): Library | undefined {
  if (Deno.build.os !== "linux") return undefined;
  try {
    library ??= Deno.dlopen("libc.so.6", symbols).symbols;
  } catch {
    // Not permitted, or another C library.
  }
  return library;
}

/** What one received packet is: its bytes in the buffer, and its sender. */
export interface ReceivedPacket {
  length: number;
  from: SocketAddress;
}

/**
 * A socket of Deno's, used by system calls: a send costs half of what Deno's takes and a receive a
 * fifth, and buffer sizes can be set. Deno still tells when there is something to read.
 */
export class SystemSocket {
  readonly #library: Library;
  readonly #descriptor: number;
  readonly #decoder = new SockaddrDecoder();
  readonly #sockaddrs = new WeakMap<SocketAddress, Uint8Array<ArrayBuffer>>();
  readonly #sender = new Uint8Array(maxSockaddrBytes);
  readonly #senderLength = new Uint32Array(1);

  private constructor(library: Library, descriptor: number) {
    this.#library = library;
    this.#descriptor = descriptor;
  }

  /**
   * Finds the UDP socket that this process has bound to `address`; `undefined` when it cannot be
   * told for certain, or system calls are not possible.
   */
  static find(address: SocketAddress): SystemSocket | undefined {
    const library = openLibrary();
    const wanted = encodeSockaddr(address);
    if (library === undefined || wanted === undefined) return undefined;
    const name = new Uint8Array(maxSockaddrBytes);
    const length = new Uint32Array(1);
    const found: number[] = [];
    for (let descriptor = 0; descriptor < maxFileDescriptor; descriptor++) {
      length[0] = name.length;
      if (library.getsockname(descriptor, name, length) !== 0) continue;
      if (!wanted.every((byte, index) => byte === name[index])) continue;
      const type = new Int32Array(1);
      length[0] = type.byteLength;
      library.getsockopt(descriptor, levelSocket, optionType, type, length);
      if (type[0] === typeDatagram) found.push(descriptor);
    }
    return found.length === 1 ? new SystemSocket(library, found[0]!) : undefined;
  }

  /** Sends one packet; false when the system does not take it now, or at all. */
  send(buffer: Uint8Array<ArrayBuffer>, length: number, to: SocketAddress): boolean {
    let sockaddr = this.#sockaddrs.get(to);
    if (sockaddr === undefined) {
      sockaddr = encodeSockaddr(to);
      if (sockaddr === undefined) return false;
      this.#sockaddrs.set(to, sockaddr);
    }
    const sent = this.#library.sendto(
      this.#descriptor,
      buffer,
      length,
      0,
      sockaddr,
      sockaddr.length,
    );
    return sent === length;
  }

  /** Reads one packet that has arrived; `undefined` when none has. */
  receive(buffer: Uint8Array<ArrayBuffer>): ReceivedPacket | undefined {
    this.#senderLength[0] = maxSockaddrBytes;
    const length = this.#library.recvfrom(
      this.#descriptor,
      buffer,
      buffer.length,
      0,
      this.#sender,
      this.#senderLength,
    );
    return length < 0 ? undefined : { length, from: this.#decoder.decode(this.#sender) };
  }

  /**
   * Asks for kernel buffers of `bytes` each way and returns what the receive buffer has become.
   * Only a privileged process gets more than `net.core.rmem_max`.
   */
  setBuffers(bytes: number): number {
    for (
      const [force, plain] of [
        [optionReceiveBufferForce, optionReceiveBuffer],
        [optionSendBufferForce, optionSendBuffer],
      ] as const
    ) {
      const value = new Int32Array([bytes]);
      const refused = this.#library.setsockopt(this.#descriptor, levelSocket, force, value, 4);
      if (refused !== 0) {
        this.#library.setsockopt(this.#descriptor, levelSocket, plain, value, 4);
      }
    }
    const value = new Int32Array(1);
    const length = new Uint32Array([4]);
    this.#library.getsockopt(this.#descriptor, levelSocket, optionReceiveBuffer, value, length);
    return value[0]!;
  }
}
