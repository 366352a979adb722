import { assertEquals, assertStrictEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import fc from "fast-check";
import { quiche } from "./quiche.ts";
import {
  canonicalSocketAddress,
  encodeSockaddr,
  maxSockaddrBytes,
  SockaddrDecoder,
} from "./sockaddr.ts";

/** How the native library, and so Deno, writes an IPv6 address. */
function nativeText(hostname: string): string {
  const remote = { host: hostname, port: 1 };
  const local = { host: "::1", port: 2 };
  const cid = new Uint8Array(20);
  const connection = quiche.Connection.connect(null, cid, local, remote, new quiche.Config());
  return connection.pathStats()[0]!.peerHost.host;
}

function groupsText(groups: readonly number[]): string {
  return groups.map((group) => group.toString(16)).join(":");
}

const port = fc.nat(65_535);
/** Addresses with many zeros, which are written in more than one way. */
const ipv6Groups = fc.array(fc.oneof(fc.constant(0), fc.nat(65_535)), {
  minLength: 8,
  maxLength: 8,
});

describe("encodeSockaddr", () => {
  it("writes Linux' structures", () => {
    assertEquals(
      encodeSockaddr({ hostname: "192.0.2.1", port: 0x1151 }),
      new Uint8Array([2, 0, 0x11, 0x51, 192, 0, 2, 1, 0, 0, 0, 0, 0, 0, 0, 0]),
    );
    const ipv6 = new Uint8Array(maxSockaddrBytes);
    ipv6.set([10, 0, 0x11, 0x51]);
    ipv6.set([0x20, 0x01, 0x0d, 0xb8], 8);
    ipv6[23] = 1;
    assertEquals(encodeSockaddr({ hostname: "2001:db8::1", port: 0x1151 }), ipv6);
  });

  it("takes every textual form of an IPv6 address", () => {
    const expected = encodeSockaddr({ hostname: "2001:db8::1", port: 1 });
    for (const hostname of ["2001:DB8:0:0:0:0:0:1", "2001:0db8::0001", "2001:db8:0::0.0.0.1"]) {
      assertEquals(encodeSockaddr({ hostname, port: 1 }), expected, hostname);
    }
  });

  it("refuses what is no numeric address, or has a zone", () => {
    const hostnames = [
      "localhost",
      "a.b.c.d",
      "1.2.3",
      "1.2.3.4.5",
      "1.2.3.256",
      "1.2.3.-1",
      "1.2.3.",
      "1.2.3.4 ",
      "1.2.3.0x4",
      "",
      ":",
      "2001:db8::1::2",
      "2001:db8::12345",
      "fe80::1%lo",
      "[::1]",
    ];
    for (const hostname of hostnames) {
      assertEquals(encodeSockaddr({ hostname, port: 1 }), undefined, JSON.stringify(hostname));
    }
  });

  it("takes any text for a host name", () => {
    fc.assert(fc.property(fc.string(), (hostname) => {
      const sockaddr = encodeSockaddr({ hostname, port: 1 });
      assertEquals([undefined, 16, maxSockaddrBytes].includes(sockaddr?.length), true);
    }));
  });
});

describe("canonicalSocketAddress", () => {
  it("gives one form to every text of an address", () => {
    const forms = [["2001:DB8:0:0:0:0:0:1", "2001:db8::1"], ["::FFFF:1.2.3.4", "::ffff:1.2.3.4"]];
    for (const [hostname, canonical] of [...forms, ["192.0.2.1", "192.0.2.1"]]) {
      assertEquals(canonicalSocketAddress({ hostname: hostname!, port: 7 }), {
        hostname: canonical!,
        port: 7,
      });
    }
    assertEquals(canonicalSocketAddress({ hostname: "localhost", port: 7 }), undefined);
  });
});

describe("SockaddrDecoder", () => {
  it("reads every IPv4 address that encodeSockaddr writes", () => {
    const decoder = new SockaddrDecoder();
    fc.assert(fc.property(fc.ipV4(), port, (hostname, number) => {
      const address = { hostname, port: number };
      assertEquals(decoder.decode(encodeSockaddr(address)!), address);
    }));
  });

  it("writes IPv6 addresses as the native library does", () => {
    const decoder = new SockaddrDecoder();
    fc.assert(fc.property(ipv6Groups, port, (groups, number) => {
      const hostname = nativeText(groupsText(groups));
      const decoded = decoder.decode(encodeSockaddr({ hostname, port: number })!);
      assertEquals(decoded, { hostname, port: number });
    }));
    for (const hostname of ["::", "::1", "::ffff:192.0.2.1", "::192.0.2.1", "64:ff9b::1"]) {
      const text = nativeText(hostname);
      assertEquals(decoder.decode(encodeSockaddr({ hostname, port: 1 })!).hostname, text);
    }
  });

  it("makes one object for an IPv4 address, and tells ports apart", () => {
    const decoder = new SockaddrDecoder();
    const sockaddr = encodeSockaddr({ hostname: "192.0.2.1", port: 1 })!;
    assertStrictEquals(decoder.decode(sockaddr), decoder.decode(sockaddr.slice()));
    const other = encodeSockaddr({ hostname: "192.0.2.1", port: 2 })!;
    assertEquals(decoder.decode(other).port, 2);
    assertEquals(decoder.decode(sockaddr).port, 1);
  });
});
