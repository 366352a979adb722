import { assert, assertEquals, assertThrows } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import fc from "fast-check";
import { decodeRouted } from "../../tunnel/wire/datagram_message.ts";
import { buildIcmpEchoReply, buildIcmpEchoRequest } from "../../tunnel/wire/icmp.ts";
import { parseIpv4 } from "../../tunnel/wire/ipv4.ts";
import { buildUdpPacket, parseUdp } from "../../tunnel/wire/udp.ts";
import { isWireError } from "../../tunnel/wire/wire_error.ts";
import { PayloadCodec } from "./payload.ts";
import { createProbeFlow, type ProbeProtocol } from "./probe_flow.ts";
import { type ProbeReply, type ReplyFault, ReplyReader } from "./reply_reader.ts";
import { RequestWriter } from "./request_writer.ts";

// Fixed, so that no run of the tests meets a checksum that happens to be 0 ("none").
const fixed = {
  sourcePort: 50_000,
  identifier: 0x1234,
  runId: Uint8Array.of(8, 7, 6, 5, 4, 3, 2, 1),
};
const udp = { ...createProbeFlow({ protocol: "udp" }), ...fixed };
const icmp = { ...createProbeFlow({ protocol: "icmp" }), ...fixed };
const flows = { udp, icmp };
const protocols: readonly ProbeProtocol[] = ["udp", "icmp"];

/** What an echo service behind a connector answers. */
function answer(
  request: Uint8Array,
  options: { source?: number; sourcePort?: number; checksum?: boolean } = {},
): Uint8Array {
  const ip = parseIpv4(request);
  assert(!isWireError(ip));
  if (ip.protocol === 1) {
    const reply = buildIcmpEchoReply(request, ip);
    assert(!isWireError(reply));
    return reply;
  }
  const header = parseUdp(request, ip);
  assert(!isWireError(header));
  return buildUdpPacket({
    source: options.source ?? ip.destination,
    sourcePort: options.sourcePort ?? header.destinationPort,
    destination: ip.source,
    destinationPort: header.sourcePort,
    payload: request.subarray(header.payloadStart, header.payloadEnd),
    checksum: options.checksum ?? true,
  });
}

function request(protocol: ProbeProtocol, sequence = 3, payloadBytes = 64): Uint8Array {
  return new RequestWriter(flows[protocol], undefined, payloadBytes).write(sequence, 5).slice();
}

function isReply(value: ProbeReply | ReplyFault): value is ProbeReply {
  return typeof value !== "string";
}

describe("RequestWriter", () => {
  it("writes the UDP packet that the codec builds, whatever it wrote before", () => {
    const writer = new RequestWriter(udp, undefined, 101);
    for (const sequence of [0, 65_536, 1]) {
      const payload = new Uint8Array(101);
      new PayloadCodec(udp.runId).encode(payload, sequence, 5);
      assertEquals(writer.write(sequence, 5), buildUdpPacket({ ...udp, payload }));
    }
  });

  it("writes the ICMP echo request that the codec builds, with 16 bits of the number", () => {
    const writer = new RequestWriter(icmp, undefined, 100);
    for (const sequence of [0, 65_537, 1]) {
      const data = new Uint8Array(100);
      new PayloadCodec(icmp.runId).encode(data, sequence, 5);
      const { source, destination, identifier } = icmp;
      assertEquals(
        writer.write(sequence, 5),
        buildIcmpEchoRequest({
          source,
          destination,
          identifier,
          sequence: sequence & 0xffff,
          data,
        }),
      );
    }
  });

  it("never sends UDP checksum 0, which means that there is none", () => {
    const writer = new RequestWriter(udp, undefined, 36);
    const checksumOf = (packet: Uint8Array): number => packet[26]! << 8 | packet[27]!;
    // About one packet in 65,536 sums up to it; this flow's first one comes soon enough.
    let sequence = 0;
    while (checksumOf(writer.write(sequence, 5)) !== 0xffff && sequence < 2_000_000) sequence += 1;
    const payload = new Uint8Array(36);
    new PayloadCodec(udp.runId).encode(payload, sequence, 5);
    assertEquals(checksumOf(buildUdpPacket({ ...udp, payload })), 0xffff);
    assertEquals(writer.write(sequence, 5), buildUdpPacket({ ...udp, payload }));
  });

  it("puts the packet into the service's wrapper", () => {
    const writer = new RequestWriter(udp, "web-app", 64);
    const routed = decodeRouted(writer.write(1, 5));
    assert(!isWireError(routed));
    assertEquals(routed.serviceId, "web-app");
    assertEquals(routed.packet, request("udp", 1));
    assertEquals([writer.packetBytes, writer.datagramBytes], [92, 101]);
  });

  it("refuses a service ID that has no wire form", () => {
    assertThrows(() => new RequestWriter(udp, "x".repeat(256), 64), RangeError, "255 bytes");
  });
});

