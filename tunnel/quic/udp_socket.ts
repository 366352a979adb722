import { ConfigError } from "../errors.ts";
import { formatSocketAddress, type SocketAddress } from "./address.ts";
import { maxSendsInFlight, maxUdpPayloadBytes, receiveBufferBytes } from "./limits.ts";

/** Called for each received packet; `data` is valid, and may be changed, during the call only. */
export type PacketListener = (data: Uint8Array<ArrayBuffer>, from: SocketAddress) => void;

/**
 * One UDP socket whose sends are pipelined: each is handed to the system at once and nobody waits
 * for it, which costs a fifth of awaiting them one by one. Buffers come from a pool, because the
 * system reads a buffer until its send has completed.
 */
export class UdpSocket {
  /** The local address, with the port that the system chose where 0 was asked for. */
  readonly address: SocketAddress;
  /** Sends that the system refused. */
  sendErrors = 0;
  /** Called once after `acquireBuffer` found none and one is free again. */
  onWritable: () => void = () => {};
  readonly #socket: Deno.DatagramConn;
  readonly #freeBuffers: Uint8Array<ArrayBuffer>[] = [];
  #buffersMade = 0;
  #starved = false;
  #closed = false;

  private constructor(socket: Deno.DatagramConn) {
    this.#socket = socket;
    const { hostname, port } = socket.addr as Deno.NetAddr;
    this.address = { hostname, port };
  }

  /**
   * Binds a socket. Port 0 lets the system choose.
   *
   * @throws {ConfigError} when the address is in use, not of this host, or not allowed.
   */
  static bind(address: SocketAddress): UdpSocket {
    try {
      return new UdpSocket(Deno.listenDatagram({ transport: "udp", ...address }));
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

  /** Passes packets to `listener` until the socket is closed. */
  async receive(listener: PacketListener): Promise<void> {
    const buffer = new Uint8Array(receiveBufferBytes);
    while (!this.#closed) {
      try {
        const [data, from] = await this.#socket.receive(buffer);
        listener(data as Uint8Array<ArrayBuffer>, from as Deno.NetAddr);
      } catch {
        // Closed, or a transient error of the system: the turn given up here keeps an error that
        // repeats from starving everything else.
        if (!this.#closed) await new Promise((resolve) => setImmediate(resolve));
      }
    }
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

  /** Sends the first `length` bytes of an acquired buffer and gives the buffer back. */
  send(buffer: Uint8Array<ArrayBuffer>, length: number, to: SocketAddress): void {
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

  /** Closes the socket; packets that were handed over are still sent. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#socket.close();
  }
}
