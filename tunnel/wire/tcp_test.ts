import { assert, assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import fc from "fast-check";
import { writeU16 } from "./bytes.ts";
import { internetChecksum } from "./checksum.ts";
import { type Ipv4Header, parseIpv4 } from "./ipv4.ts";
import {
  buildTcpPacket,
  isTcpChecksumValid,
  parseTcp,
  readTcpOptions,
  tcpFlag,
  type TcpSegment,
} from "./tcp.ts";
import { isWireError } from "./wire_error.ts";

const u32 = fc.nat(0xffffffff);
const u16 = fc.nat(0xffff);
const segments: fc.Arbitrary<TcpSegment> = fc.record({
  source: u32,
  sourcePort: u16,
  destination: u32,
  destinationPort: u16,
  sequence: u32,
  acknowledgment: u32,
  flags: fc.nat(255),
  window: u16,
  payload: fc.uint8Array({ maxLength: 60 }),
  options: fc.constantFrom({}, { mss: 1240 }, { mss: 536, windowScale: 7 }),
});

function headerOf(packet: Uint8Array): Ipv4Header {
  const ip = parseIpv4(packet);
  assert(!isWireError(ip));
  return ip;
}

const plain: TcpSegment = {
  source: 1,
  sourcePort: 2,
  destination: 3,
  destinationPort: 4,
  sequence: 5,
  acknowledgment: 6,
  flags: tcpFlag.ack,
  window: 7,
};

describe("parseTcp", () => {
  it("reads what buildTcpPacket writes, with checksums that verify", () => {
    fc.assert(
      fc.property(segments, (segment) => {
        const packet = buildTcpPacket(segment);
        const ip = headerOf(packet);
        const tcp = parseTcp(packet, ip);
        assert(!isWireError(tcp));
        const { sourcePort, destinationPort, sequence, acknowledgment, flags, window } = tcp;
        assertEquals(
          {
            source: ip.source,
            sourcePort,
            destination: ip.destination,
            destinationPort,
            sequence,
            acknowledgment,
            flags,
            window,
            payload: packet.slice(tcp.payloadStart, tcp.payloadEnd),
            options: readTcpOptions(packet, tcp),
          },
          { ...segment },
        );
        assertEquals(internetChecksum(packet, 0, 20), 0);
        assert(isTcpChecksumValid(packet, ip));
      }),
    );
  });

  it("refuses fragments and impossible header lengths", () => {
    const cases: [string, (packet: Uint8Array) => void][] = [
      ["fragment", (packet) => writeU16(packet, 6, 0x2000)],
      ["fragment", (packet) => writeU16(packet, 6, 0x0001)],
      ["bad_length", (packet) => void (packet[32] = 0x40)],
      ["truncated", (packet) => void (packet[32] = 0x60)],
      ["unknown_type", (packet) => void (packet[9] = 17)],
    ];
    for (const [code, change] of cases) {
      const packet = buildTcpPacket(plain);
      change(packet);
      const tcp = parseTcp(packet, headerOf(packet));
      assert(isWireError(tcp));
      assertEquals(tcp.code, code);
    }
  });

  it("does not take bytes after the total length for payload", () => {
    const packet = new Uint8Array([...buildTcpPacket(plain), 1, 2, 3]);
    const ip = headerOf(packet);
    const tcp = parseTcp(packet, ip);
    assert(!isWireError(tcp));
    assertEquals(tcp.payloadEnd - tcp.payloadStart, 0);
    assert(isTcpChecksumValid(packet, ip));
  });
});

describe("isTcpChecksumValid", () => {
  it("notices any changed bit of the segment and of the addresses", () => {
    const packet = buildTcpPacket({ ...plain, payload: Uint8Array.of(1, 2, 3) });
    for (let bit = 12 * 8; bit < packet.length * 8; bit++) {
      packet[bit >> 3]! ^= 1 << (bit & 7);
      assert(!isTcpChecksumValid(packet, headerOf(packet)), `bit ${bit}`);
      packet[bit >> 3]! ^= 1 << (bit & 7);
    }
  });
});
