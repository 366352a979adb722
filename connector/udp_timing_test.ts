import { assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { FakeClock } from "../tunnel/fake_clock.ts";
import { ReceivedBatch } from "../tunnel/forwarding_time.ts";
import { silentLogger } from "../tunnel/log.ts";
import { createMetrics } from "../tunnel/metrics.ts";
import type { SocketMemory } from "../tunnel/quic/socket_memory.ts";
import { parseIpv4 } from "../tunnel/wire/ipv4.ts";
import { buildUdpPacket } from "../tunnel/wire/udp.ts";
import { isWireError } from "../tunnel/wire/wire_error.ts";
import { Backend } from "./backend.ts";
import { type DatagramSocket, nothingReceived } from "./flow_socket.ts";
import { connectorLimits, exchangePauseMs } from "./limits.ts";
import { connectorMetrics } from "./metrics.ts";
import { ServiceMetrics } from "./service_metrics.ts";
import { UdpForwarder, type UdpUplink } from "./udp.ts";

const backendAddress: Deno.NetAddr = { transport: "udp", hostname: "127.0.0.1", port: 9 };

/** A socket whose system takes packets, and has replies, when a test says so. */
class ScriptedSocket implements DatagramSocket {
  takesAtOnce = true;
  drops = 0;
  /** Lets the system take the packet that waits. */
  take = (): void => {};
  #deliver: (length: number) => void = () => {};

  sendNow(): boolean {
    return this.takesAtOnce;
  }
  send(data: Uint8Array): Promise<number> {
    return new Promise((resolve) => this.take = () => resolve(data.length));
  }
  receive(buffer: Uint8Array): Promise<[Uint8Array, Deno.Addr]> {
    return new Promise((resolve) => {
      this.#deliver = (length) => resolve([buffer.subarray(0, length), backendAddress]);
    });
  }
  receiveNow(): number {
    return nothingReceived;
  }
  memory(): SocketMemory {
    return { queuedBytes: 10, bufferBytes: 100, drops: this.drops };
  }
  close(): void {}

  /** One reply of the backend, and whatever follows from it. */
  async reply(): Promise<void> {
    this.#deliver(4);
    await Promise.resolve();
    await Promise.resolve();
  }
}

class Harness {
  readonly clock = new FakeClock(5_000);
  readonly batch = new ReceivedBatch();
  readonly socket = new ScriptedSocket();
  readonly toBackendMs: number[] = [];
  /** When what was sent to agents had been received. */
  readonly repliesReceivedMs: number[] = [];
  readonly forwarder = new UdpForwarder({
    ...{ clock: this.clock, limits: connectorLimits, openSocket: () => this.socket },
    forwarding: { batch: this.batch, onSample: (ms) => this.toBackendMs.push(ms) },
  });
  readonly #metrics = createMetrics(connectorMetrics);
  readonly uplink: UdpUplink;

  constructor() {
    const { clock } = this;
    const metrics = new ServiceMetrics(this.#metrics, "web");
    const backend = new Backend({
      ...{ target: { host: "127.0.0.1", port: 9 }, lookup: () => Promise.resolve([]) },
      ...{ clock, logger: silentLogger, observer: metrics, limits: connectorLimits },
    });
    const sendDatagram = (_: Uint8Array, isForwarded = false): "queued" => {
      if (isForwarded) this.repliesReceivedMs.push(this.batch.receivedAtMs);
      return "queued";
    };
    const replies = { sendDatagram };
    this.uplink = this.forwarder.attach({ backend, metrics, replies, logger: silentLogger });
  }

  /** A packet of an agent, in the batch that was received last. */
  forward(sourcePort = 1): void {
    const packet = buildUdpPacket({
      ...{ source: 0x6440_0001, sourcePort, destination: 0x0a64_0001, destinationPort: 2 },
      payload: new Uint8Array(4),
    });
    const ip = parseIpv4(packet);
    if (!isWireError(ip)) this.uplink.forward(packet, ip);
  }

  /** How long the backend took, in seconds: how many times and all together. */
  get responses(): number[] {
    const { count, sum } = this.#metrics.histogram.backendResponse.labels({ service: "web" });
    return [count, Math.round(sum * 1000) / 1000];
  }
}

describe("The time that the backend takes", () => {
  it("is from a flow's first packet to the first reply", async () => {
    const harness = new Harness();
    harness.forward();
    harness.clock.advance(20);
    harness.forward();
    harness.clock.advance(30);
    await harness.socket.reply();
    harness.clock.advance(100);
    await harness.socket.reply();
    assertEquals(harness.responses, [1, 0.05]);
    harness.uplink.close();
  });

  it("is measured again when nothing has passed for a second, and not before", async () => {
    const harness = new Harness();
    for (const pauseMs of [0, exchangePauseMs - 1, exchangePauseMs]) {
      harness.clock.advance(pauseMs);
      harness.forward();
      harness.clock.advance(10);
      await harness.socket.reply();
    }
    assertEquals(harness.responses, [2, 0.02]);
    harness.uplink.close();
  });

  it("is not that of a reply to nothing", async () => {
    const harness = new Harness();
    harness.forward();
    await harness.socket.reply();
    harness.clock.advance(5_000);
    await harness.socket.reply();
    assertEquals(harness.responses, [1, 0]);
    harness.uplink.close();
  });
});

describe("The time to forward a packet to the backend", () => {
  it("is that of the first packet of each batch of a flow", () => {
    const harness = new Harness();
    for (const receivedMs of [4_990, 4_980]) {
      harness.batch.begin(receivedMs);
      harness.forward();
      harness.forward();
    }
    assertEquals(harness.toBackendMs, [10, 20]);
    harness.uplink.close();
  });

  it("lasts until the system has taken the packet, and those before it", async () => {
    const harness = new Harness();
    harness.socket.takesAtOnce = false;
    harness.forward();
    harness.batch.begin(5_000);
    harness.forward();
    harness.clock.advance(7);
    for (let i = 0; i < 2; i++) {
      assertEquals(harness.toBackendMs, []);
      harness.socket.take();
      await Promise.resolve();
    }
    assertEquals(harness.toBackendMs, [7]);
    harness.uplink.close();
  });
});

describe("Replies of the backend", () => {
  it("are forwarded from when they were read", async () => {
    const harness = new Harness();
    harness.batch.begin(5_000);
    harness.forward();
    harness.clock.advance(40);
    await harness.socket.reply();
    assertEquals(harness.repliesReceivedMs, [5_040]);
    harness.uplink.close();
  });
});

describe("The memory of the flows' sockets", () => {
  it("is summed, and keeps the drops of flows that have ended", () => {
    const harness = new Harness();
    harness.forward();
    harness.socket.drops = 3;
    assertEquals(harness.forwarder.sockets.memory(), {
      ...{ queuedBytes: 10, bufferBytes: 100, drops: 3 },
    });
    harness.uplink.close();
    assertEquals(harness.forwarder.sockets.memory(), {
      ...{ queuedBytes: 0, bufferBytes: 0, drops: 3 },
    });
  });
});
