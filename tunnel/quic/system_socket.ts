import { openCLibrary } from "../c_library.ts";
import { encodeSockaddr, maxSockaddrBytes } from "./sockaddr.ts";
import { memoryInfoBuffer, readMemoryInfo, type SocketMemory } from "./socket_memory.ts";

/** Linux' numbers, from its headers. */
const levelSocket = 1;
const optionType = 3;
const typeDatagram = 2;
const optionSendBuffer = 7;
const optionReceiveBuffer = 8;
const optionSendBufferForce = 32;
const optionReceiveBufferForce = 33;
const optionMemoryInfo = 55;
const levelUdp = 17;
const optionSegment = 103;
const standardError = 2;
const noDescriptor = -1;

const symbols = {
  // Lengths are declared with 32 bits, which hold any packet's and cost no big integer: on the
  // platforms of this library a register's upper half is zero then.
  sendto: { parameters: ["i32", "buffer", "u32", "i32", "buffer", "u32"], result: "i32" },
  recvfrom: { parameters: ["i32", "buffer", "u32", "i32", "buffer", "buffer"], result: "i32" },
  getsockname: { parameters: ["i32", "buffer", "buffer"], result: "i32" },
  getsockopt: { parameters: ["i32", "i32", "i32", "buffer", "buffer"], result: "i32" },
  setsockopt: { parameters: ["i32", "i32", "i32", "buffer", "u32"], result: "i32" },
  dup: { parameters: ["i32"], result: "i32" },
  close: { parameters: ["i32"], result: "i32" },
} as const;

type Library = Deno.DynamicLibrary<typeof symbols>["symbols"];

let library: Library | null | undefined;

/** The C library's socket functions, or `null` where they are not to be had. */
function openLibrary(): Library | null {
  if (library === undefined) library = openCLibrary(symbols) ?? null;
  return library;
}

/** Written by the system when a packet is received; read before the next call. */
const addressLength = new Uint32Array(1);

/** A UDP socket of Deno's, and the same one for system calls where they are possible. */
export interface OpenedSocket {
  readonly socket: Deno.DatagramConn;
  readonly system: SystemSocket | undefined;
}

/**
 * A UDP socket of Deno's, used by system calls: a send costs half of what Deno's takes and a
 * receive a fifth, and buffer sizes can be set. Deno still tells when there is something to read.
 * Addresses are Linux' structures, as `sockaddr.ts` makes and reads them.
 */
export class SystemSocket {
  /** Who has sent the packet that was received last. */
  readonly sender: Uint8Array<ArrayBuffer> = new Uint8Array(maxSockaddrBytes);
  readonly #library: Library;
  #descriptor: number;
  /** What the socket cuts longer packets into; 0 turns that off. */
  #segmentBytes = 0;

  private constructor(library: Library, descriptor: number) {
    this.#library = library;
    this.#descriptor = descriptor;
  }

  /** Whether it still does something. */
  get isOpen(): boolean {
    return this.#descriptor !== noDescriptor;
  }

  /** Has `bind` make a socket, and finds out which descriptor it has got. Throws what it throws. */
  static open(bind: () => Deno.DatagramConn): OpenedSocket {
    const library = openLibrary();
    if (library === null) return { socket: bind(), system: undefined };
    const expected = nextDescriptor(library);
    const socket = bind();
    const descriptor = findDescriptor(library, expected, socket.addr as Deno.NetAddr);
    const system = descriptor === noDescriptor ? undefined : new SystemSocket(library, descriptor);
    return { socket, system };
  }

