import { assert, assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import fc from "fast-check";
import {
  decodeObservedAddress,
  decodeRegistration,
  decodeRegistrationReply,
  decodeRouted,
  encodeObservedAddress,
  encodeRegistration,
  encodeRegistrationReply,
  encodeRouted,
  encodeServiceId,
  messageType,
  type Role,
  routedPacketOffset,
} from "./datagram_message.ts";
import { isWireError, type WireError } from "./wire_error.ts";

const serviceIds = fc.string({ unit: "binary", maxLength: 63 });
const strayBytes = fc.uint8Array({ maxLength: 3 });

/** A message that could be encoded, with some bytes after it. */
function followedBy(message: Uint8Array | WireError, stray: Uint8Array): Uint8Array {
  assert(!isWireError(message), isWireError(message) ? message.message : "");
  return new Uint8Array([...message, ...stray]);
}

function codeOf(value: unknown): string {
  assert(isWireError(value));
  return value.code;
}

describe("encodeServiceId", () => {
  it("counts bytes, not characters", () => {
    assertEquals(encodeServiceId("a".repeat(255)), new Uint8Array(255).fill(0x61));
    assertEquals(codeOf(encodeServiceId("a".repeat(256))), "too_long");
    assertEquals(codeOf(encodeServiceId("é".repeat(128))), "too_long");
    assert(!isWireError(encodeServiceId("é".repeat(127) + "e")));
  });

  it("refuses a text that has no UTF-8 form", () => {
    assertEquals(codeOf(encodeServiceId("\ud800")), "bad_utf8");
  });
});

describe("registration", () => {
  it("is read as written, whatever follows", () => {
    fc.assert(
      fc.property(
        fc.constantFrom<Role>("agent", "connector"),
        serviceIds,
        strayBytes,
        (role, serviceId, stray) => {
          const message = followedBy(encodeRegistration(role, serviceId), stray);
          assertEquals(decodeRegistration(message), { role, serviceId });
        },
      ),
    );
  });

  it("keeps a byte order mark in the ID", () => {
    const serviceId = "\ufeffweb";
    const message = followedBy(encodeRegistration("agent", serviceId), new Uint8Array(0));
    assertEquals(decodeRegistration(message), { role: "agent", serviceId });
  });
});

describe("registration reply", () => {
  it("is read as written, whatever follows", () => {
    fc.assert(
      fc.property(
        fc.boolean(),
        fc.nat(255),
        serviceIds,
        strayBytes,
        (accepted, status, serviceId, stray) => {
          const reply = { accepted, status, serviceId };
          const message = followedBy(encodeRegistrationReply(reply), stray);
          assertEquals(decodeRegistrationReply(message), reply);
        },
      ),
    );
  });

  it("has a status of one byte", () => {
    for (const status of [-1, 256, 1.5, NaN]) {
      const reply = encodeRegistrationReply({ accepted: false, status, serviceId: "x" });
      assertEquals(codeOf(reply), "bad_value");
    }
  });
});

describe("observed address", () => {
  it("is read as written, whatever follows", () => {
    fc.assert(
      fc.property(fc.ipV4(), fc.nat(0xffff), strayBytes, (hostname, port, stray) => {
        const message = followedBy(encodeObservedAddress({ hostname, port }), stray);
        assertEquals(decodeObservedAddress(message), { hostname, port });
        assertEquals(message.length - stray.length, 7);
      }),
    );
  });

  it("takes IPv4-mapped addresses and no other IPv6 ones", () => {
    const mapped = encodeObservedAddress({ hostname: "::ffff:127.0.0.1", port: 4433 });
    assertEquals(mapped, Uint8Array.fromHex("017f0000011151"));
    for (const hostname of ["::1", "2001:db8::1", "localhost", ""]) {
      assertEquals(codeOf(encodeObservedAddress({ hostname, port: 1 })), "bad_value");
    }
    for (const port of [-1, 65_536, 0.5, NaN]) {
      assertEquals(codeOf(encodeObservedAddress({ hostname: "127.0.0.1", port })), "bad_value");
    }
  });
});

describe("routed packet", () => {
  it("is read as written, without copying the packet", () => {
    fc.assert(
      fc.property(serviceIds, fc.uint8Array({ minLength: 1 }), (serviceId, packet) => {
        const message = followedBy(encodeRouted(serviceId, packet), new Uint8Array(0));
        const routed = decodeRouted(message);
        assert(!isWireError(routed));
        assertEquals(routed.serviceId, serviceId);
        assertEquals(new Uint8Array(routed.packet), packet);
        assertEquals(routed.packet.buffer, message.buffer);
        assertEquals(routedPacketOffset(message), message.length - packet.length);
      }),
    );
  });

  it("has an offset even when the ID is not UTF-8, but cannot be decoded then", () => {
    const message = Uint8Array.fromHex("2f02c328ff");
    assertEquals(routedPacketOffset(message), 4);
    assertEquals(codeOf(decodeRouted(message)), "bad_utf8");
  });

  it("has no offset when it is truncated or another message", () => {
    for (const hex of ["", "2f", "2f00", "2f05616263", "100161ff"]) {
      assertEquals(routedPacketOffset(Uint8Array.fromHex(hex)), -1, hex);
    }
  });

  it("is never encoded as what a receiver drops", () => {
    assertEquals(codeOf(encodeRouted("", new Uint8Array(0))), "bad_length");
  });
});

describe("decoders of datagram messages", () => {
  it("refuse each other's messages by the first byte", () => {
    const decoders = {
      [messageType.observedAddress]: decodeObservedAddress,
      [messageType.registerAgent]: decodeRegistration,
      [messageType.ack]: decodeRegistrationReply,
      [messageType.routed]: decodeRouted,
    };
    for (const type of Object.keys(decoders).map(Number)) {
      for (const [own, decode] of Object.entries(decoders)) {
        const message = Uint8Array.of(type, 0, 0, 0, 0, 0, 0, 0);
        const decoded = decode(message);
        assertEquals(isWireError(decoded), Number(own) !== type);
        if (isWireError(decoded)) assertEquals(decoded.code, "unknown_type");
      }
    }
  });
});
