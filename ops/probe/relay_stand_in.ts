import { ConfigError } from "../../tunnel/errors.ts";
import type { SocketAddress } from "../../tunnel/quic/address.ts";
import type { QuicConnection } from "../../tunnel/quic/connection.ts";
import type { ConnectionHandler } from "../../tunnel/quic/connection_handler.ts";
import { QuicEndpoint } from "../../tunnel/quic/endpoint.ts";
import { RetryTokens } from "../../tunnel/quic/retry_tokens.ts";
import type { ClientTls, ServerTls } from "../../tunnel/quic/tls_config.ts";
import {
  decodeRegistration,
  decodeRouted,
  encodeObservedAddress,
  encodeRegistrationReply,
  messageType,
  nackStatus,
} from "../../tunnel/wire/datagram_message.ts";
import { buildIcmpEchoReply } from "../../tunnel/wire/icmp.ts";
import { ipProtocol, parseIpv4 } from "../../tunnel/wire/ipv4.ts";
import { buildUdpPacket, parseUdp } from "../../tunnel/wire/udp.ts";
import { isWireError } from "../../tunnel/wire/wire_error.ts";
import { CertificateAuthority } from "../pki/certificate_authority.ts";
import { clientCertificate, serverCertificate } from "../pki/certificate_request.ts";

/** How a stand-in behaves; may be changed while it runs. */
export interface StandInBehaviour {
  /** Services that it registers; all others get a NACK. */
  services: readonly string[];
  /** Registrations that it leaves unanswered first. */
  ignoredRegistrations: number;
  /**
   * What becomes of the reply to packet `index` (from 0): the packets to send instead, in order.
   */
  deliver: (reply: Uint8Array, index: number) => readonly Uint8Array[];
}

/** Certificates for a stand-in and an agent, in a directory that is removed at the end. */
export class TestCertificates implements Disposable {
  readonly directory: string;
  readonly serverTls: ServerTls;
  readonly clientTls: ClientTls;

  private constructor(directory: string) {
    this.directory = directory;
    const caFile = `${directory}/ca.pem`;
    const identity = (name: string): { certificateFile: string; keyFile: string } => ({
      certificateFile: `${directory}/${name}.pem`,
      keyFile: `${directory}/${name}.key`,
    });
    this.serverTls = { identity: identity("relay"), caFile, clientCertificate: "require" };
    this.clientTls = { identity: identity("agent"), caFile, verifyPeer: true };
  }

  /** Makes an authority and issues certificates for `ztna-server` and an agent of `web`. */
  static async create(): Promise<TestCertificates> {
    const now = Date.now();
    const { authority, files } = await CertificateAuthority.create({ name: "test", now });
    const certificates = new TestCertificates(await Deno.makeTempDir({ prefix: "ztna-probe-" }));
    const { directory } = certificates;
    const requests = {
      relay: serverCertificate("relay", "relay", ["127.0.0.1"]),
      agent: clientCertificate("agent", "agent", ["web"]),
    };
    await Deno.writeTextFile(`${directory}/ca.pem`, files.certificatePem);
    for (const [name, request] of Object.entries(requests)) {
      const { certificatePem, keyPem } = await authority.issue(request, now);
      await Deno.writeTextFile(`${directory}/${name}.pem`, certificatePem);
      await Deno.writeTextFile(`${directory}/${name}.key`, keyPem, { mode: 0o600 });
    }
    return certificates;
  }

  [Symbol.dispose](): void {
    Deno.removeSync(this.directory, { recursive: true });
  }
}

/**
 * A relay with an echoing application behind it, in one small object, for tests of agents: a real
 * QUIC endpoint that registers agents, answers what they send for their services, and injects
 * whatever faults the test asks for.
 */
export class RelayStandIn implements AsyncDisposable {
  readonly behaviour: StandInBehaviour;
  /** Every DATAGRAM received, copied, while `records` is set. */
  readonly received: Uint8Array[] = [];
  records = false;
  readonly #tls: ServerTls;
  readonly #registered = new Map<QuicConnection, Set<string>>();
  #endpoint: QuicEndpoint;
  #packets = 0;