  /** Sends one packet; false when the system does not take it now, or at all. */
  send(buffer: Uint8Array<ArrayBuffer>, length: number, to: Uint8Array<ArrayBuffer>): boolean {
    if (this.#descriptor === noDescriptor) return false;
    if (length > this.#segmentBytes && !this.#cutInto(0)) return false;
    if (this.#sendTo(buffer, length, to)) return true;
    // A path for packets smaller than the segments of earlier trains refuses all of them.
    return this.#segmentBytes !== 0 && this.#cutInto(0) && this.#sendTo(buffer, length, to);
  }

  /**
   * Sends several packets in one call (UDP segmentation offload): all of `segmentBytes`, but for
   * the last, which may be shorter. False when the system does not do that, or not now; then none
   * has been sent.
   */
  sendTrain(
    buffer: Uint8Array<ArrayBuffer>,
    length: number,
    segmentBytes: number,
    to: Uint8Array<ArrayBuffer>,
  ): boolean {
    if (this.#descriptor === noDescriptor || !this.#cutInto(segmentBytes)) return false;
    return this.#sendTo(buffer, length, to);
  }

  #sendTo(buffer: Uint8Array<ArrayBuffer>, length: number, to: Uint8Array<ArrayBuffer>): boolean {
    return this.#library.sendto(this.#descriptor, buffer, length, 0, to, to.length) === length;
  }

  #cutInto(segmentBytes: number): boolean {
    if (this.#segmentBytes === segmentBytes) return true;
    const value = new Int32Array([segmentBytes]);
    const { setsockopt } = this.#library;
    const result = setsockopt(this.#descriptor, levelUdp, optionSegment, value, value.byteLength);
    if (result !== 0) return false;
    this.#segmentBytes = segmentBytes;
    return true;
  }

  /** Reads one packet that has arrived and returns its length; -1 when none has. */
  receive(buffer: Uint8Array<ArrayBuffer>): number {
    if (this.#descriptor === noDescriptor) return -1;
    addressLength[0] = maxSockaddrBytes;
    return this.#library.recvfrom(
      this.#descriptor,
      buffer,
      buffer.length,
      0,
      this.sender,
      addressLength,
    );
  }

  /**
   * Asks for kernel buffers of so many bytes and returns what the receive buffer has become. Only
   * a privileged process gets more than `net.core.rmem_max` and `wmem_max`.
   */
  setBuffers(bytes: { readonly receive: number; readonly send?: number }): number {
    this.#setBuffer(optionReceiveBufferForce, optionReceiveBuffer, bytes.receive);
    if (bytes.send !== undefined) {
      this.#setBuffer(optionSendBufferForce, optionSendBuffer, bytes.send);
    }
    const value = new Int32Array(1);
    addressLength[0] = value.byteLength;
    const { getsockopt } = this.#library;
    getsockopt(this.#descriptor, levelSocket, optionReceiveBuffer, value, addressLength);
    return value[0]!;
  }

  #setBuffer(force: number, plain: number, bytes: number): void {
    const value = new Int32Array([bytes]);
    for (const option of [force, plain]) {
      const { setsockopt } = this.#library;
      if (setsockopt(this.#descriptor, levelSocket, option, value, value.byteLength) === 0) return;
    }
  }

  /** What the system holds for it; `undefined` when it is closed or the system is too old. */
  memory(): SocketMemory | undefined {
    if (this.#descriptor === noDescriptor) return undefined;
    const info = memoryInfoBuffer();
    addressLength[0] = info.byteLength;
    const { getsockopt } = this.#library;
    const result = getsockopt(this.#descriptor, levelSocket, optionMemoryInfo, info, addressLength);
    return result === 0 && addressLength[0] === info.byteLength ? readMemoryInfo(info) : undefined;
  }

  /**
   * Does nothing any more; to be called before Deno's socket is closed, whose descriptor the
   * system then gives to whatever is opened next.
   */
  close(): void {
    this.#descriptor = noDescriptor;
  }
}

/** The descriptor that the next socket will get: the system gives the lowest free one. */
function nextDescriptor(library: Library): number {
  const descriptor = library.dup(standardError);
  if (descriptor >= 0) library.close(descriptor);
  return descriptor;
}

/** How many descriptors are looked at for one that another thread has made us miss. */
const maxDescriptorsTried = 1024;

/**
 * The descriptor of a socket: the expected one, or, when another thread was quicker and has got
 * that, one that follows it. No two sockets of a process are bound to the same address.
 */
function findDescriptor(library: Library, expected: number, address: Deno.NetAddr): number {
  const wanted = encodeSockaddr(address);
  if (expected < 0 || wanted === undefined) return noDescriptor;
  for (let tried = 0; tried < maxDescriptorsTried; tried++) {
    if (isBoundTo(library, expected + tried, wanted)) return expected + tried;
  }
  return noDescriptor;
}

/** Whether it is a socket for datagrams with this address: one for streams may have the same. */
function isBoundTo(library: Library, descriptor: number, wanted: Uint8Array): boolean {
  const type = new Int32Array(1);
  addressLength[0] = type.byteLength;
  const result = library.getsockopt(descriptor, levelSocket, optionType, type, addressLength);
  if (result !== 0 || type[0] !== typeDatagram) return false;
  const name = new Uint8Array(maxSockaddrBytes);
  addressLength[0] = maxSockaddrBytes;
  if (library.getsockname(descriptor, name, addressLength) !== 0) return false;
  return addressLength[0] === wanted.length && wanted.every((byte, i) => byte === name[i]);
}
