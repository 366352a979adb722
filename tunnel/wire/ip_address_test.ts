import { assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import fc from "fast-check";
import { formatIpv6, parseIpAddress, parseIpv4OrMapped, parseIpv6Address } from "./ip_address.ts";

/** The URL parser's opinion: a normal form, or `undefined` when it is no IPv6 address. */
function byUrl(text: string): string | undefined {
  try {
    return new URL(`http://[${text}]/`).hostname.slice(1, -1);
  } catch {
    return undefined;
  }
}

const groups = fc.array(fc.oneof(fc.constant(0), fc.nat(0xffff)), { minLength: 8, maxLength: 8 });
const fragments = fc.constantFrom(
  "::",
  ":",
  "0",
  "1",
  "ffff",
  "12345",
  "abcd",
  "g",
  "1.2.3.4",
  "%",
);

describe("parseIpv6Address", () => {
  it("agrees with the URL parser on addresses and on nonsense", () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.ipV6(),
          fc.array(fragments, { maxLength: 12 }).map((parts) => parts.join("")),
          fc.array(fragments, { maxLength: 12 }).map((parts) => parts.join(":")),
        ),
        (text) => {
          const parsed = parseIpv6Address(text);
          const expected = byUrl(text);
          assertEquals(parsed === undefined, expected === undefined, text);
          if (parsed !== undefined) assertEquals(byUrl(formatIpv6(parsed)), expected, text);
        },
      ),
      { numRuns: 1000 },
    );
  });

  it("reads what formatIpv6 writes", () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 16, maxLength: 16 }), (address) => {
        assertEquals(parseIpv6Address(formatIpv6(address)), address);
      }),
    );
  });
});

describe("formatIpv6", () => {
  it("writes the URL parser's normal form, except for mapped addresses", () => {
    fc.assert(
      fc.property(groups, (list) => {
        const full = list.map((group) => group.toString(16)).join(":");
        const text = formatIpv6(parseIpv6Address(full)!);
        if (!text.startsWith("::ffff:")) assertEquals(text, byUrl(full));
      }),
    );
    assertEquals(formatIpv6(parseIpv6Address("::FFFF:7f00:1")!), "::ffff:127.0.0.1");
    assertEquals(formatIpv6(parseIpv6Address("2001:db8:0:1:0:0:0:1")!), "2001:db8:0:1::1");
  });
});

describe("parseIpv4OrMapped", () => {
  it("reads IPv4 in all its forms and nothing else", () => {
    for (
      const text of ["127.0.0.1", "::ffff:127.0.0.1", "::FFFF:7f00:1", "0:0:0:0:0:ffff:7f00:1"]
    ) {
      assertEquals(parseIpv4OrMapped(text), 0x7f000001, text);
    }
    for (const text of ["::1", "::127.0.0.1", "64:ff9b::7f00:1", "localhost", ""]) {
      assertEquals(parseIpv4OrMapped(text), undefined, text);
    }
  });
});

describe("parseIpAddress", () => {
  it("answers 4 or 16 bytes and leaves a zone out", () => {
    assertEquals(parseIpAddress("192.0.2.1"), Uint8Array.of(192, 0, 2, 1));
    assertEquals(parseIpAddress("fe80::1%eth0")?.toHex(), "fe800000000000000000000000000001");
    assertEquals(parseIpAddress("example.org"), undefined);
  });
});
