import { assert, assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import fc from "fast-check";
import {
  classifyDirectPacket,
  type ConnectivityCheck,
  decodeConnectivityCheck,
  encodeConnectivityCheck,
} from "./connectivity_check.ts";
import { isWireError } from "./wire_error.ts";

const transactionIds = fc.uint8Array({ minLength: 12, maxLength: 12 });
const endpoints = fc.record({
  hostname: fc.oneof(fc.ipV4(), fc.constantFrom("::1", "2001:db8::1", "::ffff:192.0.2.1")),
  port: fc.nat(0xffff),
});
const bindings: fc.Arbitrary<ConnectivityCheck> = fc.oneof(
  fc.record({
    type: fc.constant("bindingRequest" as const),
    transactionId: transactionIds,
    priority: fc.bigInt({ min: 0n, max: 0xffff_ffff_ffff_ffffn }),
    useCandidate: fc.boolean(),
  }),
  fc.record({
    type: fc.constant("bindingResponse" as const),
    transactionId: transactionIds,
    success: fc.boolean(),
    mappedAddress: fc.option(endpoints, { nil: undefined }),
  }),
);
const keepalives: fc.Arbitrary<ConnectivityCheck> = fc.record({
  type: fc.constantFrom("keepaliveRequest" as const, "keepaliveResponse" as const),
  sequence: fc.nat(0xffffffff),
});

function packetOf(check: ConnectivityCheck): Uint8Array {
  const packet = encodeConnectivityCheck(check);
  assert(!isWireError(packet));
  return packet;
}

function codeOf(value: unknown): string {
  assert(isWireError(value));
  return value.code;
}

describe("connectivity checks", () => {
  it("are read as written, and are taken for control", () => {
    fc.assert(
      fc.property(fc.oneof(bindings, keepalives), (check) => {
        const packet = packetOf(check);
        assertEquals(classifyDirectPacket(packet), "control");
        const decoded = decodeConnectivityCheck(packet);
        assert(!isWireError(decoded));
        assertEquals(structuredClone(decoded), structuredClone(check));
      }),
    );
  });

  it("have the lengths of the protocol", () => {
    const transactionId = new Uint8Array(12);
    const success = true;
    const type = "bindingResponse";
    const request: ConnectivityCheck = {
      type: "bindingRequest",
      transactionId,
      priority: 1n,
      useCandidate: true,
    };
    assertEquals(packetOf(request).length, 26);
    const lengths = ([[undefined, 19], ["192.0.2.1", 29], ["::1", 41]] as const).map(
      ([hostname, expected]) => {
        const mappedAddress = hostname === undefined ? undefined : { hostname, port: 1 };
        return [packetOf({ type, transactionId, success, mappedAddress }).length, expected];
      },
    );
    for (const [length, expected] of lengths) assertEquals(length, expected);
    assertEquals(packetOf({ type: "keepaliveRequest", sequence: 1 }).length, 6);
  });

  it("ignore bytes after a binding message, while a keepalive has exactly 6", () => {
    fc.assert(
      fc.property(bindings, fc.uint8Array({ maxLength: 4 }), (check, stray) => {
        const decoded = decodeConnectivityCheck(new Uint8Array([...packetOf(check), ...stray]));
        assert(!isWireError(decoded));
        assertEquals(structuredClone(decoded), structuredClone(check));
      }),
    );
    const keepalive = packetOf({ type: "keepaliveRequest", sequence: 1 });
    assert(isWireError(decodeConnectivityCheck(keepalive.subarray(0, 5))));
    assert(isWireError(decodeConnectivityCheck(new Uint8Array([...keepalive, 0]))));
  });

  it("are not encoded from values that have no place in them", () => {
    const request = { type: "bindingRequest", priority: 1n, useCandidate: false } as const;
    const shortId = encodeConnectivityCheck({ ...request, transactionId: new Uint8Array(11) });
    assertEquals(codeOf(shortId), "bad_length");
    for (const sequence of [-1, 2 ** 32, 0.5]) {
      assertEquals(
        codeOf(encodeConnectivityCheck({ type: "keepaliveRequest", sequence })),
        "bad_value",
      );
    }
  });
});

describe("classifyDirectPacket", () => {
  it("follows the rule for every pair of first bytes", () => {
    for (let first = 0; first < 256; first++) {
      for (let second = 0; second < 256; second++) {
        for (const length of [2, 6, 26]) {
          const data = new Uint8Array(length);
          data[0] = first;
          data[1] = second;
          const isKeepalive = length === 6 && (second === 0x10 || second === 0x11);
          const isControl = first === 0x5a && (isKeepalive || second < 0x40);
          if ((classifyDirectPacket(data) === "control") !== isControl) {
            throw new Error(`${first} ${second} ${length}`);
          }
        }
      }
    }
  });

  it("leaves what is shorter than two bytes to QUIC", () => {
    assertEquals(classifyDirectPacket(new Uint8Array(0)), "quic");
    assertEquals(classifyDirectPacket(Uint8Array.of(0x5a)), "quic");
  });
});
