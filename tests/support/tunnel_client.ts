import type { SocketAddress } from "../../tunnel/quic/address.ts";
import {
  decodeObservedAddress,
  decodeRegistrationReply,
  encodeRegistration,
  encodeRouted,
  messageType,
  type Role,
} from "../../tunnel/wire/datagram_message.ts";
import { isWireError, type WireError } from "../../tunnel/wire/wire_error.ts";
import { describePacket } from "./inner_packets.ts";
import { waitFor } from "./wait.ts";

/** What became of a registration: `ack`, or `nack` and the status. */
export type RegistrationAnswer = "ack" | `nack ${number}`;

/** A registration that no relay accepts, and that changes nothing: its ID is not UTF-8. */
const fenceRequest = new Uint8Array([messageType.registerAgent, 1, 0xff]);
/** The answer to it: NACK, status 1, empty ID (protocol section 2.4). */
const fenceAnswer = "130100";

/**
 * A client of a relay, as agent or connector, that keeps everything it gets. Subclasses bring a
 * QUIC implementation.
 */
export abstract class TunnelClient implements AsyncDisposable {
  /** The addresses that the relay has told, in order. */
  readonly observed: SocketAddress[] = [];
  /** ACKs and NACKs in hexadecimal, in order. */
  readonly answers: string[] = [];
  /** Relayed packets, in order. */
  readonly packets: Uint8Array[] = [];
  /** Called with each relayed packet. */
  onPacket: (packet: Uint8Array) => void = () => {};

  /** Sends one DATAGRAM. */
  abstract send(message: Uint8Array): void;

  /** Tells the relay goodbye. */
  abstract close(): Promise<void>;

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  /** Sends one DATAGRAM that is written in hexadecimal. */
  sendHex(hex: string): void {
    this.send(Uint8Array.fromHex(hex));
  }

  /** Sends a packet through a service, in a `0x2F` wrapper. */
  sendRouted(serviceId: string, packet: Uint8Array): void {
    this.send(encoded(encodeRouted(serviceId, packet)));
  }

  /** Registers once and waits for the answer. */
  async register(role: Role, serviceId: string): Promise<RegistrationAnswer> {
    const before = this.answers.length;
    this.send(encoded(encodeRegistration(role, serviceId)));
    return await waitFor(() => {
      for (const hex of this.answers.slice(before)) {
        const reply = decodeRegistrationReply(Uint8Array.fromHex(hex));
        if (isWireError(reply) || reply.serviceId !== serviceId) continue;
        return reply.accepted ? "ack" as const : `nack ${reply.status}` as const;
      }
    }, `an answer to the registration as ${role} for "${serviceId}"`);
  }

  /**
   * Waits until the relay has worked off what this client has sent, and what it had for this
   * client has arrived. It counts as one rejected registration.
   */
  async fence(): Promise<void> {
    const passed = (): number => this.answers.filter((hex) => hex === fenceAnswer).length;
    const before = passed();
    this.send(fenceRequest);
    await waitFor(() => passed() > before, "the relay's answer to a fence");
  }

  /** The next relayed packet, as {@linkcode describePacket} has it. */
  async nextPacket(): Promise<string> {
    await waitFor(() => this.packets.length > 0, "a relayed packet");
    return describePacket(this.packets.shift()!);
  }

  /** The next `count` relayed packets. */
  async nextPackets(count: number): Promise<string[]> {
    await waitFor(
      () => this.packets.length >= count,
      `${count} relayed packets, of which ${this.packets.length} have come`,
    );
    return this.packets.splice(0, count).map(describePacket);
  }

  /** All relayed packets that the relay had for this client; see {@linkcode fence}. */
  async takePackets(): Promise<string[]> {
    await this.fence();
    return this.packets.splice(0).map(describePacket);
  }

  /** Subclasses hand over each DATAGRAM; it is copied. */
  protected receive(message: Uint8Array): void {
    const type = message[0];
    if (type === messageType.observedAddress) {
      const address = decodeObservedAddress(message);
      if (!isWireError(address)) this.observed.push(address);
    } else if (type === messageType.ack || type === messageType.nack) {
      this.answers.push(message.toHex());
    } else {
      const packet = message.slice();
      this.packets.push(packet);
      this.onPacket(packet);
    }
  }
}

/** The result of an encoder that cannot have failed. */
function encoded(message: Uint8Array | WireError): Uint8Array {
  if (isWireError(message)) throw new RangeError(message.message);
  return message;
}
