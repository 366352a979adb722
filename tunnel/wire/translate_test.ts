import { assert, assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import fc from "fast-check";
import { readU16, readU32, writeU16, writeU32 } from "./bytes.ts";
import { internetChecksum, pseudoHeaderSum } from "./checksum.ts";
import { type Ipv4Header, parseIpv4 } from "./ipv4.ts";
import { rewriteDestination, rewriteSource } from "./translate.ts";
import { isWireError } from "./wire_error.ts";

const addresses = fc.oneof(fc.nat(0xffffffff), fc.constantFrom(0, 0xffff, 0xffff0000, 0xffffffff));
const rewrites = [
  { rewrite: rewriteSource, offset: 12, quotedOffset: 16 },
  { rewrite: rewriteDestination, offset: 16, quotedOffset: 12 },
];

/** A packet with IP options as the generator wants, and right checksums unless said otherwise. */
interface Shape {
  options: Uint8Array;
  protocol: number;
  source: number;
  destination: number;
  payload: Uint8Array;
  noUdpChecksum: boolean;
}

const shapes: fc.Arbitrary<Shape> = fc.record({
  options: fc.nat(10).map((words) => new Uint8Array(4 * words).fill(1)),
  // Twice as often as any: the protocols that have checksums over addresses.
  protocol: fc.oneof(fc.constantFrom(1, 6, 17), fc.nat(255)),
  source: addresses,
  destination: addresses,
  payload: fc.uint8Array({ minLength: 24, maxLength: 80 }),
  noUdpChecksum: fc.boolean(),
});

const checksumOffset = new Map([[1, 2], [6, 16], [17, 6]]);

function build(shape: Shape): Uint8Array {
  const headerLength = 20 + shape.options.length;
  const packet = new Uint8Array(headerLength + shape.payload.length);
  packet[0] = 0x40 | (headerLength / 4);
  writeU16(packet, 2, packet.length);
  packet[8] = 64;
  packet[9] = shape.protocol;
  writeU32(packet, 12, shape.source);
  writeU32(packet, 16, shape.destination);
  packet.set(shape.options, 20);
  packet.set(shape.payload, headerLength);
  // A type without a quoted packet; errors have their own tests.
  if (shape.protocol === 1) packet[headerLength] = 8;
  writeU16(packet, 10, internetChecksum(packet, 0, headerLength));
  const at = checksumOffset.get(shape.protocol);
  if (at === undefined) return packet;
  writeU16(packet, headerLength + at, 0);
  if (shape.protocol === 17 && shape.noUdpChecksum) return packet;
  const sum = transportSum(packet, headerOf(packet));
  writeU16(packet, headerLength + at, shape.protocol === 17 && sum === 0 ? 0xffff : sum);
  return packet;
}

function headerOf(packet: Uint8Array): Ipv4Header {
  const ip = parseIpv4(packet);
  assert(!isWireError(ip));
  return ip;
}

function transportSum(packet: Uint8Array, ip: Ipv4Header): number {
  const length = ip.totalLength - ip.headerLength;
  const pseudo = ip.protocol === 1
    ? 0
    : pseudoHeaderSum(ip.source, ip.destination, ip.protocol, length);
  return internetChecksum(packet, ip.headerLength, ip.totalLength, pseudo);
}

function assertChecksums(packet: Uint8Array, udpHasNone = false): void {
  const ip = headerOf(packet);
  assertEquals(internetChecksum(packet, 0, ip.headerLength), 0, "IP header");
  const at = checksumOffset.get(ip.protocol);
  if (at === undefined) return;
  const none = ip.protocol === 17 && readU16(packet, ip.headerLength + at) === 0;
  assertEquals(none, ip.protocol === 17 && udpHasNone, "no UDP checksum");
  if (!none) assertEquals(transportSum(packet, ip), 0, `protocol ${ip.protocol}`);
}

describe("address translation", () => {
  for (const { rewrite, offset } of rewrites) {
    it(`${rewrite.name} keeps all checksums right, and back again changes nothing`, () => {
      fc.assert(
        fc.property(shapes, addresses, (shape, address) => {
          const packet = build(shape);
          const original = packet.slice();
          const ip = headerOf(packet);
          const before = readU32(packet, offset);
          rewrite(packet, ip, address);
          assertEquals(readU32(packet, offset), address);
          assertChecksums(packet, shape.noUdpChecksum);
          rewrite(packet, ip, before);
          assertEquals(packet, original);
        }),
        { numRuns: 1000 },
      );
    });

    it(`${rewrite.name} changes address and checksums only`, () => {
      fc.assert(
        fc.property(shapes, addresses, (shape, address) => {
          const packet = build(shape);
          const original = packet.slice();
          const ip = headerOf(packet);
          rewrite(packet, ip, address);
          const mayChange = new Set([10, 11, offset, offset + 1, offset + 2, offset + 3]);
          const at = ip.protocol === 1 ? undefined : checksumOffset.get(ip.protocol);
          if (at !== undefined) mayChange.add(ip.headerLength + at).add(ip.headerLength + at + 1);
          packet.forEach((byte, i) => assert(byte === original[i] || mayChange.has(i), `${i}`));
        }),
      );
    });

    it(`${rewrite.name} translates fragments so that the reassembled packet is right`, () => {
      fc.assert(
        fc.property(shapes, addresses, fc.nat(), (shape, address, seed) => {
          const whole = build(shape);
          const { headerLength } = headerOf(whole);
          const cut = 8 * (1 + seed % Math.floor((shape.payload.length - 1) / 8));
          const fragments = [[0, cut], [cut, shape.payload.length]].map(([from, to]) => {
            const payload = whole.subarray(headerLength + from!, headerLength + to!);
            const fragment = new Uint8Array([...whole.subarray(0, headerLength), ...payload]);
            writeU16(fragment, 2, fragment.length);
            writeU16(fragment, 6, (from === 0 ? 0x2000 : 0) | (from! / 8));
            writeU16(fragment, 10, 0);
            writeU16(fragment, 10, internetChecksum(fragment, 0, headerLength));
            return fragment;
          });
          for (const fragment of fragments) {
            rewrite(fragment, headerOf(fragment), address);
            assertEquals(internetChecksum(fragment, 0, headerLength), 0);
            assertEquals(readU32(fragment, offset), address);
          }
          const payloads = fragments.flatMap((fragment) => [...fragment.subarray(headerLength)]);
          // A TCP checksum beyond the first fragment cannot be corrected (real ones hold 48 bytes).
          if (shape.protocol === 6 && cut < 24) return;
          rewrite(whole, headerOf(whole), address);
          assertEquals(new Uint8Array(payloads), whole.slice(headerLength));
        }),
      );
    });

    it(`${rewrite.name} leaves alone what a lying length puts beyond the packet`, () => {
      for (const protocol of [1, 6, 17]) {
        for (let length = 0; length < 18; length++) {
          const packet = new Uint8Array(40).fill(0xee);
          packet.set(Uint8Array.fromHex("45000000000000004000"));
          packet[9] = protocol;
          writeU16(packet, 2, 20 + length);
          rewrite(packet, headerOf(packet), 0x01020304);
          assertEquals(packet.slice(20 + length), new Uint8Array(20 - length).fill(0xee));
        }
      }
    });
  }

  it("writes a UDP checksum that becomes 0 as 0xffff", () => {
    // Any address whose translation makes the sum come out as 0 will do: search the low word.
    const packet = build({
      options: new Uint8Array(0),
      protocol: 17,
      source: 0x0a000001,
      destination: 0x0a000002,
      payload: new Uint8Array(24).fill(7),
      noUdpChecksum: false,
    });
    let sawAllOnes = false;
    for (let low = 0; low <= 0xffff; low++) {
      rewriteSource(packet, headerOf(packet), 0x64400000 + low);
      const checksum = readU16(packet, 26);
      assert(checksum !== 0);
      sawAllOnes ||= checksum === 0xffff;
    }
    assert(sawAllOnes);
    assertChecksums(packet);
  });

  it("does not make a corrupted packet look right", () => {
    fc.assert(
      fc.property(shapes, addresses, fc.nat(), (shape, address, seed) => {
        fc.pre(shape.protocol === 6 || shape.protocol === 1);
        const packet = build(shape);
        const ip = headerOf(packet);
        packet[ip.headerLength + 18 + seed % 6]! ^= 0x10;
        const changed = transportSum(packet, ip);
        fc.pre(changed !== 0);
        rewriteSource(packet, ip, address);
        assert(transportSum(packet, headerOf(packet)) !== 0);
      }),
    );
  });
});

describe("address translation of ICMP errors", () => {
  const errors = fc.record({
    type: fc.constantFrom(3, 4, 5, 11, 12),
    outerOptions: fc.nat(3).map((words) => new Uint8Array(4 * words).fill(1)),
    quoted: shapes,
    /** How much of the quoted packet is there, from its IP header on. */
    quotedPayload: fc.constantFrom(0, 6, 8, 16, 18, 24, 1000),
    other: addresses,
    inner: addresses,
  });

  for (const { rewrite, offset, quotedOffset } of rewrites) {
    it(`${rewrite.name} also translates the quoted packet, and back again changes nothing`, () => {
      fc.assert(
        fc.property(errors, addresses, (error, address) => {
          const { other, inner } = error;
          const quotedPacket = build({
            ...error.quoted,
            source: quotedOffset === 12 ? inner : other,
            destination: quotedOffset === 16 ? inner : other,
          });
          // Coming back, an address that was equal before cannot be told from a translated one.
          fc.pre(inner !== address);
          const quotedHeader = 20 + error.quoted.options.length;
          const quote = quotedPacket.slice(0, quotedHeader + error.quotedPayload);
          const packet = build({
            options: error.outerOptions,
            protocol: 1,
            source: offset === 12 ? inner : other,
            destination: offset === 16 ? inner : other,
            payload: new Uint8Array([error.type, 0, 0, 0, 0, 0, 0, 0, ...quote]),
            noUdpChecksum: false,
          });
          const ip = headerOf(packet);
          packet[ip.headerLength] = error.type;
          writeU16(packet, ip.headerLength + 2, 0);
          writeU16(packet, ip.headerLength + 2, transportSum(packet, ip));
          const original = packet.slice();

          rewrite(packet, ip, address);
          assertChecksums(packet);
          // What is quoted is the beginning of the packet that the translation had carried.
          const carried = quotedPacket.slice();
          const rewriteOther = offset === 12 ? rewriteDestination : rewriteSource;
          rewriteOther(carried, headerOf(carried), address);
          const quotedNow = packet.slice(ip.headerLength + 8);
          const hasChecksum = (checksumOffset.get(error.quoted.protocol) ?? 0) + 2 <=
            error.quotedPayload;
          if (hasChecksum) assertEquals(quotedNow, carried.slice(0, quote.length));
          assertEquals(readU32(quotedNow, quotedOffset), address);
          assertEquals(internetChecksum(quotedNow, 0, quotedHeader), 0);

          rewrite(packet, ip, inner);
          assertEquals(packet, original);
        }),
        { numRuns: 1000 },
      );
    });
  }

  it("takes nothing for a transport header in a quoted later fragment", () => {
    const quoted = Uint8Array.fromHex(
      "45000021000000014011f1660a0000647f000001aaaabbbbccccddddeeee",
    );
    const packet = build({
      options: new Uint8Array(0),
      protocol: 1,
      source: 0x7f000001,
      destination: 0x0a000064,
      payload: new Uint8Array([11, 0, 0, 0, 0, 0, 0, 0, ...quoted]),
      noUdpChecksum: false,
    });
    packet[20] = 11;
    writeU16(packet, 22, 0);
    writeU16(packet, 22, transportSum(packet, headerOf(packet)));
    rewriteDestination(packet, headerOf(packet), 0x64400001);
    assertChecksums(packet);
    assertEquals(readU32(packet, 28 + 12), 0x64400001);
    assertEquals(packet.slice(28 + 20), quoted.slice(20));
  });

  it("leaves a quoted packet alone that is about other addresses", () => {
    const quoted = Uint8Array.fromHex("45000021000040004011b1670a0000647f0000013039270f000d0000");
    const payload = new Uint8Array([3, 1, 0, 0, 0, 0, 0, 0, ...quoted]);
    const packet = build({
      options: new Uint8Array(0),
      protocol: 1,
      source: 1,
      destination: 2,
      payload,
      noUdpChecksum: false,
    });
    packet[20] = 3;
    rewriteSource(packet, headerOf(packet), 9);
    rewriteDestination(packet, headerOf(packet), 9);
    assertEquals(packet.slice(28), quoted);
  });
});
