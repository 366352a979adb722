import { SyntheticAgent } from "../../ops/probe/agent.ts";
import type { SocketAddress } from "../../tunnel/quic/address.ts";
import type { ClientTls } from "../../tunnel/quic/tls_config.ts";
import { pingPacket, udpPacket } from "../support/inner_packets.ts";

/** An agent of the load: where it connects, and the service that it talks to. */
export interface LoadAgent {
  readonly relay: SocketAddress;
  readonly tls: ClientTls;
  readonly service: string;
}

/** Packets that have gone into the tunnel for a service, and that have come out of it as replies. */
export interface LoadCounts {
  sent: number;
  received: number;
}

/** Each agent sends a UDP packet so often: 40 a second, which costs a loaded machine little. */
const packetIntervalMs = 25;
/** And a ping with each so-manieth. */
const packetsPerPing = 20;
const payload = new Uint8Array(200);
/** The inner address of all agents, as of those that start with the same one: relays translate it. */
const source = "100.64.0.1";
const destination = "10.100.0.1";

/** Agents that send, each to its service, until it is disposed of. */
export class TunnelLoad implements AsyncDisposable {
  /** By service. */
  readonly counts = new Map<string, LoadCounts>();
  readonly #agents: { readonly agent: SyntheticAgent; readonly service: string }[] = [];
  readonly #timer: ReturnType<typeof setInterval>;
  #tick = 0;

  private constructor() {
    this.#timer = setInterval(() => this.#send(), packetIntervalMs);
  }

  /** Connects the agents and starts to send. */
  static async start(agents: readonly LoadAgent[]): Promise<TunnelLoad> {
    const load = new TunnelLoad();
    try {
      await Promise.all(agents.map((agent) => load.#connect(agent)));
      return load;
    } catch (error) {
      await load[Symbol.asyncDispose]();
      throw error;
    }
  }

  /** How many agents there are. */
  get agents(): number {
    return this.#agents.length;
  }

  /** Whether each of them is registered, also after its relay's restart. */
  get isReady(): boolean {
    return this.#agents.every(({ agent }) => agent.isReady);
  }

  /** The packets of all services. */
  get total(): LoadCounts {
    const total = { sent: 0, received: 0 };
    for (const { sent, received } of this.counts.values()) {
      total.sent += sent;
      total.received += received;
    }
    return total;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    clearInterval(this.#timer);
    await Promise.all(this.#agents.map(({ agent }) => agent.close()));
  }

  async #connect({ relay, tls, service }: LoadAgent): Promise<void> {
    const counts = this.counts.get(service) ?? { sent: 0, received: 0 };
    this.counts.set(service, counts);
    const agent = await SyntheticAgent.connect({
      relay,
      tls,
      serverName: "ztna-server",
      services: [service],
      onPacket: () => counts.received += 1,
    });
    this.#agents.push({ agent, service });
  }

  #send(): void {
    this.#tick += 1;
    const packets = [udpPacket(`${source}:40000 > ${destination}:7`, payload)];
    if (this.#tick % packetsPerPing === 0) {
      packets.push(pingPacket(`${source} > ${destination}`, 1, this.#tick % 65_536, "ping"));
    }
    for (const { agent, service } of this.#agents) {
      const counts = this.counts.get(service)!;
      for (const packet of packets) {
        if (agent.sendRouted(service, packet) === "queued") counts.sent += 1;
      }
    }
  }
}
