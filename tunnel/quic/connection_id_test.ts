import { assert, assertEquals, assertNotEquals, assertThrows } from "@std/assert";
import { encodeHex } from "@std/encoding/hex";
import { describe, it } from "@std/testing/bdd";
import fc from "fast-check";
import {
  connectionIdInstance,
  ConnectionIdIssuer,
  connectionIdKey,
  instanceLength,
  resetTokenInteger,
} from "./connection_id.ts";
import { connectionIdLength } from "./limits.ts";

const instance = new Uint8Array([1, 2, 3, 4]);
const resetKey = new Uint8Array(32).fill(9);

describe("ConnectionIdIssuer", () => {
  it("issues IDs of 20 bytes that begin with 0x40 to 0x7f and name the instance", () => {
    const issuer = new ConnectionIdIssuer(instance, resetKey);
    // More than one pool of random bytes.
    for (let count = 0; count < 200; count++) {
      const cid = issuer.issue();
      assertEquals(cid.length, connectionIdLength);
      assert(cid[0]! >= 0x40 && cid[0]! <= 0x7f);
      assertEquals(cid.subarray(1, 1 + instanceLength), instance);
      assertEquals(connectionIdInstance(cid, 0), instance);
    }
  });

  it("issues no ID twice, and does not take one back that was handed out", () => {
    const issuer = new ConnectionIdIssuer(instance, resetKey);
    const cids = Array.from({ length: 1000 }, () => issuer.issue());
    assertEquals(new Set(cids.map((cid) => encodeHex(cid))).size, 1000);
  });

  it("makes the same reset tokens for the same key and ID, in every process", () => {
    const issuer = new ConnectionIdIssuer(instance, resetKey);
    const other = new ConnectionIdIssuer(new Uint8Array([9, 9, 9, 9]), resetKey.slice());
    const otherKey = new ConnectionIdIssuer(instance, new Uint8Array(32));
    const cid = issuer.issue();
    for (const method of ["resetToken", "firstResetToken"] as const) {
      assertEquals(issuer[method](cid).length, 16);
      assertEquals(issuer[method](cid), other[method](cid));
      assertNotEquals(issuer[method](cid), issuer[method](issuer.issue()));
      assertNotEquals(issuer[method](cid), otherKey[method](cid));
    }
    assertNotEquals(issuer.resetToken(cid), issuer.firstResetToken(cid));
  });

  it("finds the token of a connection's first ID by any of its IDs", () => {
    const issuer = new ConnectionIdIssuer(instance, resetKey);
    const first = issuer.issue();
    let cid = first;
    const tokens = new Set<string>();
    for (let count = 0; count < 20; count++) {
      cid = issuer.issueFor(cid);
      assert(cid[0]! >= 0x40 && cid[0]! <= 0x7f);
      assertEquals(connectionIdInstance(cid, 0), instance);
      assertEquals(issuer.firstResetToken(cid), issuer.firstResetToken(first));
      tokens.add(encodeHex(issuer.resetToken(cid)));
    }
    // RFC 9000 section 10.3: no token is used for two connection IDs.
    assertEquals(tokens.size, 20);
  });

  it("shows nobody else which IDs are one connection's", () => {
    const issuer = new ConnectionIdIssuer(instance, resetKey);
    const first = issuer.issue();
    const cids = [first, ...Array.from({ length: 50 }, () => issuer.issueFor(first))];
    for (let at = 1 + instanceLength; at < connectionIdLength; at++) {
      assert(new Set(cids.map((cid) => cid[at])).size > 10, `byte ${at} repeats`);
    }
  });

  it("refuses an instance of another length", () => {
    for (const length of [0, 3, 5]) {
      assertThrows(
        () => new ConnectionIdIssuer(new Uint8Array(length), resetKey),
        RangeError,
        `"instance" must have 4 bytes: current value has ${length}`,
      );
    }
  });
});

describe("resetTokenInteger", () => {
  it("is the big-endian integer of a token's bytes", () => {
    const token = Uint8Array.from({ length: 16 }, (_, index) => index);
    assertEquals(resetTokenInteger(token), 0x000102030405060708090a0b0c0d0e0fn);
    const { buffer } = new Uint8Array([7, 7, ...token]);
    assertEquals(resetTokenInteger(new Uint8Array(buffer, 2)), resetTokenInteger(token));
  });
});

describe("connectionIdInstance", () => {
  it("finds no instance in IDs that do not begin with 0x40 to 0x7f", () => {
    for (let first = 0; first < 256; first++) {
      const cid = new Uint8Array(connectionIdLength);
      cid[0] = first;
      assertEquals(connectionIdInstance(cid, 0) !== undefined, first >= 0x40 && first <= 0x7f);
    }
  });
});

describe("connectionIdKey", () => {
  it("is an unsigned number of 30 bits that depends on the place in the packet only", () => {
    fc.assert(fc.property(
      fc.uint8Array({ minLength: connectionIdLength, maxLength: connectionIdLength }),
      fc.nat(30),
      (cid, offset) => {
        const key = connectionIdKey(cid, 0);
        assert(Number.isInteger(key) && key >= 0 && key < 2 ** 30);
        const packet = new Uint8Array(offset + connectionIdLength + 3);
        packet.set(cid, offset);
        assertEquals(connectionIdKey(packet, offset), key);
      },
    ));
  });
});
