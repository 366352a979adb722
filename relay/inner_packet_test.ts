import { describe, it } from "@std/testing/bdd";
import { assert, assertEquals, assertNotEquals } from "@std/assert";
import fc from "fast-check";
import { internetChecksum } from "../tunnel/wire/checksum.ts";
import { buildIcmpEchoRequest } from "../tunnel/wire/icmp.ts";
import { buildIpv4, ipProtocol, parseIpv4, parseIpv4Address } from "../tunnel/wire/ipv4.ts";
import { isWireError } from "../tunnel/wire/wire_error.ts";
import { buildUdpPacket } from "../tunnel/wire/udp.ts";
import {
  destinationAddress,
  flowKey,
  innerProtocol,
  isIpv4,
  replaceDestination,
  replaceSource,
  sourceAddress,
} from "./inner_packet.ts";

const source = parseIpv4Address("100.64.0.1")!;
const destination = parseIpv4Address("10.100.0.1")!;
const seed = 0x1234;

function udp(change: Partial<Parameters<typeof buildUdpPacket>[0]> = {}): Uint8Array {
  const payload = new Uint8Array([1, 2, 3]);
  const ports = { sourcePort: 5000, destinationPort: 53 };
  return buildUdpPacket({ source, destination, ...ports, payload, ...change });
}

describe("flowKey", () => {
  it("is the same for packets with the same protocol, addresses and ports", () => {
    const other = udp({ payload: new Uint8Array(100) });
    assertEquals(flowKey(udp(), seed), flowKey(other, seed));
  });

  const differences = {
    "the source": udp({ source: source + 1 }),
    "the destination": udp({ destination: destination + 1 }),
    "the source port": udp({ sourcePort: 5001 }),
    "the destination port": udp({ destinationPort: 54 }),
    "swapped ports": udp({ sourcePort: 53, destinationPort: 5000 }),
    "the protocol": ((): Uint8Array => {
      const packet = udp();
      packet[9] = ipProtocol.tcp;
      return packet;
    })(),
  };
  for (const [what, packet] of Object.entries(differences)) {
    it(`differs by ${what}`, () => assertNotEquals(flowKey(packet, seed), flowKey(udp(), seed)));
  }

  it("differs by the seed", () => assertNotEquals(flowKey(udp(), 1), flowKey(udp(), 2)));

  it("tells pings apart by their identifier and not by their sequence number", () => {
    const ping = (identifier: number, sequence: number): number =>
      flowKey(
        buildIcmpEchoRequest({
          source,
          destination,
          identifier,
          sequence,
          data: new Uint8Array(8),
        }),
        seed,
      );
    assertEquals(ping(1, 1), ping(1, 2));
    assertNotEquals(ping(1, 1), ping(2, 1));
  });

  it("keeps all fragments of a packet together", () => {
    const first = udp();
    first[6] = 0x20;
    const second = udp({ sourcePort: 1, destinationPort: 2 });
    second[6] = 0;
    second[7] = 100;
    assertEquals(flowKey(first, seed), flowKey(second, seed));
  });

  it("is one flow for everything that is not IPv4", () => {
    const others = [[], [0x60, 1, 2], [0xff], new Array(40).fill(0x60), [0x45, 0, 0]];
    const keys = others.map((bytes) => flowKey(Uint8Array.from(bytes), seed));
    assertEquals(new Set(keys).size, 1);
  });

  it("spreads the flows of one agent over different keys", () => {
    const keys = new Set<number>();
    for (let port = 1024; port < 1024 + 20_000; port++) {
      keys.add(flowKey(udp({ sourcePort: port }), seed));
    }
    assert(keys.size > 19_990, String(keys.size));
  });

  it("is a 32-bit integer for any bytes", () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 80 }), fc.integer(), (bytes, anySeed) => {
      const key = flowKey(bytes, anySeed);
      assertEquals(key, key | 0);
    }));
  });
});

describe("replaceSource and replaceDestination", () => {
  it("correct the checksums", () => {
    const packet = udp();
    replaceSource(packet, source + 7);
    replaceDestination(packet, destination + 9);
    assertEquals(packet, udp({ source: source + 7, destination: destination + 9 }));
  });

  it("change the addresses of packets whose lengths contradict each other too", () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 20, maxLength: 60 }), fc.nat(), (bytes, address) => {
        bytes[0] = 0x40 | (bytes[0]! & 0x0f);
        assert(isIpv4(bytes));
        const before = bytes.slice();
        replaceSource(bytes, address);
        assertEquals(sourceAddress(bytes), address);
        replaceDestination(bytes, address);
        assertEquals(destinationAddress(bytes), address);
        assertEquals(bytes.length, before.length);
        assertEquals(bytes.subarray(0, 10), before.subarray(0, 10));
      }),
    );
  });

  it("change nothing but addresses and checksums", () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 64 }), fc.nat(), (payload, address) => {
      const packet = buildIpv4({ source, destination, protocol: 47, payload });
      replaceSource(packet, address);
      assertEquals(packet, buildIpv4({ source: address, destination, protocol: 47, payload }));
      assertEquals(internetChecksum(packet, 0, 20), 0);
    }));
  });
});

describe("isIpv4", () => {
  it("is true for everything that parses as IPv4, so that nothing escapes translation", () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 64 }), (bytes) => {
      if (bytes.length > 0) bytes[0] = 0x40 | (bytes[0]! & 0x0f);
      if (!isWireError(parseIpv4(bytes))) assert(isIpv4(bytes));
    }));
  });

  it("is false for shorter and for other packets", () => {
    assertEquals(isIpv4(udp().subarray(0, 19)), false);
    assertEquals(isIpv4(new Uint8Array(40).fill(0x60)), false);
    assertEquals(innerProtocol(new Uint8Array(40).fill(0x60)), -1);
    assertEquals(innerProtocol(udp()), ipProtocol.udp);
  });
});
