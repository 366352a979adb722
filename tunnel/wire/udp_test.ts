import { assert, assertEquals, assertThrows } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import fc from "fast-check";
import { writeU16 } from "./bytes.ts";
import { internetChecksum, pseudoHeaderSum } from "./checksum.ts";
import { parseIpv4 } from "./ipv4.ts";
import { buildUdpPacket, maxUdpPayloadLength, parseUdp, type UdpHeader } from "./udp.ts";
import { isWireError, type WireError } from "./wire_error.ts";

const ports = fc.nat(0xffff);
const datagrams = fc.record({
  source: fc.nat(0xffffffff),
  sourcePort: ports,
  destination: fc.nat(0xffffffff),
  destinationPort: ports,
  payload: fc.uint8Array({ maxLength: 100 }),
});

function parse(packet: Uint8Array): UdpHeader | WireError {
  const ip = parseIpv4(packet);
  assert(!isWireError(ip));
  return parseUdp(packet, ip);
}

describe("parseUdp", () => {
  it("reads what buildUdpPacket writes", () => {
    fc.assert(
      fc.property(datagrams, fc.boolean(), (datagram, checksum) => {
        const packet = buildUdpPacket({ ...datagram, checksum });
        const udp = parse(packet);
        assert(!isWireError(udp));
        assertEquals(udp.sourcePort, datagram.sourcePort);
        assertEquals(udp.destinationPort, datagram.destinationPort);
        assertEquals(packet.slice(udp.payloadStart, udp.payloadEnd), datagram.payload);
        assertEquals(udp.checksum !== 0, checksum);
      }),
    );
  });

  it("refuses fragments, whose payload is not all there", () => {
    const packet = buildUdpPacket({
      source: 1,
      sourcePort: 2,
      destination: 3,
      destinationPort: 4,
      payload: new Uint8Array(8),
    });
    for (const field of [0x2000, 0x0001, 0x2001]) {
      writeU16(packet, 6, field);
      const udp = parse(packet);
      assert(isWireError(udp));
      assertEquals(udp.code, "fragment");
    }
  });
});

describe("buildUdpPacket", () => {
  it("writes checksums that verify", () => {
    fc.assert(
      fc.property(datagrams, (datagram) => {
        const packet = buildUdpPacket(datagram);
        const length = packet.length - 20;
        const pseudo = pseudoHeaderSum(datagram.source, datagram.destination, 17, length);
        assertEquals(internetChecksum(packet, 20, packet.length, pseudo), 0);
        assertEquals(internetChecksum(packet, 0, 20), 0);
      }),
    );
  });

  it("builds the same packet in a buffer that was used before", () => {
    fc.assert(
      fc.property(datagrams, fc.boolean(), (datagram, checksum) => {
        const target = new Uint8Array(200).fill(0xee);
        const packet = buildUdpPacket({ ...datagram, checksum, target });
        assertEquals(packet.slice(), buildUdpPacket({ ...datagram, checksum }));
        assertEquals(packet.buffer, target.buffer);
        assert(target.subarray(packet.length).every((byte) => byte === 0xee));
        const small = target.subarray(0, packet.length - 1);
        assertThrows(() => buildUdpPacket({ ...datagram, target: small }), RangeError);
      }),
    );
  });

  it("writes a checksum of 0 as 0xffff, as 0 means none", () => {
    // The sum over everything else is 0xffff when the payload is its one's complement.
    const fields = { source: 0, sourcePort: 0, destination: 0, destinationPort: 0 };
    const without = buildUdpPacket({ ...fields, payload: new Uint8Array(2) });
    const payload = without.slice(26, 28);
    assertEquals(buildUdpPacket({ ...fields, payload }).slice(26, 28), Uint8Array.of(0xff, 0xff));
  });

  it("takes the largest payload and no more", () => {
    const fields = { source: 1, sourcePort: 2, destination: 3, destinationPort: 4 };
    const largest = buildUdpPacket({ ...fields, payload: new Uint8Array(maxUdpPayloadLength) });
    assert(!isWireError(parse(largest)));
    const payload = new Uint8Array(maxUdpPayloadLength + 1);
    assertThrows(() => buildUdpPacket({ ...fields, payload }), RangeError);
  });
});
