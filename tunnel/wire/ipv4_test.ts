import { assert, assertEquals, assertThrows } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import fc from "fast-check";
import { internetChecksum } from "./checksum.ts";
import { buildIpv4, formatIpv4, isFragment, parseIpv4, parseIpv4Address } from "./ipv4.ts";
import { isWireError } from "./wire_error.ts";

const addresses = fc.nat(0xffffffff);
const header = "45000014000040004011000001020304 05060708".replace(" ", "");

/** The error code for a valid 20-byte packet in which `change` has changed something. */
function codeOf(change: (packet: Uint8Array) => Uint8Array | void): string {
  const packet = Uint8Array.fromHex(header);
  const parsed = parseIpv4(change(packet) ?? packet);
  assert(isWireError(parsed));
  return parsed.code;
}

describe("parseIpv4", () => {
  it("reads what buildIpv4 writes", () => {
    fc.assert(
      fc.property(
        addresses,
        addresses,
        fc.nat(255),
        fc.nat(255),
        fc.nat(0xffff),
        fc.uint8Array(),
        (source, destination, protocol, ttl, identification, payload) => {
          const packet = buildIpv4({ source, destination, protocol, payload, ttl, identification });
          assertEquals(internetChecksum(packet, 0, 20), 0);
          assertEquals(packet.subarray(20), payload);
          assertEquals(parseIpv4(packet), {
            headerLength: 20,
            totalLength: 20 + payload.length,
            protocol,
            source,
            destination,
            fragmentOffset: 0,
            moreFragments: false,
            ttl,
            identification,
          });
        },
      ),
    );
  });

  it("tolerates bytes after the total length and does not count them", () => {
    const padded = Uint8Array.fromHex(header + "ffff");
    const ip = parseIpv4(padded);
    assert(!isWireError(ip));
    assertEquals(ip.totalLength, 20);
  });

  it("reads fragment fields", () => {
    const packet = Uint8Array.fromHex(header);
    const fragments = [[0x2000, 0, true], [0x2003, 24, true], [0x1fff, 65_528, false]] as const;
    for (const [field, offset, more] of fragments) {
      packet[6] = field >> 8;
      packet[7] = field;
      const ip = parseIpv4(packet);
      assert(!isWireError(ip));
      assertEquals([ip.fragmentOffset, ip.moreFragments], [offset, more]);
      assert(isFragment(ip));
    }
  });

  it("refuses impossible lengths and other versions", () => {
    assertEquals(codeOf((packet) => packet.subarray(0, 19)), "truncated");
    assertEquals(codeOf((packet) => void (packet[0] = 0x65)), "bad_version");
    assertEquals(codeOf((packet) => void (packet[0] = 0x44)), "bad_length");
    assertEquals(codeOf((packet) => void (packet[0] = 0x46)), "truncated");
    assertEquals(codeOf((packet) => void (packet[3] = 19)), "bad_length");
    assertEquals(codeOf((packet) => void (packet[3] = 21)), "truncated");
  });
});

describe("buildIpv4", () => {
  it("refuses a payload beyond the total-length field", () => {
    const fields = { source: 1, destination: 2, protocol: 17 };
    assertEquals(buildIpv4({ ...fields, payload: new Uint8Array(65_515) }).length, 65_535);
    assertThrows(() => buildIpv4({ ...fields, payload: new Uint8Array(65_516) }), RangeError);
  });
});

describe("parseIpv4Address", () => {
  it("reads what formatIpv4 writes", () => {
    fc.assert(
      fc.property(addresses, (address) => {
        assertEquals(parseIpv4Address(formatIpv4(address)), address);
      }),
    );
    assertEquals(formatIpv4(0xcb007105), "203.0.113.5");
  });

  it("refuses everything else", () => {
    const others = [
      "",
      "1.2.3",
      "1.2.3.4.5",
      "256.0.0.1",
      "01.2.3.4",
      "1.2.3.4 ",
      "::1",
      "1.2.3.x",
    ];
    for (const text of others) assertEquals(parseIpv4Address(text), undefined, text);
  });
});
