import type { SocketAddress } from "../../tunnel/quic/address.ts";

/** A bare UDP socket on loopback, for packets that no well-behaved peer sends. */
export class RawSocket implements Disposable {
  readonly address: SocketAddress;
  /** What arrived, in order. */
  readonly received: Uint8Array[] = [];
  readonly #socket: Deno.DatagramConn;
  #closed = false;

  constructor(hostname = "127.0.0.1") {
    this.#socket = Deno.listenDatagram({ transport: "udp", hostname, port: 0 });
    const { port } = this.#socket.addr as Deno.NetAddr;
    this.address = { hostname, port };
    void this.#receive();
  }

  /** Sends one packet. */
  async send(packet: Uint8Array, to: SocketAddress): Promise<void> {
    await this.#socket.send(packet, { transport: "udp", hostname: to.hostname, port: to.port });
  }

  [Symbol.dispose](): void {
    this.#closed = true;
    this.#socket.close();
  }

  async #receive(): Promise<void> {
    while (!this.#closed) {
      try {
        const [packet] = await this.#socket.receive(new Uint8Array(2048));
        this.received.push(packet);
      } catch {
        // Closed, or nobody listens where the last packet went to.
        if (!this.#closed) await new Promise((resolve) => setImmediate(resolve));
      }
    }
  }
}
