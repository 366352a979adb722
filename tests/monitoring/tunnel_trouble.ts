import type { SocketAddress } from "../../tunnel/quic/address.ts";
import { udpPacket } from "../support/inner_packets.ts";
import { QuicheClient } from "../support/quiche_client.ts";
import type { TunnelLab } from "../support/tunnel_lab.ts";
import type { UdpLink } from "../support/udp_link.ts";

/** A service that its agents may ask for, and that no connector offers. */
export const missingService = "nowhere";

const route = "100.64.9.9:9 > 10.100.0.1:7";
const troubleIntervalMs = 500;

/** A long header of a version that nobody speaks, as long as a first packet must be. */
const unknownVersion = new Uint8Array(1200);
unknownVersion.set([0xc0, 0xba, 0xba, 0xba, 0xba, 8, 1, 2, 3, 4, 5, 6, 7, 8, 0]);
/** A short header of no connection. */
const stray = new Uint8Array(60);
stray.set([0x40, 0x40]);

/**
 * Clients that do what they must not, and strangers, so that the counters of errors move at one
 * relay and its connectors, until it is disposed of.
 */
export class TunnelTrouble implements AsyncDisposable {
  readonly #lab: TunnelLab;
  readonly #relay: SocketAddress;
  readonly #client: QuicheClient;
  readonly #link: UdpLink;
  readonly #service: string;
  readonly #timer: ReturnType<typeof setInterval>;
  /** What is under way. */
  readonly #attempts = new Set<Promise<void>>();
  #tick = 0;

  private constructor(
    lab: TunnelLab,
    relay: SocketAddress,
    service: string,
    client: QuicheClient,
    link: UdpLink,
  ) {
    this.#lab = lab;
    this.#relay = relay;
    this.#service = service;
    this.#client = client;
    this.#link = link;
    this.#timer = setInterval(() => this.#make(), troubleIntervalMs);
  }

  /** @param service One that the relay has a connector for. */
  static async start(
    lab: TunnelLab,
    relay: SocketAddress,
    service: string,
  ): Promise<TunnelTrouble> {
    const link = lab.link({ address: relay });
    link.rebind();
    const identity = await lab.identity("agent", [service, missingService], "troublemaker");
    const client = await lab.registered(link, "agent", [service, missingService], identity);
    return new TunnelTrouble(lab, relay, service, client, link);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    clearInterval(this.#timer);
    await Promise.all(this.#attempts);
  }

  #make(): void {
    this.#tick += 1;
    const client = this.#client;
    // At the relay: nobody's service, one that is not its own, half a message, a NACK.
    client.sendRouted(missingService, udpPacket(route, "x"));
    client.sendRouted("others", udpPacket(route, "x"));
    client.send(Uint8Array.of(0x2f, 200));
    client.sendHex("10016f");
    // At the connector: no IPv4, and no protocol that it carries.
    client.sendRouted(this.#service, Uint8Array.of(0x60));
    this.#attempt(this.#link.inject(unknownVersion));
    this.#attempt(this.#link.inject(stray));
    // As behind a NAT that forgets it.
    if (this.#tick % 4 === 0) this.#link.rebindTo(this.#tick / 4 % 2);
    if (this.#tick % 4 === 2) this.#attempt(this.#connectWithoutCertificate());
  }

  /** What fails because the relay has gone makes no trouble, which is no trouble. */
  #attempt(attempt: Promise<void>): void {
    const settled = attempt.catch(() => {}).finally(() => this.#attempts.delete(settled));
    this.#attempts.add(settled);
  }

  async #connectWithoutCertificate(): Promise<void> {
    const tls = { caFile: this.#lab.certificates.caFile, verifyPeer: true };
    await using client = new QuicheClient({ remote: this.#relay, tls });
    await client.closed();
  }
}