describe("ReplyReader", () => {
  for (const protocol of protocols) {
    const reader = new ReplyReader(flows[protocol]);

    it(`reads ${protocol} replies`, () => {
      const reply = reader.read(answer(request(protocol, 70_000)));
      assertEquals(reply, { sequence: 70_000, sentMicroseconds: 5, fromDestination: true });
    });

    it(`takes no ${protocol} reply with a changed byte for intact`, () => {
      fc.assert(fc.property(fc.nat(), fc.integer({ min: 1, max: 255 }), (at, change) => {
        const packet = answer(request(protocol));
        packet[at % packet.length]! ^= change;
        const reply = reader.read(packet);
        assert(!isReply(reply), `byte ${at % packet.length} may be changed unnoticed`);
      }));
    });

    it(`calls a damaged ${protocol} payload corrupted`, () => {
      const packet = answer(request(protocol));
      packet[60]! ^= 1;
      assertEquals(reader.read(packet), "corrupted");
    });

    it(`does not count its own ${protocol} request as a reply`, () => {
      assertEquals(reader.read(request(protocol)), "unexpected");
    });

    it(`does not count another probe's ${protocol} replies`, () => {
      const { runId } = createProbeFlow({ protocol });
      const other = { ...flows[protocol], runId };
      const packet = new RequestWriter(other, undefined, 64).write(1, 5);
      assertEquals(reader.read(answer(packet)), "unexpected");
    });

    it(`reads any bytes without an exception, as ${protocol}`, () => {
      fc.assert(fc.property(fc.uint8Array({ maxLength: 120 }), (bytes) => {
        assertEquals(reader.read(bytes), "unexpected");
      }));
    });
  }

  it("notices a damaged UDP payload without a UDP checksum", () => {
    const packet = answer(request("udp"), { checksum: false });
    const reader = new ReplyReader(udp);
    assert(isReply(reader.read(packet)));
    packet[packet.length - 1]! ^= 1;
    assertEquals(reader.read(packet), "corrupted");
  });

  it("says when a reply comes from another address or port than the request went to", () => {
    const reader = new ReplyReader(udp);
    for (const options of [{ source: 0x7f00_0001 }, { sourcePort: 9999 }]) {
      const reply = reader.read(answer(request("udp"), options));
      assert(isReply(reply));
      assertEquals(reply.fromDestination, false);
    }
  });

  it("takes nothing for its own that goes to another address or port", () => {
    for (const other of [{ ...udp, source: 1 }, { ...udp, sourcePort: udp.sourcePort ^ 1 }]) {
      const packet = new RequestWriter(other, undefined, 64).write(1, 5);
      assertEquals(new ReplyReader(udp).read(answer(packet)), "unexpected");
    }
  });

  it("notices an ICMP reply whose sequence number is not that of its payload", () => {
    const packet = answer(request("icmp", 3));
    packet[27]! = 4;
    // The checksum is made right again, so that only the number is wrong.
    packet[23]! -= 1;
    assertEquals(new ReplyReader(icmp).read(packet), "corrupted");
  });
});
