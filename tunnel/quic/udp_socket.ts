import { ConfigError } from "../errors.ts";
import { formatSocketAddress, type SocketAddress } from "./address.ts";
import {
  maxPacketsPerTurn,
  maxSendsInFlight,
  maxUdpPayloadBytes,
  receiveBufferBytes,
  socketBufferBytes,
} from "./limits.ts";
import { PacketTrain } from "./packet_train.ts";
import { encodeSockaddr, SockaddrDecoder } from "./sockaddr.ts";
import type { SocketMemory } from "./socket_memory.ts";
import { type OpenedSocket, SystemSocket } from "./system_socket.ts";

/** Called for each received packet; `data` is valid, and may be changed, during the call only. */
export type PacketListener = (data: Uint8Array<ArrayBuffer>, from: SocketAddress) => void;

/**
 * One UDP socket. On Linux packets go through system calls; where the system does not take one at
 * once, and on other platforms, sends are pipelined through Deno: each is handed over and nobody
 * waits for it, which costs a fifth of awaiting them one by one. Buffers come from a pool, because
 * such a send reads its buffer until it has completed.
 */
export class UdpSocket {
  /** The local address, with the port that the system chose where 0 was asked for. */
  readonly address: SocketAddress;
  /** Sends that the system refused. */
  sendErrors = 0;
  /** Called once after `acquireBuffer` found none and one is free again. */
  onWritable: () => void = () => {};
  /** Size of the kernel's receive buffer in bytes, or 0 where it cannot be told. */
  readonly receiveBufferBytes: number;
  readonly #socket: Deno.DatagramConn;
  readonly #system: SystemSocket | undefined;
  readonly #decoder = new SockaddrDecoder();
  readonly #sockaddrs = new WeakMap<SocketAddress, Uint8Array<ArrayBuffer>>();
  readonly #train = new PacketTrain();
  #mayTrain = true;
  readonly #freeBuffers: Uint8Array<ArrayBuffer>[] = [];
  #buffersMade = 0;
  #packetsThisTurn = 0;
  #starved = false;
  #closed = false;

  private constructor({ socket, system }: OpenedSocket) {
    this.#socket = socket;
    this.#system = system;
    const { hostname, port } = socket.addr as Deno.NetAddr;
    this.address = { hostname, port };
    const bytes = { receive: socketBufferBytes, send: socketBufferBytes };
    this.receiveBufferBytes = system?.setBuffers(bytes) ?? 0;
  }

  /**
   * Binds a socket. Port 0 lets the system choose. `useSystemCalls` false leaves everything to
   * Deno, as on platforms without them.
   *
   * @throws {ConfigError} when the address is in use, not of this host, or not allowed.
   */
  static bind(address: SocketAddress, useSystemCalls = true): UdpSocket {
    const { hostname, port } = address;
    const bind = (): Deno.DatagramConn => Deno.listenDatagram({ transport: "udp", hostname, port });
    try {
      return new UdpSocket(
        useSystemCalls ? SystemSocket.open(bind) : { socket: bind(), system: undefined },
      );
    } catch (error) {
      const text = formatSocketAddress(address);
      if (error instanceof Deno.errors.AddrInUse) {
        throw new ConfigError(
          `Cannot listen on UDP ${text} as another program uses this port: ` +
            `stop it or choose another port`,
          { cause: error },
        );
      }
      const reason = error instanceof Error ? error.message : String(error);
      throw new ConfigError(`Cannot listen on UDP ${text}: ${reason}`, { cause: error });
    }
  }

  /**
   * Passes packets to `listener` until the socket is closed, and calls `onTurnEnd` when all that
   * had arrived have been, and at least after every `maxPacketsPerTurn`.
   */
  async receive(listener: PacketListener, onTurnEnd: () => void): Promise<void> {
    const buffer = new Uint8Array(receiveBufferBytes);
    while (!this.#closed) {
      try {
        const [data, from] = await this.#socket.receive(buffer);
        listener(data as Uint8Array<ArrayBuffer>, from as Deno.NetAddr);
        if (this.#system === undefined) {
          this.#scheduleTurnEnd(onTurnEnd);
        } else if (this.#receiveRest(this.#system, buffer, listener, onTurnEnd)) {
          // Under a flood there is always more: timers and everything else get their turn.
          await new Promise((resolve) => setImmediate(resolve));
        }
      } catch {
        // Closed, or a transient error of the system: waiting keeps one that repeats from starving
        // everything else.
        onTurnEnd();
        if (!this.#closed) await new Promise((resolve) => setImmediate(resolve));
      }
    }
  }

  /** Passes on what else has arrived; true when there may be more than one turn takes. */
  #receiveRest(
    system: SystemSocket,
    buffer: Uint8Array<ArrayBuffer>,
    listener: PacketListener,
    onTurnEnd: () => void,
  ): boolean {
    let count = 1;
    for (; count < maxPacketsPerTurn && !this.#closed; count++) {
      const length = system.receive(buffer);
      if (length < 0) break;
      listener(buffer.subarray(0, length), this.#decoder.decode(system.sender));
    }
    onTurnEnd();
    return count === maxPacketsPerTurn;
  }

  /** Deno delivers what has arrived in microtasks: the turn ends when these have run. */
  #scheduleTurnEnd(onTurnEnd: () => void): void {
    this.#packetsThisTurn += 1;
    if (this.#packetsThisTurn >= maxPacketsPerTurn) {
      this.#packetsThisTurn = 0;
      onTurnEnd();
    } else if (this.#packetsThisTurn === 1) {
      setImmediate(() => {
        this.#packetsThisTurn = 0;
        onTurnEnd();
      });
    }
  }