  /** Starts on a free port of 127.0.0.1. */
  constructor(tls: ServerTls, behaviour: Partial<StandInBehaviour> = {}) {
    this.#tls = tls;
    this.behaviour = {
      services: ["web"],
      ignoredRegistrations: 0,
      deliver: (reply) => [reply],
      ...behaviour,
    };
    this.#endpoint = this.#bind(0);
    this.address = this.#endpoint.address;
  }

  /** Where it listens, also after a restart. */
  readonly address: SocketAddress;

  /** Connections that have registered something. */
  get agents(): number {
    return this.#registered.size;
  }

  /** Ends as a relay does that is told to: peers get application close 0 (protocol 8.1). */
  async stop(): Promise<void> {
    this.#registered.clear();
    await this.#endpoint.close(0, "server shutting down", 200);
  }

  /** Listens again, on the same port. */
  async start(): Promise<void> {
    const deadline = performance.now() + 5000;
    for (;;) {
      try {
        this.#endpoint = this.#bind(this.address.port);
        return;
      } catch (error) {
        // Deno gives a port back only when the cancelled receive of its socket has ended.
        if (!(error instanceof ConfigError) || performance.now() > deadline) throw error;
        await new Promise((resolve) => setTimeout(resolve, 1));
      }
    }
  }

  /** Forgets its registrations and closes all connections with a code and text of its choice. */
  closeAll(code: number, reason: string): void {
    this.#registered.clear();
    for (const connection of this.#endpoint.connections()) connection.close(code, reason);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#endpoint[Symbol.asyncDispose]();
  }

  #bind(port: number): QuicEndpoint {
    const handler: ConnectionHandler = {
      onEstablished: (connection) => {
        const observed = encodeObservedAddress(connection.remoteAddress);
        if (!isWireError(observed)) connection.sendDatagram(observed);
      },
      onDatagram: (connection, data) => this.#onDatagram(connection, data),
      onClosed: (connection) => void this.#registered.delete(connection),
    };
    const retry = new RetryTokens(crypto.getRandomValues(new Uint8Array(32)));
    return QuicEndpoint.bind({
      hostname: "127.0.0.1",
      port,
      server: { tls: this.#tls, retry, handler },
    });
  }

  #onDatagram(connection: QuicConnection, data: Uint8Array): void {
    if (this.records) this.received.push(data.slice());
    switch (data[0]) {
      case messageType.registerAgent:
        return this.#onRegistration(connection, data);
      case messageType.routed: {
        const routed = decodeRouted(data);
        if (isWireError(routed)) return;
        if (!this.#registered.get(connection)?.has(routed.serviceId)) return;
        return this.#onPacket(connection, routed.packet);
      }
      default:
        if (this.#registered.has(connection)) this.#onPacket(connection, data);
    }
  }

  #onRegistration(connection: QuicConnection, data: Uint8Array): void {
    const registration = decodeRegistration(data);
    if (isWireError(registration)) return;
    if (this.behaviour.ignoredRegistrations > 0) {
      this.behaviour.ignoredRegistrations -= 1;
      return;
    }
    const { serviceId } = registration;
    const accepted = this.behaviour.services.includes(serviceId);
    if (accepted) {
      const services = this.#registered.get(connection) ?? new Set();
      this.#registered.set(connection, services.add(serviceId));
    }
    const status = accepted ? 0 : nackStatus.unauthorized;
    const reply = encodeRegistrationReply({ accepted, status, serviceId });
    if (!isWireError(reply)) connection.sendDatagram(reply);
  }

  #onPacket(connection: QuicConnection, packet: Uint8Array): void {
    const reply = echo(packet);
    if (reply === undefined) return;
    const index = this.#packets;
    this.#packets += 1;
    for (const each of this.behaviour.deliver(reply, index)) connection.sendDatagram(each);
  }
}

function echo(packet: Uint8Array): Uint8Array | undefined {
  const ip = parseIpv4(packet);
  if (isWireError(ip)) return undefined;
  if (ip.protocol === ipProtocol.icmp) {
    const reply = buildIcmpEchoReply(packet, ip);
    return isWireError(reply) ? undefined : reply;
  }
  const udp = parseUdp(packet, ip);
  if (isWireError(udp)) return undefined;
  return buildUdpPacket({
    source: ip.destination,
    sourcePort: udp.destinationPort,
    destination: ip.source,
    destinationPort: udp.sourcePort,
    payload: packet.subarray(udp.payloadStart, udp.payloadEnd),
  });
}
