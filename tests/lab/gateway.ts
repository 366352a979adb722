/**
 * The lab's UDP gateway: carries datagrams between ports of this machine's loopback and port 4433 of
 * the hosts, which only the router's namespace can reach. Every client gets a socket of its own
 * there, so that replies find their way back, as with an address translator.
 *
 * Its sockets are of two namespaces, which Deno's own can't be; so it is a program of its own that
 * never returns to Deno's event loop.
 *
 * Usage: gateway.ts PLAN, a JSON text as {@linkcode GatewayPlan} has it
 */
import { writeFileAtomically } from "../../ops/atomic_file.ts";
import { EpollSet } from "./epoll_set.ts";
import { FlowTable } from "./flow_table.ts";
import { LabError } from "./lab_error.ts";
import { enterNetworkNamespace, libc } from "./libc.ts";
import { bindToLoopback, openUdpSocket, socketAddress, socketAddressBytes } from "./udp_socket.ts";

/** What a gateway does. */
export interface GatewayPlan {
  readonly routerNamespace: string;
  /** Takes the ports, as {@linkcode GatewayNote} has them, when the gateway listens. */
  readonly noteFile: string;
  readonly hosts: readonly {
    readonly name: string;
    readonly address: string;
    /** The host's UDP port. */
    readonly port: number;
    /** Where to listen on 127.0.0.1; 0 for any port. */
    readonly gatewayPort: number;
  }[];
}

/** Where a gateway listens on 127.0.0.1: UDP ports by the hosts' names. */
export type GatewayNote = Readonly<Record<string, number>>;

/** Clients at a time; below the 1024 open files that a process may have by default. */
const maxFlows = 512;

/** Datagrams that are carried from one socket before the next one has its turn. */
const datagramsPerTurn = 64;

/** Room for any datagram. */
const datagram = new Uint8Array(65_536);
const datagramCapacity = BigInt(datagram.length);

/** Carries what has come in on a socket, up to {@linkcode datagramsPerTurn}. */
type Receiver = () => void;

/** One client of one host. */
interface Flow {
  /** Connected to the host. */
  readonly socket: number;
}

class Gateway {
  readonly #ready = new EpollSet();
  readonly #receivers = new Map<number, Receiver>();
  readonly #flows = new FlowTable<Flow>(maxFlows);

  /** Listens for clients of one host, and gives the port. */
  listen(number: number, gatewayPort: number, target: Uint8Array<ArrayBuffer>): number {
    const socket = openUdpSocket();
    const port = bindToLoopback(socket, gatewayPort);
    const client = new Uint8Array(socketAddressBytes);
    const clientLength = new Uint32Array(1);
    this.#receive(socket, () => {
      clientLength[0] = socketAddressBytes;
      const length = libc.recvfrom(socket, datagram, datagramCapacity, 0, client, clientLength);
      if (length < 0n) return false;
      const flow = this.#flowOf(number, socket, client, target);
      // What can't be sent is lost, as on any network.
      if (flow !== undefined) libc.send(flow.socket, datagram, length, 0);
      return true;
    });
    return port;
  }

  /** Carries datagrams until the process is ended. */
  run(): never {
    for (;;) {
      for (const socket of this.#ready.wait()) this.#receivers.get(socket)?.();
    }
  }

  #flowOf(
    number: number,
    listener: number,
    client: Uint8Array<ArrayBuffer>,
    target: Uint8Array<ArrayBuffer>,
  ): Flow | undefined {
    const [, , portHigh = 0, portLow = 0, network, b = 0, c = 0, d = 0] = client;
    if (network !== 127) return undefined;
    // Exact in a double: 8 bits of host, 24 of address, 16 of port.
    const key = number * 2 ** 40 + (b << 16 | c << 8 | d) * 2 ** 16 + (portHigh << 8 | portLow);
    const known = this.#flows.use(key);
    if (known !== undefined) return known;
    const socket = openUdpSocket();
    libc.connect(socket, target, target.length);
    const address = client.slice();
    this.#receive(socket, () => {
      const length = libc.recvfrom(socket, datagram, datagramCapacity, 0, null, null);
      if (length < 0n) return false; // none left, or the host has said that its port is closed
      libc.sendto(listener, datagram, length, 0, address, address.length);
      return true;
    });
    const flow: Flow = { socket };
    const evicted = this.#flows.add(key, flow);
    if (evicted !== undefined) {
      this.#receivers.delete(evicted.socket);
      libc.close(evicted.socket); // which takes it out of the set
    }
    return flow;
  }

  #receive(socket: number, carryOne: () => boolean): void {
    this.#ready.add(socket);
    this.#receivers.set(socket, () => {
      for (let left = datagramsPerTurn; left > 0 && carryOne(); left--);
    });
  }
}

/** Listens, then moves to the hosts' namespace: sockets belong to the one that they are opened in. */
function startGateway({ routerNamespace, noteFile, hosts }: GatewayPlan): Gateway {
  const gateway = new Gateway();
  const ports = hosts.map(({ name, address, port, gatewayPort }, number) => [
    name,
    gateway.listen(number, gatewayPort, socketAddress(address, port)),
  ]);
  enterNetworkNamespace(routerNamespace);
  writeFileAtomically(noteFile, JSON.stringify(Object.fromEntries(ports)));
  return gateway;
}

if (import.meta.main) {
  try {
    startGateway(JSON.parse(Deno.args[0]!) as GatewayPlan).run();
  } catch (error) {
    // deno-lint-ignore no-console -- a program: its standard error is its log
    console.error(error instanceof LabError ? error.message : error);
    Deno.exit(1);
  }
}