  /** What the system holds for it; `undefined` where it does not tell, or when it is closed. */
  memory(): SocketMemory | undefined {
    return this.#system?.memory();
  }

  /** A buffer for one packet, or `undefined` while too many sends are under way. */
  acquireBuffer(): Uint8Array<ArrayBuffer> | undefined {
    const buffer = this.#freeBuffers.pop();
    if (buffer !== undefined) return buffer;
    if (this.#buffersMade < maxSendsInFlight) {
      this.#buffersMade += 1;
      return new Uint8Array(maxUdpPayloadBytes);
    }
    this.#starved = true;
    return undefined;
  }

  /** Gives back a buffer. */
  releaseBuffer(buffer: Uint8Array<ArrayBuffer>): void {
    this.#freeBuffers.push(buffer);
    if (this.#starved) {
      this.#starved = false;
      this.onWritable();
    }
  }

  /**
   * Sends the first `length` bytes of an acquired buffer and gives the buffer back. By system calls
   * packets leave when what runs now has finished, those for one destination together.
   */
  send(buffer: Uint8Array<ArrayBuffer>, length: number, to: SocketAddress): void {
    if (this.#closed) return this.releaseBuffer(buffer);
    if (this.#system === undefined) return this.#sendByDeno(buffer, length, to);
    const train = this.#train;
    if (!this.#mayTrain || !train.takes(length, to)) this.#sendTrain();
    if (train.packets === 0) queueMicrotask(this.#sendTrain);
    train.add(buffer.subarray(0, length), to);
    this.releaseBuffer(buffer);
  }

  readonly #sendTrain = (): void => {
    const train = this.#train;
    const { to, bytes, length, segmentBytes, packets } = train;
    if (to === undefined || this.#closed) return;
    const sockaddr = this.#sockaddrOf(to);
    const isSent = packets > 1 && sockaddr !== undefined &&
      this.#system!.sendTrain(bytes, length, segmentBytes, sockaddr);
    if (!isSent) this.#sendOneByOne(train, to, sockaddr);
    train.clear();
  };

  #sendOneByOne(
    train: PacketTrain,
    to: SocketAddress,
    sockaddr: Uint8Array<ArrayBuffer> | undefined,
  ): void {
    for (const packet of train.split()) {
      if (sockaddr !== undefined && this.#system!.send(packet, packet.length, sockaddr)) {
        // What goes alone and not together says that this system, or its network, can't do it.
        if (train.packets > 1) this.#mayTrain = false;
        continue;
      }
      const buffer = this.acquireBuffer();
      if (buffer === undefined) {
        this.sendErrors += 1;
      } else {
        buffer.set(packet);
        this.#sendByDeno(buffer, packet.length, to);
      }
    }
  }

  /** Hands a packet to Deno, which waits until the system takes it. */
  #sendByDeno(buffer: Uint8Array<ArrayBuffer>, length: number, to: SocketAddress): void {
    const address: Deno.NetAddr = "transport" in to
      ? to as Deno.NetAddr
      : { transport: "udp", hostname: to.hostname, port: to.port };
    this.#socket.send(buffer.subarray(0, length), address).then(
      () => this.releaseBuffer(buffer),
      () => {
        // Unreachable, no buffer space, port 0: the packet is lost, as any may be.
        if (!this.#closed) this.sendErrors += 1;
        this.releaseBuffer(buffer);
      },
    );
  }

  #sockaddrOf(to: SocketAddress): Uint8Array<ArrayBuffer> | undefined {
    let sockaddr = this.#sockaddrs.get(to);
    if (sockaddr === undefined) {
      sockaddr = encodeSockaddr(to);
      if (sockaddr !== undefined) this.#sockaddrs.set(to, sockaddr);
    }
    return sockaddr;
  }

  /** Closes the socket; packets that were handed over are still sent. */
  close(): void {
    if (this.#closed) return;
    this.#sendTrain();
    this.#closed = true;
    this.#system?.close();
    this.#socket.close();
  }
}
