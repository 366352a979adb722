import type { SocketAddress } from "../../tunnel/quic/address.ts";
import { seededRandom } from "./seeded_random.ts";

/** What a link does to packets; rates from 0 to 1, all 0 by default. */
export interface LinkFaults {
  readonly lossRate?: number;
  readonly duplicateRate?: number;
  /** How many packets are held back for `reorderMs`, so that later ones overtake them. */
  readonly reorderRate?: number;
  /** Default 5 ms. */
  readonly reorderMs?: number;
  /** Every packet is late by so much; default 0. */
  readonly delayMs?: number;
}

/** Which way a packet goes. */
export type LinkDirection = "to_server" | "to_client";

/** Sees a packet before the link's faults; `false` takes it away. */
export type LinkWatcher = (direction: LinkDirection, packet: Uint8Array) => boolean | void;

/**
 * A real UDP forwarder on loopback between one client and one server. The client sends to
 * `address`; the server sees `serverSide`, which `rebind` changes as a NAT would.
 */
export class UdpLink implements Disposable {
  /** Where the client sends to. */
  readonly address: SocketAddress;
  /** May be changed at any time. */
  faults: LinkFaults;
  /** May be changed at any time. */
  watcher: LinkWatcher = () => {};
  /** Takes all packets away, in both directions. */
  isCut = false;
  /** Packets that have arrived at the link, and what became of them. */
  readonly counts = {
    arrived: 0,
    fromServer: 0,
    lost: 0,
    duplicated: 0,
    reordered: 0,
    toFormerAddresses: 0,
  };

  readonly #random: () => number;
  readonly #server: Deno.NetAddr;
  readonly #clientSocket: Deno.DatagramConn;
  readonly #serverSockets: Deno.DatagramConn[] = [];
  readonly #timers = new Set<ReturnType<typeof setTimeout>>();
  #current = 0;
  #client: Deno.Addr | undefined;
  #closed = false;

  private constructor(server: SocketAddress, faults: LinkFaults, seed: number) {
    this.#server = { transport: "udp", ...server };
    this.faults = faults;
    this.#random = seededRandom(seed);
    this.#clientSocket = this.#bind();
    const { hostname, port } = this.#clientSocket.addr as Deno.NetAddr;
    this.address = { hostname, port };
    void this.#forward(this.#clientSocket, (packet, from) => {
      this.#client = from;
      this.#pass("to_server", packet, this.#serverSockets[this.#current]!, this.#server);
    });
    this.rebind();
  }

  /** Opens a link to a server on 127.0.0.1. The same `seed` makes the same faults. */
  static open(server: SocketAddress, faults: LinkFaults = {}, seed = 1): UdpLink {
    return new UdpLink(server, faults, seed);
  }

  /** The client's address as the server sees it. */
  get serverSide(): SocketAddress {
    return this.#addressOf(this.#current);
  }

  /** Gives the client a new address towards the server. The old ones still reach the client. */
  rebind(): SocketAddress {
    const socket = this.#bind();
    this.#current = this.#serverSockets.push(socket) - 1;
    const index = this.#current;
    void this.#forward(socket, (packet) => {
      if (index !== this.#current) this.counts.toFormerAddresses += 1;
      if (this.#client !== undefined) {
        this.#pass("to_client", packet, this.#clientSocket, this.#client);
      }
    });
    return this.serverSide;
  }

  /** Goes back to an earlier address: 0 is the first one. */
  rebindTo(index: number): SocketAddress {
    this.#current = index;
    return this.serverSide;
  }

  /** Sends a packet as if it were the client's, to the server by default. */
  async inject(packet: Uint8Array, to: SocketAddress = this.#server): Promise<void> {
    const address: Deno.NetAddr = { transport: "udp", hostname: to.hostname, port: to.port };
    await this.#serverSockets[this.#current]!.send(packet, address);
  }

  [Symbol.dispose](): void {
    this.#closed = true;
    for (const timer of this.#timers) clearTimeout(timer);
    this.#clientSocket.close();
    for (const socket of this.#serverSockets) socket.close();
  }

  #bind(): Deno.DatagramConn {
    return Deno.listenDatagram({ transport: "udp", hostname: "127.0.0.1", port: 0 });
  }

  #addressOf(index: number): SocketAddress {
    const { hostname, port } = this.#serverSockets[index]!.addr as Deno.NetAddr;
    return { hostname, port };
  }

  async #forward(
    socket: Deno.DatagramConn,
    onPacket: (packet: Uint8Array, from: Deno.Addr) => void,
  ): Promise<void> {
    while (!this.#closed) {
      try {
        const [packet, from] = await socket.receive(new Uint8Array(65_536));
        onPacket(packet, from);
      } catch {
        // Closed, or a packet that nobody listened for.
        if (!this.#closed) await new Promise((resolve) => setImmediate(resolve));
      }
    }
  }

  #pass(
    direction: LinkDirection,
    packet: Uint8Array,
    socket: Deno.DatagramConn,
    to: Deno.Addr,
  ): void {
    this.counts.arrived += 1;
    if (direction === "to_client") this.counts.fromServer += 1;
    if (this.watcher(direction, packet) === false || this.isCut) return;
    const { lossRate = 0, duplicateRate = 0, reorderRate = 0, reorderMs = 5, delayMs = 0 } =
      this.faults;
    if (this.#random() < lossRate) {
      this.counts.lost += 1;
      return;
    }
    const reordered = this.#random() < reorderRate;
    if (reordered) this.counts.reordered += 1;
    this.#deliver(packet, socket, to, delayMs + (reordered ? reorderMs : 0));
    if (this.#random() < duplicateRate) {
      this.counts.duplicated += 1;
      this.#deliver(packet, socket, to, delayMs + reorderMs);
    }
  }

  #deliver(packet: Uint8Array, socket: Deno.DatagramConn, to: Deno.Addr, delayMs: number): void {
    if (delayMs === 0) {
      socket.send(packet, to).catch(() => {});
      return;
    }
    const timer = setTimeout(() => {
      this.#timers.delete(timer);
      socket.send(packet, to).catch(() => {});
    }, delayMs);
    this.#timers.add(timer);
  }
}
