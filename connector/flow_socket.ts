import { encodeSockaddr, maxSockaddrBytes } from "../tunnel/quic/sockaddr.ts";
import type { SocketMemory } from "../tunnel/quic/socket_memory.ts";
import { SystemSocket } from "../tunnel/quic/system_socket.ts";
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
  /** What the system holds for it; `undefined` where it does not tell. */
  memory(): SocketMemory | undefined;
  close(): void;
}

/** No buffer here is shared with another thread, which the types of callers don't say. */
type NotShared = Uint8Array<ArrayBuffer>;

/**
 * A UDP socket towards one backend. On Linux packets go through system calls: a send and a receive
 * cost a third of Deno's, and the kernel's receive buffer can be larger than the 90 packets that it
 * usually holds. Deno still tells when there is something to read.
 */
export class FlowSocket implements DatagramSocket {
  readonly #socket: Deno.DatagramConn;
  readonly #system: SystemSocket | undefined;
  readonly #to: NotShared | undefined;

  /**
   * Opens a socket on any free port.
   *
   * @param useSystemCalls `false` leaves everything to Deno, as on platforms without them.
   * @throws what `Deno.listenDatagram` throws.
   */
  constructor(to: BackendAddress, useSystemCalls = true) {
    const bind = (): Deno.DatagramConn =>
      Deno.listenDatagram({ transport: "udp", hostname: localHostname(to.hostname), port: 0 });
    this.#to = encodeSockaddr(to);
    const { socket, system } = useSystemCalls && this.#to !== undefined
      ? SystemSocket.open(bind)
      : { socket: bind(), system: undefined };
    this.#socket = socket;
    this.#system = system;
    system?.setBuffers({ receive: flowReceiveBufferBytes });
  }

  /** Whether packets go through system calls. */
  get usesSystemCalls(): boolean {
    return this.#system?.isOpen ?? false;
  }

  send(data: Uint8Array, to: Deno.NetAddr): Promise<number> {
    return this.#socket.send(data, to);
  }

  receive(buffer: Uint8Array): Promise<[Uint8Array, Deno.Addr]> {
    return this.#socket.receive(buffer);
  }

  sendNow(data: Uint8Array): boolean {
    return this.#system?.send(data as NotShared, data.length, this.#to!) ?? false;
  }

  receiveNow(buffer: Uint8Array): number {
    const length = this.#system?.receive(buffer as NotShared) ?? -1;
    if (length < 0) return nothingReceived;
    return this.#isFromBackend(this.#system!.sender) ? length : foreignReceived;
  }

  memory(): SocketMemory | undefined {
    return this.#system?.memory();
  }

  close(): void {
    this.#system?.close();
    this.#socket.close();
  }

  /** Compares family, port and address, not the flow label and scope that IPv6 has, too. */
  #isFromBackend(sender: Uint8Array): boolean {
    const to = this.#to!;
    const isIpv6 = to.length === maxSockaddrBytes;
    const end = isIpv6 ? 24 : 8;
    for (let i = 0; i < end; i++) {
      if (sender[i] !== to[i] && !(isIpv6 && i >= 4 && i < 8)) return false;
    }
    return true;
  }
}

/** The local address to bind: a loopback backend's flows can't be reached from outside at all. */
function localHostname(backend: string): string {
  if (backend.includes(":")) return backend === "::1" ? "::1" : "::";
  return backend.startsWith("127.") ? "127.0.0.1" : "0.0.0.0";
}
