import { assert, assertEquals, assertNotEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { systemClock } from "../tunnel/clock.ts";
import { FakeClock } from "../tunnel/fake_clock.ts";
import { silentLogger } from "../tunnel/log.ts";
import { createMetrics } from "../tunnel/metrics.ts";
import type { SendResult } from "../tunnel/quic/connection.ts";
import { formatIpv4, parseIpv4, parseIpv4Address } from "../tunnel/wire/ipv4.ts";
import { buildUdpPacket, parseUdp } from "../tunnel/wire/udp.ts";
import { isWireError } from "../tunnel/wire/wire_error.ts";
import { Backend, type BackendAddress } from "./backend.ts";
import type { DropReason } from "./drops.ts";
import { connectorLimits } from "./limits.ts";
import { connectorMetrics } from "./metrics.ts";
import { type ConnectorMetrics, ServiceMetrics } from "./service_metrics.ts";
import { waitFor } from "../tests/support/wait.ts";
import { TestBackend } from "./test_backend.ts";
import { type DatagramSocket, FlowSocket, nothingReceived } from "./flow_socket.ts";
import { UdpForwarder, type UdpForwarderOptions, UdpUplink } from "./udp.ts";

const text = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);
const bytes = (value: string): Uint8Array => new TextEncoder().encode(value);

/** An agent's packet as text says it: `10.0.0.1:1000 > 10.100.0.1:53`. */
function packet(route: string, payload: Uint8Array | string, checksum = true): Uint8Array {
  const match = /^(\S+):(\d+) > (\S+):(\d+)$/.exec(route)!;
  return buildUdpPacket({
    source: parseIpv4Address(match[1]!)!,
    sourcePort: Number(match[2]),
    destination: parseIpv4Address(match[3]!)!,
    destinationPort: Number(match[4]),
    payload: typeof payload === "string" ? bytes(payload) : payload,
    checksum,
  });
}

/** A packet as text: `10.100.0.1:53 > 10.0.0.1:1000 hello`. */
function describePacket(data: Uint8Array): string {
  const ip = parseIpv4(data);
  assert(!isWireError(ip));
  const udp = parseUdp(data, ip);
  assert(!isWireError(udp));
  const payload = text(data.subarray(udp.payloadStart, udp.payloadEnd));
  return `${formatIpv4(ip.source)}:${udp.sourcePort} > ` +
    `${formatIpv4(ip.destination)}:${udp.destinationPort} ${payload}`;
}

interface Options extends Partial<UdpForwarderOptions> {
  readonly host?: string;
  readonly port?: number;
}

class Harness implements Disposable {
  readonly replies: Uint8Array[] = [];
  sendResult: SendResult = "queued";
  readonly metrics: ConnectorMetrics = createMetrics(connectorMetrics);
  readonly forwarder: UdpForwarder;
  readonly backend: Backend;
  readonly #service = new ServiceMetrics(this.metrics, "web");
  readonly #uplinks: UdpUplink[] = [];
  readonly uplink: UdpUplink;

  constructor({ host = "127.0.0.1", port = 9, ...options }: Options = {}) {
    const { clock = systemClock } = options;
    this.forwarder = new UdpForwarder({ limits: connectorLimits, ...options, clock });
    this.backend = new Backend({
      target: { host, port },
      lookup: () => Promise.resolve([]),
      clock,
      logger: silentLogger,
      observer: this.#service,
      limits: connectorLimits,
    });
    this.uplink = this.attach();
  }

  /** Another relay connection of the same service. */
  attach(replies: Uint8Array[] = this.replies): UdpUplink {
    const uplink = this.forwarder.attach({
      backend: this.backend,
      metrics: this.#service,
      logger: silentLogger,
      replies: {
        sendDatagram: (data) => {
          if (this.sendResult === "queued") replies.push(data.slice());
          return this.sendResult;
        },
      },
    });
    this.#uplinks.push(uplink);
    return uplink;
  }

