import type { TunnelClient } from "./tunnel_client.ts";

/** A flow of the reference's connector: what it knows of a sender. */
export interface ReferenceFlow {
  /** Inner source address, 4 bytes. */
  readonly source: Uint8Array;
  readonly sourcePort: number;
  readonly destinationPort: number;
  /** Text of the first payload, for tests. */
  readonly firstPayload: string;
}

/** A reply that went to a flow. */
export interface ReferenceReply {
  readonly flow: ReferenceFlow;
  readonly payload: string;
}

const protocolIcmp = 1;
const protocolUdp = 17;

/**
 * What the reference's connector does with packets, faults included (protocol sections 6.2 and
 * 6.4), written from its description without our codecs: one socket and one map of flows for all
 * agents, replies to *any* flow and from the backend's real address, without a UDP checksum.
 */
export class ReferenceConnector implements Disposable {
  readonly flows = new Map<string, ReferenceFlow>();
  /** What it has sent, in order. */
  readonly replies: ReferenceReply[] = [];
  readonly #client: TunnelClient;
  readonly #backend: Deno.NetAddr;
  readonly #pickFlow: (flows: readonly ReferenceFlow[]) => ReferenceFlow | undefined;
  readonly #socket = Deno.listenDatagram({ transport: "udp", hostname: "127.0.0.1", port: 0 });

  private constructor(
    client: TunnelClient,
    backend: Deno.NetAddr,
    pickFlow: (flows: readonly ReferenceFlow[]) => ReferenceFlow | undefined,
  ) {
    this.#client = client;
    this.#backend = backend;
    this.#pickFlow = pickFlow;
    client.onPacket = (packet) => this.#handle(packet);
    void this.#receive();
  }

  /**
   * Registers `serviceId` on a connection and serves it.
   *
   * @param pickFlow Stands for the order of the reference's hash map; the first flow by default.
   */
  static async start(
    client: TunnelClient,
    serviceId: string,
    backend: Deno.NetAddr,
    pickFlow: (flows: readonly ReferenceFlow[]) => ReferenceFlow | undefined = (flows) => flows[0],
  ): Promise<ReferenceConnector> {
    const connector = new ReferenceConnector(client, backend, pickFlow);
    const answer = await client.register("connector", serviceId);
    if (answer !== "ack") throw new Error(`The relay has answered ${answer}`);
    return connector;
  }

  [Symbol.dispose](): void {
    this.#socket.close();
  }

  #handle(packet: Uint8Array): void {
    if (packet.length < 20 || packet[0]! >> 4 !== 4) return;
    const headerLength = (packet[0]! & 0x0f) * 4;
    if (packet.length < headerLength + 8) return;
    if (packet[9] === protocolUdp) this.#handleUdp(packet, headerLength);
    else if (packet[9] === protocolIcmp) this.#handleIcmp(packet, headerLength);
  }

  #handleUdp(packet: Uint8Array, start: number): void {
    const view = new DataView(packet.buffer, packet.byteOffset, packet.byteLength);
    const length = view.getUint16(start + 4);
    if (length < 8 || packet.length < start + length) return;
    const payload = packet.slice(start + 8, start + length);
    const source = packet.slice(12, 16);
    const sourcePort = view.getUint16(start);
    const destinationPort = view.getUint16(start + 2);
    const key = `${source.toHex()} ${sourcePort} ${destinationPort}`;
    if (!this.flows.has(key)) {
      const firstPayload = new TextDecoder().decode(payload);
      this.flows.set(key, { source, sourcePort, destinationPort, firstPayload });
    }
    this.#socket.send(payload, this.#backend).catch(() => {});
  }

  #handleIcmp(packet: Uint8Array, start: number): void {
    if (packet[start] !== 8 || packet[start + 1] !== 0) return;
    const reply = new Uint8Array(packet.length - start + 20);
    writeHeader(reply, protocolIcmp, packet.subarray(16, 20), packet.subarray(12, 16));
    reply.set(packet.subarray(start), 20);
    reply[20] = 0;
    const view = new DataView(reply.buffer);
    view.setUint16(22, 0);
    view.setUint16(22, checksum(reply, 20, reply.length));
    this.#client.send(reply);
  }

  async #receive(): Promise<void> {
    for (;;) {
      try {
        const [payload] = await this.#socket.receive();
        this.#reply(payload);
      } catch {
        return;
      }
    }
  }

  #reply(payload: Uint8Array): void {
    const flow = this.#pickFlow([...this.flows.values()]);
    if (flow === undefined) return;
    const packet = new Uint8Array(28 + payload.length);
    const from = Uint8Array.from(this.#backend.hostname.split("."), Number);
    writeHeader(packet, protocolUdp, from, flow.source);
    const view = new DataView(packet.buffer);
    view.setUint16(20, this.#backend.port);
    view.setUint16(22, flow.sourcePort);
    view.setUint16(24, 8 + payload.length);
    packet.set(payload, 28);
    this.replies.push({ flow, payload: new TextDecoder().decode(payload) });
    this.#client.send(packet);
  }
}

/** Header template of protocol section 6.2. */
function writeHeader(
  packet: Uint8Array<ArrayBuffer>,
  protocol: number,
  source: Uint8Array,
  destination: Uint8Array,
): void {
  const view = new DataView(packet.buffer);
  packet[0] = 0x45;
  view.setUint16(2, packet.length);
  view.setUint16(6, 0x4000);
  packet[8] = 64;
  packet[9] = protocol;
  packet.set(source, 12);
  packet.set(destination, 16);
  view.setUint16(10, checksum(packet, 0, 20));
}

/** RFC 1071. */
function checksum(bytes: Uint8Array, start: number, end: number): number {
  let sum = 0;
  for (let at = start; at < end; at += 2) {
    sum += bytes[at]! << 8 | (at + 1 < end ? bytes[at + 1]! : 0);
  }
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
  return ~sum & 0xffff;
}
