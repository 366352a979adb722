import { assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import fc from "fast-check";
import { buildUdpPacket } from "../tunnel/wire/udp.ts";
import { maxReplyPayloadBytes, UdpReply } from "./udp_reply.ts";

const address = fc.integer({ min: 0, max: 0xffff_ffff });
const port = fc.integer({ min: 0, max: 65_535 });
const payload = fc.uint8Array({ maxLength: maxReplyPayloadBytes, size: "max" });

describe("UdpReply", () => {
  it("is, for any flow and any replies in turn, the packet that the codec builds", () => {
    const flow = fc.record({
      source: address,
      sourcePort: port,
      destination: address,
      destinationPort: port,
    });
    fc.assert(fc.property(flow, fc.array(payload, { maxLength: 4 }), (key, replies) => {
      const reply = new UdpReply(key);
      for (const data of replies) {
        reply.payload.set(data);
        const expected = buildUdpPacket({
          source: key.destination,
          sourcePort: key.destinationPort,
          destination: key.source,
          destinationPort: key.sourcePort,
          payload: data,
        });
        assertEquals(reply.finish(data.length), expected);
      }
    }));
  });

  it("writes a sum of zero in its other form, as 0 means no checksum", () => {
    const key = { source: 0, sourcePort: 0, destination: 0, destinationPort: 0 };
    const reply = new UdpReply(key);
    // 17 (protocol) and twice the length of 10 make 37; this payload brings it to 0xffff.
    reply.payload.set([0xff, 0xff - 37]);
    assertEquals([...reply.finish(2).subarray(26, 28)], [0xff, 0xff]);
  });

  it("has room for one byte more than fits, so that a cut reply can be told", () => {
    const reply = new UdpReply({ source: 1, sourcePort: 1, destination: 1, destinationPort: 1 });
    assertEquals(reply.payload.length, maxReplyPayloadBytes + 1);
    assertEquals(reply.finish(maxReplyPayloadBytes).length, 1306);
  });
});
