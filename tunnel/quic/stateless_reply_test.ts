import { assert, assertEquals, assertNotEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { connectionIdLength } from "./limits.ts";
import { type LongHeader, longPacketType, parseLongHeader, quicVersion1 } from "./packet_header.ts";
import { quiche } from "./quiche.ts";
import {
  writeRefusal,
  writeRetry,
  writeStatelessReset,
  writeVersionNegotiation,
} from "./stateless_reply.ts";

const header: LongHeader = {
  version: quicVersion1,
  type: longPacketType.initial,
  destinationCid: new Uint8Array(8).fill(0xd1),
  sourceCid: new Uint8Array(16).fill(0x51),
  token: new Uint8Array(0),
  end: 1200,
};

describe("writeVersionNegotiation", () => {
  it("swaps the connection IDs and names version 1", () => {
    const buffer = new Uint8Array(1350);
    const length = writeVersionNegotiation({ ...header, version: 0x1a2a3a4a }, buffer);
    const packet = quiche.Header.fromSlice(buffer.subarray(0, length), connectionIdLength);
    assertEquals(packet.ty, 4);
    assertEquals(packet.version, 0);
    assertEquals(new Uint8Array(packet.dcid), header.sourceCid);
    assertEquals(new Uint8Array(packet.scid), header.destinationCid);
    assert(packet.versions!.includes(quicVersion1));
  });
});

describe("writeRetry", () => {
  it("carries token and new connection ID to the client", () => {
    const buffer = new Uint8Array(1350);
    const token = new Uint8Array(63).fill(7);
    const newCid = new Uint8Array(20).fill(0x40);
    const length = writeRetry(header, newCid, token, buffer);
    const packet = buffer.subarray(0, length);
    const parsed = parseLongHeader(packet)!;
    assertEquals(parsed.type, longPacketType.retry);
    assertEquals(parsed.destinationCid, header.sourceCid);
    assertEquals(parsed.sourceCid, newCid);
    // Token, then the integrity tag of 16 bytes (RFC 9000 section 17.2.5).
    assertEquals(packet.subarray(length - 16 - token.length, length - 16), token);
  });
});

describe("writeRefusal", () => {
  const newCid = new Uint8Array(20).fill(0x40);

  it("is an Initial that goes back to the client, far shorter than what it answers", () => {
    const buffer = new Uint8Array(1350);
    const length = writeRefusal(header, newCid, "server draining", buffer);
    const parsed = parseLongHeader(buffer.subarray(0, length))!;
    assertEquals([parsed.type, parsed.version], [longPacketType.initial, quicVersion1]);
    assertEquals([parsed.destinationCid, parsed.sourceCid], [header.sourceCid, newCid]);
    assertEquals([parsed.token.length, parsed.end], [0, length]);
    assert(length < 120);
  });

  it("cuts a reason that does not fit", () => {
    const lengths = [63, 64, 1000].map((count) =>
      writeRefusal(header, newCid, "x".repeat(count), new Uint8Array(1350))
    );
    assertEquals(new Set(lengths).size, 1);
    assert(writeRefusal(header, newCid, "", new Uint8Array(1350)) === lengths[0]! - 63);
  });
});

describe("writeStatelessReset", () => {
  const token = new Uint8Array(16).fill(0xee);

  it("looks like a short-header packet and ends with the token", () => {
    const buffer = new Uint8Array(1350);
    const length = writeStatelessReset(token, 1200, buffer);
    assertEquals(buffer[0]! & 0xc0, 0x40);
    assertEquals(buffer.subarray(length - 16, length), token);
    const again = new Uint8Array(1350);
    writeStatelessReset(token, 1200, again);
    assertNotEquals(buffer, again);
  });

  it("is always shorter than the packet it answers, and never shorter than 21 bytes", () => {
    for (let received = 0; received <= 1350; received++) {
      const length = writeStatelessReset(token, received, new Uint8Array(1350));
      if (received < 22) assertEquals(length, 0);
      else assert(length >= 21 && length < received);
    }
  });
});
