import { assert, assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import fc from "fast-check";
import { writeU16 } from "./bytes.ts";
import { internetChecksum } from "./checksum.ts";
import { buildIcmpEchoReply, buildIcmpEchoRequest, parseIcmpEcho } from "./icmp.ts";
import { type Ipv4Header, parseIpv4 } from "./ipv4.ts";
import { isWireError } from "./wire_error.ts";

const requests = fc.record({
  source: fc.nat(0xffffffff),
  destination: fc.nat(0xffffffff),
  identifier: fc.nat(0xffff),
  sequence: fc.nat(0xffff),
  data: fc.uint8Array({ maxLength: 80 }),
});

function headerOf(packet: Uint8Array): Ipv4Header {
  const ip = parseIpv4(packet);
  assert(!isWireError(ip));
  return ip;
}

describe("ICMP echo", () => {
  it("is read as it was built, and answered with the same content from the other side", () => {
    fc.assert(
      fc.property(requests, (request) => {
        const packet = buildIcmpEchoRequest(request);
        const echo = parseIcmpEcho(packet, headerOf(packet));
        assert(!isWireError(echo));
        assertEquals(echo.kind, "request");
        assertEquals(echo.identifier, request.identifier);
        assertEquals(echo.sequence, request.sequence);
        assertEquals(packet.slice(echo.dataStart, echo.dataEnd), request.data);

        const reply = buildIcmpEchoReply(packet, headerOf(packet));
        assert(!isWireError(reply));
        const ip = headerOf(reply);
        assertEquals([ip.source, ip.destination], [request.destination, request.source]);
        assertEquals(parseIcmpEcho(reply, ip), { ...echo, kind: "reply" });
        assertEquals(reply.slice(28), request.data);
        for (const built of [packet, reply]) {
          assertEquals(internetChecksum(built, 0, 20), 0);
          assertEquals(internetChecksum(built, 20, built.length), 0);
        }
      }),
    );
  });

  it("does not answer replies", () => {
    const request = buildIcmpEchoRequest({
      source: 1,
      destination: 2,
      identifier: 3,
      sequence: 4,
      data: new Uint8Array(5),
    });
    const reply = buildIcmpEchoReply(request, headerOf(request));
    assert(!isWireError(reply));
    const answer = buildIcmpEchoReply(reply, headerOf(reply));
    assert(isWireError(answer));
    assertEquals(answer.code, "unknown_type");
  });

  it("does not answer fragments", () => {
    const packet = buildIcmpEchoRequest({
      source: 1,
      destination: 2,
      identifier: 3,
      sequence: 4,
      data: new Uint8Array(8),
    });
    for (const field of [0x2000, 0x0001]) {
      writeU16(packet, 6, field);
      const answer = buildIcmpEchoReply(packet, headerOf(packet));
      assert(isWireError(answer));
      assertEquals(answer.code, "fragment");
    }
  });
});