  forward(data: Uint8Array, uplink = this.uplink): DropReason | undefined {
    const ip = parseIpv4(data);
    assert(!isWireError(ip));
    return uplink.forward(data, ip);
  }

  drops(reason: DropReason): number {
    return this.metrics.counter.drops.labels({ service: "web", reason }).value!;
  }

  errors(kind: string): number {
    return this.metrics.counter.backendErrors.labels({ service: "web", kind }).value!;
  }

  ended(reason: string): number {
    return this.metrics.counter.udpFlowsEnded.labels({ service: "web", reason }).value!;
  }

  get gauge(): number {
    return this.metrics.gauge.udpFlows.labels({ service: "web" }).value!;
  }

  [Symbol.dispose](): void {
    for (const uplink of this.#uplinks) uplink.close();
  }
}

/** A socket that does what a test wants. */
class FakeSocket implements DatagramSocket {
  closed = false;
  readonly sent: Uint8Array[] = [];
  readonly #closing = Promise.withResolvers<never>();
  constructor(readonly onSend: () => Promise<number>) {
    this.#closing.promise.catch(() => {});
  }
  send(data: Uint8Array): Promise<number> {
    this.sent.push(data);
    return this.onSend();
  }
  receive(): Promise<never> {
    return this.#closing.promise;
  }
  sendNow(): boolean {
    return false;
  }
  receiveNow(): number {
    return nothingReceived;
  }
  memory(): undefined {}
  close(): void {
    this.closed = true;
    this.#closing.reject(new Deno.errors.Interrupted());
  }
}

function systemError(code: string): Error {
  return Object.assign(new Error(code), { code });
}

/** How packets reach the system; other platforms than Linux know the second way only. */
const ways = [["by system calls", true], ["through Deno", false]] as const;

for (const [way, useSystemCalls] of ways) {
  describe(`UDP forwarding ${way}`, () => {
    const openSocket = (to: BackendAddress): DatagramSocket => new FlowSocket(to, useSystemCalls);

    it("brings a payload to the backend and its answer back from the virtual address", async () => {
      using backend = new TestBackend();
      using harness = new Harness({ openSocket, port: backend.address.port });
      assertEquals(harness.forward(packet("10.0.0.1:1000 > 10.100.0.1:53", "hello")), undefined);
      await waitFor(() => harness.replies.length === 1, "the reply");
      assertEquals(backend.received.map(({ data }) => text(data)), ["hello"]);
      assertEquals(describePacket(harness.replies[0]!), "10.100.0.1:53 > 10.0.0.1:1000 hello");
      // Exactly what the codec would build, so the checksums are right (vector I02, fault LC3).
      assertEquals(harness.replies[0], packet("10.100.0.1:53 > 10.0.0.1:1000", "hello"));
      assertEquals(harness.metrics.counter.forwardedPackets.value, 1);
      assertEquals(harness.metrics.counter.forwardedBytes.value, 5);
      const labels = { service: "web", protocol: "udp", direction: "to_agent" };
      assertEquals(harness.metrics.counter.packets.labels(labels).value, 1);
      assertEquals(harness.metrics.counter.payloadBytes.labels(labels).value, 5);
    });

    it("gives each flow its own reply, whichever answers first (faults LC1, LC2)", async () => {
      using backend = new TestBackend();
      backend.answer = () => undefined;
      using harness = new Harness({ openSocket, port: backend.address.port });
      const routes = [
        "10.0.0.1:1000 > 10.100.0.1:53",
        "10.0.0.1:1001 > 10.100.0.1:53",
        "10.0.0.2:1000 > 10.100.0.1:53",
        "10.0.0.1:1000 > 10.100.0.2:53",
        "10.0.0.1:1000 > 10.100.0.1:54",
      ];
      for (const route of routes) harness.forward(packet(route, route));
      await waitFor(() => backend.received.length === 5, "five datagrams");
      assertEquals(new Set(backend.received.map(({ from }) => from.port)).size, 5);
      for (const { data, from } of backend.received.toReversed()) await backend.send(data, from);
      await waitFor(() => harness.replies.length === 5, "five replies");
      const answered = harness.replies.map((reply) => {
        const [from, to, route] = /^(\S+) > (\S+) (.*)$/.exec(describePacket(reply))!.slice(1);
        assertEquals(route, `${to} > ${from}`);
        return route!;
      });
      assertEquals(answered.toSorted(), routes.toSorted());
    });

    it("keeps one socket for a flow's packets", async () => {
      using backend = new TestBackend();
      using harness = new Harness({ openSocket, port: backend.address.port });
      for (let i = 0; i < 10; i++) harness.forward(packet("10.0.0.1:1000 > 10.100.0.1:53", `${i}`));
      await waitFor(() => harness.replies.length === 10, "ten replies");
      assertEquals(new Set(backend.received.map(({ from }) => from.port)).size, 1);
      assertEquals(backend.received.map(({ data }) => text(data)).join(""), "0123456789");
      assertEquals([harness.forwarder.flows, harness.uplink.flows, harness.gauge], [1, 1, 1]);
    });

    it("never mixes two relay connections, which may give one address to two agents", async () => {
      using backend = new TestBackend();
      using harness = new Harness({ openSocket, port: backend.address.port });
      const others: Uint8Array[] = [];
      const other = harness.attach(others);
      harness.forward(packet("100.64.0.1:1000 > 10.100.0.1:53", "mine"));
      harness.forward(packet("100.64.0.1:1000 > 10.100.0.1:53", "yours"), other);
      await waitFor(() => harness.replies.length + others.length === 2, "two replies");
      assertEquals(harness.replies.map(describePacket), [
        "10.100.0.1:53 > 100.64.0.1:1000 mine",
      ]);
      assertEquals(others.map(describePacket), ["10.100.0.1:53 > 100.64.0.1:1000 yours"]);
    });

    it("reaches an IPv6 backend (fault LC37)", async () => {
      using backend = new TestBackend("::1");
      using harness = new Harness({ openSocket, host: "::1", port: backend.address.port });
      harness.forward(packet("10.0.0.1:1000 > 10.100.0.1:53", "six"));
      await waitFor(() => harness.replies.length === 1, "the reply");
      assertEquals(describePacket(harness.replies[0]!), "10.100.0.1:53 > 10.0.0.1:1000 six");
    });

    it("carries empty datagrams both ways", async () => {
      using backend = new TestBackend();
      using harness = new Harness({ openSocket, port: backend.address.port });
      assertEquals(harness.forward(packet("10.0.0.1:1000 > 10.100.0.1:53", "")), undefined);
      await waitFor(() => harness.replies.length === 1, "the reply");
      assertEquals(backend.received[0]?.data.length, 0);
      assertEquals(harness.replies[0]?.length, 28);
    });

    it("drops a packet whose UDP checksum is wrong, and takes one without (fault LC17)", async () => {
      using backend = new TestBackend();
      using harness = new Harness({ openSocket, port: backend.address.port });
      const damaged = packet("10.0.0.1:1000 > 10.100.0.1:53", "hello");
      damaged[30]! ^= 1;
      assertEquals(harness.forward(damaged), "bad_checksum");
      assertEquals(harness.forwarder.flows, 0);
      const plain = packet("10.0.0.1:1000 > 10.100.0.1:53", "plain", false);
      assertEquals(harness.forward(plain), undefined);
      await waitFor(() => backend.received.length === 1, "the datagram");
    });

    it("copies what it sends, as the packet's buffer is used again at once", async () => {
      using backend = new TestBackend();
      using harness = new Harness({ openSocket, port: backend.address.port });
      for (let i = 0; i < 32; i++) {
        const data = packet("10.0.0.1:1000 > 10.100.0.1:53", `packet ${i}`);
        harness.forward(data);
        data.fill(0xff);
      }
      await waitFor(() => backend.received.length === 32, "all datagrams");
      assertEquals(
        backend.received.map(({ data }) => text(data)),
        Array.from({ length: 32 }, (_, i) => `packet ${i}`),
      );
    });
  });

  describe(`UDP replies ${way}`, () => {
    const openSocket = (to: BackendAddress): DatagramSocket => new FlowSocket(to, useSystemCalls);

    it("come from the backend's address and port only (fault LC4)", async () => {
      using backend = new TestBackend();
      backend.answer = () => undefined;
      using samePort = Deno.build.os === "linux" ? new TestBackend("127.0.0.2") : new TestBackend();
      using sameHost = new TestBackend();
      using harness = new Harness({ openSocket, port: backend.address.port });
      harness.forward(packet("10.0.0.1:1000 > 10.100.0.1:53", "question"));
      await waitFor(() => backend.received.length === 1, "the datagram");
      const { from } = backend.received[0]!;
      await sameHost.send(bytes("injected by another port"), from);
      await samePort.send(bytes("injected by another address"), from);
      await waitFor(() => harness.drops("reply_foreign") === 2, "two drops");
      await backend.send(bytes("answer"), from);
      await waitFor(() => harness.replies.length === 1, "the reply");
      assertEquals(describePacket(harness.replies[0]!), "10.100.0.1:53 > 10.0.0.1:1000 answer");
    });

    it("that are foreign don't keep a flow open", async () => {
      using backend = new TestBackend();
      backend.answer = () => undefined;
      using stranger = new TestBackend();
      const clock = new FakeClock();
      using harness = new Harness({ openSocket, port: backend.address.port, clock });
      harness.forward(packet("10.0.0.1:1000 > 10.100.0.1:53", "question"));
      await waitFor(() => backend.received.length === 1, "the datagram");
      clock.advance(40_000);
      await stranger.send(bytes("still there?"), backend.received[0]!.from);
      await waitFor(() => harness.drops("reply_foreign") === 1, "the drop");
      clock.advance(21_000);
      assertEquals(harness.ended("idle"), 1);
    });

    it("fill a packet of 1,306 bytes and no more", async () => {
      using backend = new TestBackend();
      backend.answer = (data) => new Uint8Array(Number(text(data)));
      using harness = new Harness({ openSocket, port: backend.address.port });
      for (const size of ["1279", "9000", "1278"]) {
        harness.forward(packet("10.0.0.1:1000 > 10.100.0.1:53", size));
      }
      await waitFor(() => harness.replies.length === 1, "the reply that fits");
      assertEquals(harness.replies[0]?.length, 1306);
      assertEquals(harness.drops("reply_too_long"), 2);
    });

    for (
      const [result, reason] of [
        ["queue_full", "reply_queue_full"],
        ["too_long", "reply_too_long"],
        ["closed", "reply_uplink_closed"],
      ] as const
    ) {
      it(`are counted when the connection says ${result}`, async () => {
        using backend = new TestBackend();
        using harness = new Harness({ openSocket, port: backend.address.port });
        harness.sendResult = result;
        harness.forward(packet("10.0.0.1:1000 > 10.100.0.1:53", "hello"));
        await waitFor(() => harness.drops(reason) === 1, "the drop");
        assertEquals(harness.replies.length, 0);
      });
    }
  });
}

describe("UDP flows", () => {
  it("end when idle for a minute, and the next packet gets a new socket", async () => {
    using backend = new TestBackend();
    const clock = new FakeClock();
    using harness = new Harness({ port: backend.address.port, clock });
    const data = packet("10.0.0.1:1000 > 10.100.0.1:53", "hello");
    harness.forward(data);
    await waitFor(() => harness.replies.length === 1, "the first reply");
    clock.advance(61_000);
    assertEquals([harness.forwarder.flows, harness.gauge, harness.ended("idle")], [0, 0, 1]);
    harness.forward(data);
    await waitFor(() => harness.replies.length === 2, "the second reply");
    assertNotEquals(backend.received[0]!.from.port, backend.received[1]!.from.port);
  });

  it("stay while the backend keeps sending", async () => {
    using backend = new TestBackend();
    const clock = new FakeClock();
    using harness = new Harness({ port: backend.address.port, clock });
    harness.forward(packet("10.0.0.1:1000 > 10.100.0.1:53", "subscribe"));
    await waitFor(() => harness.replies.length === 1, "the first reply");
    for (let count = 2; count <= 5; count++) {
      clock.advance(40_000);
      await backend.send(bytes("news"), backend.received[0]!.from);
      await waitFor(() => harness.replies.length === count, `reply ${count}`);
    }
    assertEquals(harness.forwarder.flows, 1);
  });

  it("end with their relay connection, and only those", async () => {
    using backend = new TestBackend();
    using harness = new Harness({ port: backend.address.port });
    const staying = harness.attach();
    harness.forward(packet("10.0.0.1:1000 > 10.100.0.1:53", "ends"));
    harness.forward(packet("10.0.0.1:1000 > 10.100.0.1:53", "stays"), staying);
    await waitFor(() => harness.replies.length === 2, "both replies");
    harness.uplink.close();
    assertEquals([harness.uplink.flows, staying.flows, harness.gauge], [0, 1, 1]);
    assertEquals(harness.ended("uplink_closed"), 1);
  });

  it("are limited, and make room oldest first", async () => {
    using backend = new TestBackend();
    const limits = { ...connectorLimits, udpFlows: 8 };
    using harness = new Harness({ port: backend.address.port, limits });
    for (let port = 1; port <= 20; port++) {
      harness.forward(packet(`10.0.0.${port}:1000 > 10.100.0.1:53`, `${port}`));
    }
    assertEquals([harness.forwarder.flows, harness.gauge, harness.ended("evicted")], [8, 8, 12]);
    await waitFor(() => harness.replies.length >= 8, "the replies of those that stayed");
    const last = harness.replies.map(describePacket).slice(-8);
    assertEquals(last.includes("10.100.0.1:53 > 10.0.0.20:1000 20"), true);
  });

  it("come by the thousand, each with its own answer", async () => {
    using backend = new TestBackend();
    using harness = new Harness({ port: backend.address.port });
    const count = 2000;
    for (let flow = 0; flow < count; flow++) {
      const source = `10.0.${flow >> 8}.${flow & 255}:${1000 + flow}`;
      assertEquals(harness.forward(packet(`${source} > 10.100.0.1:53`, `${flow}`)), undefined);
      // No more at once than a socket's default receive buffer holds.
      if (flow % 50 === 49) {
        await waitFor(() => harness.replies.length === flow + 1, `${flow + 1} replies`);
      }
    }
    assertEquals(harness.gauge, count);
    for (const reply of harness.replies) {
      const [, port, payload] = /:(\d+) (\d+)$/.exec(describePacket(reply))!;
      assertEquals(Number(port), 1000 + Number(payload));
    }
    harness.uplink.close();
    assertEquals([harness.gauge, harness.ended("uplink_closed")], [0, count]);
  });

  it("aren't opened while the backend's name has no address", () => {
    using harness = new Harness({ host: "db.internal" });
    const data = packet("10.0.0.1:1000 > 10.100.0.1:53", "hello");
    assertEquals(harness.forward(data), "backend_unresolved");
    assertEquals(harness.forwarder.flows, 0);
  });
});

describe("UDP packets that the system takes slowly", () => {
  it("wait their turn, however many pass in time", async () => {
    const sent: number[] = [];
    let pending = Promise.withResolvers<number>();
    const socket = new FakeSocket(() => pending.promise);
    using harness = new Harness({ openSocket: () => socket });
    const total = 5000;
    for (let next = 0; sent.length < total;) {
      // Never fewer than a few hundred wait, so the list is never empty in between.
      for (let i = 0; i < 20 && next < total; i++) {
        const number = new Uint8Array([next >> 8, next & 255]);
        const outcome = harness.forward(packet("10.0.0.1:1000 > 10.100.0.1:53", number));
        assertEquals(outcome, undefined, `packet ${next}`);
        next += 1;
      }
      for (let i = 0; i < (next < 400 ? 5 : 20) && sent.length < total; i++) {
        const { resolve } = pending;
        pending = Promise.withResolvers<number>();
        const [high = 0, low = 0] = socket.sent[sent.length]!;
        sent.push(high * 256 + low);
        resolve(2);
        await Promise.resolve();
      }
    }
    assertEquals(sent, Array.from({ length: total }, (_, i) => i));
    assertEquals(harness.forwarder.budget.waiting, 0);
  });
});

describe("UDP errors", () => {
  const data = packet("10.0.0.1:1000 > 10.100.0.1:53", "hello");

  it("that end a flow are counted by kind, and the next packet gets a new socket", async () => {
    const sockets: FakeSocket[] = [];
    using harness = new Harness({
      openSocket: () => {
        const socket = new FakeSocket(() => Promise.reject(systemError("ENETUNREACH")));
        sockets.push(socket);
        return socket;
      },
    });
    assertEquals(harness.forward(data), undefined);
    await waitFor(() => harness.errors("unreachable") === 1, "the error");
    assertEquals([sockets[0]?.closed, harness.forwarder.flows], [true, 0]);
    assertEquals([harness.ended("error"), harness.drops("backend_refused")], [1, 1]);
    harness.forward(data);
    assertEquals(sockets.length, 2);
  });

  it("that concern one packet leave the flow alone", async () => {
    using harness = new Harness({
      openSocket: () => new FakeSocket(() => Promise.reject(systemError("EMSGSIZE"))),
    });
    for (let i = 0; i < 3; i++) harness.forward(data);
    await waitFor(() => harness.errors("too_long") === 3, "the errors");
    assertEquals(harness.forwarder.flows, 1);
  });

  it("of sockets that can't be opened are drops, and end the oldest flow if descriptors lack", () => {
    let code: string | undefined;
    using harness = new Harness({
      openSocket: () => {
        if (code !== undefined) throw systemError(code);
        return new FakeSocket(() => Promise.resolve(0));
      },
    });
    for (let port = 1; port <= 3; port++) {
      harness.forward(packet(`10.0.0.1:${port} > 10.100.0.1:53`, ""));
    }
    code = "EACCES";
    assertEquals(harness.forward(data), "backend_socket");
    assertEquals([harness.errors("denied"), harness.forwarder.flows], [1, 3]);
    code = "EMFILE";
    assertEquals(harness.forward(data), "backend_socket");
    assertEquals([harness.errors("descriptors"), harness.forwarder.flows], [1, 2]);
  });

  it("count the packets that an ended flow still had, too", async () => {
    const sending = Promise.withResolvers<number>();
    using harness = new Harness({ openSocket: () => new FakeSocket(() => sending.promise) });
    for (let i = 0; i < 5; i++) harness.forward(data);
    harness.uplink.close();
    sending.reject(new Deno.errors.Interrupted());
    await waitFor(() => harness.drops("backend_refused") === 5, "five drops");
    assertEquals(harness.errors("other"), 0);
  });

  it("of a system that takes nothing stop at a bound for all flows together, too", () => {
    using harness = new Harness({
      openSocket: () => new FakeSocket(() => new Promise(() => {})),
      limits: { ...connectorLimits, udpWaiting: 10 },
    });
    const outcomes = Array.from({ length: 20 }, (_, i) => {
      const flow = packet(`10.0.0.1:${1 + i % 2} > 10.100.0.1:53`, "");
      return harness.forward(flow);
    });
    assertEquals(outcomes.indexOf("backend_backlog"), 2 + 10);
  });

  it("of a system that takes nothing stop at a bound", () => {
    const socket = new FakeSocket(() => new Promise(() => {}));
    using harness = new Harness({ openSocket: () => socket });
    const outcomes = Array.from({ length: 2000 }, () => harness.forward(data));
    assertEquals(outcomes.indexOf("backend_backlog"), 1 + connectorLimits.udpWaitingPerFlow);
    assertEquals(socket.sent.length, 1);
  });
});
