import { assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import fc from "fast-check";
import { FakeClock } from "../tunnel/fake_clock.ts";
import { silentLogger } from "../tunnel/log.ts";
import { createMetrics } from "../tunnel/metrics.ts";
import type { SendResult } from "../tunnel/quic/connection.ts";
import { buildIcmpEchoRequest } from "../tunnel/wire/icmp.ts";
import { buildIpv4, parseIpv4Address } from "../tunnel/wire/ipv4.ts";
import { buildUdpPacket } from "../tunnel/wire/udp.ts";
import { Backend } from "./backend.ts";
import { type DropReason, dropReasons } from "./drops.ts";
import { type DatagramSocket, nothingReceived } from "./flow_socket.ts";
import { parseTarget } from "./target.ts";
import { connectorLimits } from "./limits.ts";
import { connectorMetrics } from "./metrics.ts";
import { PacketDispatcher } from "./packets.ts";
import type { ServiceProtocol } from "./service_config.ts";
import { Service, type ServiceSession } from "./service.ts";
import { type ConnectorMetrics, ServiceMetrics } from "./service_metrics.ts";
import type { TcpHandler } from "./tcp/tcp_handler.ts";
import { UdpForwarder } from "./udp.ts";

/** A service whose backend's socket keeps what is sent. */
interface Harness {
  readonly session: ServiceSession;
  readonly clock: FakeClock;
  /** Payloads for the backend, as hexadecimal. */
  readonly sent: string[];
  /** Packets for the agent, as hexadecimal. */
  readonly replies: string[];
  readonly metrics: ConnectorMetrics;
  /** What was dropped, by reason. */
  drops(): Partial<Record<DropReason, number>>;
}

function makeService(
  options: {
    serviceAddress?: string;
    protocol?: ServiceProtocol;
    tcp?: TcpHandler;
    icmpPerSecond?: number;
  } = {},
): Harness {
  const clock = new FakeClock();
  const metrics = createMetrics(connectorMetrics);
  const serviceMetrics = new ServiceMetrics(metrics, "echo");
  const sent: string[] = [];
  const replies: string[] = [];
  const socket = (): DatagramSocket => ({
    send(data): Promise<number> {
      sent.push(data.toHex());
      return Promise.resolve(data.length);
    },
    receive: () => new Promise<never>(() => {}),
    sendNow: () => false,
    receiveNow: () => nothingReceived,
    memory: () => undefined,
    close(): void {},
  });
  const target = parseTarget("127.0.0.1:9999") as { host: string; port: number };
  const service = new Service({
    id: "echo",
    backend: new Backend({
      target,
      lookup: () => Promise.resolve([]),
      clock,
      logger: silentLogger,
      observer: serviceMetrics,
      limits: connectorLimits,
    }),
    metrics: serviceMetrics,
    protocol: options.protocol ?? "any",
    udp: new UdpForwarder({ clock, limits: connectorLimits, openSocket: socket }),
    tcp: options.tcp,
    serviceAddress: options.serviceAddress === undefined
      ? undefined
      : parseIpv4Address(options.serviceAddress),
    icmpRepliesPerSecond: options.icmpPerSecond ?? 1000,
    clock,
    logger: silentLogger,
  });
  const session = service.open({
    sendDatagram(data): SendResult {
      replies.push(data.toHex());
      return "queued";
    },
  });
  return {
    session,
    clock,
    sent,
    replies,
    metrics,
    drops(): Partial<Record<DropReason, number>> {
      const counts = (Object.keys(dropReasons) as DropReason[]).map((reason) => {
        const counter = metrics.counter.drops.labels({ service: "echo", reason });
        return [reason, counter.value!] as const;
      });
      return Object.fromEntries(counts.filter(([, count]) => count > 0));
    },
  };
}

const hello = "45000021000040004011b1670a0000647f0000013039270f000d000048656c6c6f";

describe("the connector's packet path", () => {
  const vectors: readonly [id: string, what: string, hex: string, expected: {
    sent?: string;
    reply?: string;
    drop?: DropReason;
  }][] = [
    ["I01", "UDP", hello, { sent: "48656c6c6f" }],
    [
      "I03",
      "UDP length 5",
      "45000021000040004011b1670a0000647f0000013039270f0005000048656c6c6f",
      { drop: "bad_udp" },
    ],
    [
      "I04",
      "UDP length 0",
      "45000021000040004011b1670a0000647f0000013039270f0000000048656c6c6f",
      { drop: "bad_udp" },
    ],
    [
      "I05",
      "UDP length one too many",
      "45000021000040004011b1670a0000647f0000013039270f000e000048656c6c6f",
      { drop: "bad_udp" },
    ],
    [
      "I06",
      "UDP length 10",
      "45000021000040004011b1670a0000647f0000013039270f000a000048656c6c6f",
      { sent: "4865" },
    ],
    [
      "I07",
      "UDP without payload",
      "4500001c000040004011b16c0a0000647f0000013039270f00080000",
      { sent: "" },
    ],
    [
      "I08",
      "IP options",
      "46000022000040004011ae650a0000647f000001010101003039270f000a00004869",
      { sent: "4869" },
    ],
    [
      "I09",
      "IPv6",
      "6000000000083b400000000000000000000000000000000000000000000000000000000000000000",
      { drop: "not_ipv4" },
    ],
    ["I10", "19 bytes", "45000021000040004011b1670a0000647f0000", { drop: "bad_ipv4" }],
    [
      "I11",
      "protocol 47",
      "4500001800004000402f25ef0a0000640a64000100000000",
      { drop: "bad_protocol" },
    ],
    [
      "I12",
      "truncated ICMP",
      "4500002100004000400100000a0000647f00000100000000",
      { drop: "bad_ipv4" },
    ],
    [
      "I13",
      "header of 60 bytes in a packet of 33",
      "4f000021000040004011b1670a0000647f0000013039270f000d000048656c6c6f",
      { drop: "bad_ipv4" },
    ],
    [
      "I14",
      "echo request",
      "450000200000400040016e6cc0a801640a640001080006fa1234000170696e67",
      { reply: "450000200000400040016e6c0a640001c0a8016400000efa1234000170696e67" },
    ],
    [
      "I15",
      "type 8 code 1",
      "450000200000400040016e6cc0a801640a640001080106f91234000170696e67",
      { drop: "not_echo_request" },
    ],
    [
      "I16",
      "echo reply",
      "450000200000400040016e6cc0a801640a64000100000efa1234000170696e67",
      { drop: "not_echo_request" },
    ],
    // What a relay brings for D05, D19, D20 and D21.
    ["D05", "short control message of type 2", "02c0a801643039", { drop: "not_ipv4" }],
    ["D19", "nothing", "", { drop: "empty" }],
    ["D20", "one byte", "ff", { drop: "not_ipv4" }],
    ["D21", "unknown type", "ff0474657374", { drop: "not_ipv4" }],
    // Faults LC17 and more.
    [
      "",
      "header length below 5 words",
      "4400002100004000401100000a0000647f0000013039270f000d000048656c6c6f",
      { drop: "bad_ipv4" },
    ],
    [
      "",
      "wrong header checksum",
      "45000021000040004011b1680a0000647f0000013039270f000d000048656c6c6f",
      { drop: "bad_checksum" },
    ],
    [
      "",
      "wrong ICMP checksum",
      "450000200000400040016e6cc0a801640a640001080006fb1234000170696e67",
      { drop: "bad_checksum" },
    ],
    [
      "",
      "wrong UDP checksum",
      "45000021000040004011b1670a0000647f0000013039270f000d000148656c6c6f",
      { drop: "bad_checksum" },
    ],
    [
      "",
      "first fragment",
      "45000021000020004011d1670a0000647f0000013039270f000d000048656c6c6f",
      { drop: "fragment" },
    ],
    [
      "",
      "last fragment",
      "45000021000000104011f1570a0000647f0000013039270f000d000048656c6c6f",
      { drop: "fragment" },
    ],
    ["", "UDP followed by noise", `${hello}ffffff`, { sent: "48656c6c6f" }],
    [
      "",
      "TCP",
      "450000280000400040066e5fc0a801640a640001d4310050000003e8000000005002ffff0b080000",
      { drop: "tcp_not_supported" },
    ],
  ];
  for (const [id, what, hex, expected] of vectors) {
    const promise = expected.drop ?? (expected.sent !== undefined ? "forwarded" : "answered");
    it(`${id === "" ? "" : `${id}: `}${what} is ${promise}`, () => {
      const harness = makeService();
      harness.session.handle(Uint8Array.fromHex(hex));
      assertEquals(harness.sent, expected.sent === undefined ? [] : [expected.sent]);
      assertEquals(harness.replies, expected.reply === undefined ? [] : [expected.reply]);
      assertEquals(harness.drops(), expected.drop === undefined ? {} : { [expected.drop]: 1 });
    });
  }

  it("counts a UDP payload as the reference does", async () => {
    const harness = makeService();
    harness.session.handle(Uint8Array.fromHex(hello));
    await Promise.resolve();
    assertEquals(harness.metrics.counter.forwardedPackets.value, 1);
    assertEquals(harness.metrics.counter.forwardedBytes.value, 5);
  });

  const payload = new Uint8Array(4);
  const ports = { sourcePort: 1, destinationPort: 2 };
  for (const source of ["0.0.0.0", "0.1.2.3", "224.0.0.1", "240.0.0.1", "255.255.255.255"]) {
    it(`drops a packet that claims to come from ${source}`, () => {
      const harness = makeService();
      const addresses = { source: parseIpv4Address(source)!, destination: 0x0a64_0001 };
      harness.session.handle(buildUdpPacket({ ...addresses, ...ports, payload }));
      assertEquals(harness.drops(), { bad_source: 1 });
    });
  }

  it("with a service address serves no other, whatever the protocol (faults LC16, LC34)", () => {
    const harness = makeService({ serviceAddress: "10.100.0.1" });
    for (const last of [1, 2]) {
      const addresses = { source: 0x0a00_0001, destination: 0x0a64_0000 + last };
      harness.session.handle(buildUdpPacket({ ...addresses, ...ports, payload }));
      harness.session.handle(
        buildIcmpEchoRequest({ ...addresses, identifier: 1, sequence: 1, data: payload }),
      );
      harness.session.handle(buildIpv4({ ...addresses, protocol: 6, payload }));
    }
    assertEquals([harness.sent.length, harness.replies.length], [1, 1]);
    assertEquals(harness.drops(), { wrong_destination: 3, tcp_not_supported: 1 });
  });

  it("forwards the configured protocol only, and answers pings all the same (fault LC5)", () => {
    for (const protocol of ["udp", "tcp"] as const) {
      const harness = makeService({
        protocol,
        tcp: {
          attach: () => ({ flows: 0, forward: () => undefined, close: (): void => {} }),
        },
      });
      const addresses = { source: 0x0a00_0001, destination: 0x0a64_0001 };
      harness.session.handle(buildUdpPacket({ ...addresses, ...ports, payload }));
      harness.session.handle(buildIpv4({ ...addresses, protocol: 6, payload }));
      harness.session.handle(
        buildIcmpEchoRequest({ ...addresses, identifier: 1, sequence: 1, data: payload }),
      );
      assertEquals(harness.sent.length, protocol === "udp" ? 1 : 0);
      assertEquals(harness.replies.length, 1);
      assertEquals(harness.drops(), { protocol_not_served: 1 });
    }
  });

  it("answers pings up to its rate and counts the rest (fault LC16)", () => {
    const harness = makeService({ icmpPerSecond: 10 });
    const ping = buildIcmpEchoRequest({
      source: 0x0a00_0001,
      destination: 0x0a64_0001,
      identifier: 1,
      sequence: 1,
      data: payload,
    });
    for (let i = 0; i < 30; i++) harness.session.handle(ping);
    assertEquals([harness.replies.length, harness.drops().icmp_rate], [10, 20]);
    harness.clock.advance(500);
    for (let i = 0; i < 30; i++) harness.session.handle(ping);
    assertEquals(harness.replies.length, 15);
    const labels = { service: "echo", protocol: "icmp", direction: "to_agent" };
    assertEquals(harness.metrics.counter.packets.labels(labels).value, 15);
    assertEquals(harness.metrics.counter.payloadBytes.labels(labels).value, 60);
  });

  it("hands TCP to a forwarder when there is one, and ends it with the session", () => {
    const calls: string[] = [];
    const harness = makeService({
      tcp: {
        attach: () => ({
          flows: 7,
          forward(packet, ip): DropReason | undefined {
            calls.push(`${packet.length} bytes of protocol ${ip.protocol}`);
            return undefined;
          },
          close: () => void calls.push("close"),
        }),
      },
    });
    const tcp = buildIpv4({ source: 0x0a00_0001, destination: 0x0a64_0001, protocol: 6, payload });
    harness.session.handle(tcp);
    harness.session.handle(Uint8Array.fromHex(hello));
    assertEquals(harness.session.flows, 8);
    harness.session.close();
    assertEquals(calls, ["24 bytes of protocol 6", "close"]);
    assertEquals(harness.drops(), {});
  });

  it("takes or drops any bytes, once, and never throws", async () => {
    const harness = makeService();
    let handled = 0;
    const damaged = fc.tuple(fc.constantFrom(...vectors), fc.nat(), fc.nat(255)).map(
      ([[, , hex], at, value]) => {
        const data = Uint8Array.fromHex(hex);
        if (data.length > 0) data[at % data.length] = value;
        return data;
      },
    );
    await fc.assert(
      fc.asyncProperty(fc.oneof(fc.uint8Array({ maxLength: 100 }), damaged), async (data) => {
        harness.session.handle(data);
        handled += 1;
        await Promise.resolve(); // the socket takes one at a time
        const dropped = Object.values(harness.drops()).reduce((sum, count) => sum + count, 0);
        const taken = harness.sent.length + harness.replies.length;
        return dropped + taken === handled;
      }),
      { numRuns: 500 },
    );
  });
});

describe("PacketDispatcher", () => {
  it("counts a fault of its own as such and goes on", () => {
    const dropped: DropReason[] = [];
    const dispatcher = new PacketDispatcher({
      udp: () => {
        throw new Error("a bug");
      },
      icmp: () => undefined,
      tcp: () => undefined,
      serviceAddress: undefined,
      drops: { drop: (reason) => void dropped.push(reason) },
      logger: silentLogger,
    });
    dispatcher.handle(Uint8Array.fromHex(hello));
    dispatcher.handle(Uint8Array.fromHex(hello));
    assertEquals(dropped, ["internal", "internal"]);
  });
});
