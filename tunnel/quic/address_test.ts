import { assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { formatSocketAddress, sameSocketAddress } from "./address.ts";

describe("formatSocketAddress", () => {
  it("puts IPv6 addresses into brackets", () => {
    assertEquals(formatSocketAddress({ hostname: "192.0.2.1", port: 4433 }), "192.0.2.1:4433");
    assertEquals(formatSocketAddress({ hostname: "2001:db8::1", port: 1 }), "[2001:db8::1]:1");
  });
});

describe("sameSocketAddress", () => {
  it("compares host and port", () => {
    const address = { hostname: "192.0.2.1", port: 4433 };
    assertEquals(sameSocketAddress(address, { ...address }), true);
    assertEquals(sameSocketAddress(address, { ...address, port: 4434 }), false);
    assertEquals(sameSocketAddress(address, { ...address, hostname: "192.0.2.2" }), false);
  });
});
