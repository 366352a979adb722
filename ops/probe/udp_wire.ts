import type { SocketAddress } from "../../tunnel/quic/address.ts";

/** Longest UDP payload that a wire carries, in bytes. */
const bufferBytes = 2048;

/**
 * A length of cable between UDP clients and a server on loopback, for tests: what reaches its
 * address goes on to the server, and the answers come back, unless it is cut.
 */
export class UdpWire implements AsyncDisposable {
  /** Nothing passes, in neither direction. */
  isCut = false;
  /** Where clients send to. */
  readonly address: SocketAddress;
  readonly #server: SocketAddress;
  readonly #front: Deno.DatagramConn;
  /** A socket towards the server for each client, by the client's port. */
  readonly #backs = new Map<number, Deno.DatagramConn>();
  readonly #loops: Promise<void>[] = [];

  /** @param server Where the other end is. */
  constructor(server: SocketAddress) {
    this.#server = server;
    this.#front = listen();
    this.address = this.#front.addr as Deno.NetAddr;
    this.#loops.push(receive(this.#front, (data, from) => {
      if (!this.isCut) send(this.#backFor(from), data, this.#server);
    }));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#front.close();
    for (const back of this.#backs.values()) back.close();
    await Promise.all(this.#loops);
  }

  #backFor(client: Deno.NetAddr): Deno.DatagramConn {
    const known = this.#backs.get(client.port);
    if (known !== undefined) return known;
    const back = listen();
    this.#backs.set(client.port, back);
    this.#loops.push(receive(back, (data) => {
      if (!this.isCut) send(this.#front, data, client);
    }));
    return back;
  }
}

function listen(): Deno.DatagramConn {
  return Deno.listenDatagram({ transport: "udp", hostname: "127.0.0.1", port: 0 });
}

function send(socket: Deno.DatagramConn, data: Uint8Array, to: SocketAddress): void {
  // A socket that is closed, or a full one, loses packets as a real wire does.
  socket.send(data.slice(), { transport: "udp", ...to }).catch(() => {});
}

async function receive(
  socket: Deno.DatagramConn,
  onPacket: (data: Uint8Array, from: Deno.NetAddr) => void,
): Promise<void> {
  for (;;) {
    try {
      const [data, from] = await socket.receive(new Uint8Array(bufferBytes));
      onPacket(data, from as Deno.NetAddr);
    } catch {
      // Closing the socket ends the wait for a packet with an error.
      return;
    }
  }
}
