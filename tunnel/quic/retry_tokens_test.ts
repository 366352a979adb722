import { assertEquals, assertNotEquals, assertThrows } from "@std/assert";
import { decodeHex, encodeHex } from "@std/encoding/hex";
import { describe, it } from "@std/testing/bdd";
import fc from "fast-check";
import vectors from "../../tests/vectors.json" with { type: "json" };
import type { SocketAddress } from "./address.ts";
import { encodeRetryPlaintext, RetryTokens } from "./retry_tokens.ts";

function vectorHex(id: string): string {
  return vectors.find((vector) => vector.id === id)!.hex;
}

/** The circumstances of vectors K01 and K02 (protocol section 13.6). */
const address: SocketAddress = { hostname: "203.0.113.5", port: 54321 };
const originalDestinationCid = decodeHex("8394c8f03e515708");
const issuedAt = 1_767_225_600;
const key = Uint8Array.from({ length: 32 }, (_, index) => index);
const nonce = Uint8Array.from({ length: 12 }, (_, index) => index);

function tokensAt(unixSeconds: number, secret: Uint8Array = key): RetryTokens {
  return new RetryTokens(secret, () => unixSeconds);
}

const sealed = decodeHex(vectorHex("K02"));

describe("RetryTokens", () => {
  it("encodes the plaintext of vector K01", () => {
    const plaintext = encodeRetryPlaintext(address, originalDestinationCid, issuedAt);
    assertEquals(encodeHex(plaintext), vectorHex("K01"));
    assertEquals(plaintext.length, 35);
  });

  it("seals the token of vector K02", () => {
    const token = tokensAt(issuedAt).seal(address, originalDestinationCid, nonce);
    assertEquals(encodeHex(token), vectorHex("K02"));
    assertEquals(token.length, 63);
  });

  it("opens vector K02 for that address until 60 s have passed, these included", () => {
    for (const age of [0, 1, 59, 60]) {
      assertEquals(tokensAt(issuedAt + age).open(sealed, address), { originalDestinationCid });
    }
    for (const age of [61, 3600, 1e9]) {
      assertEquals(tokensAt(issuedAt + age).open(sealed, address), undefined, `${age} s`);
    }
  });

  it("opens a token of a clock that is ahead", () => {
    assertEquals(tokensAt(issuedAt - 30).open(sealed, address), { originalDestinationCid });
  });

  it("refuses a token from any other address or port", () => {
    const others = [
      { hostname: "203.0.113.5", port: 54322 },
      { hostname: "203.0.113.6", port: 54321 },
      { hostname: "::ffff:203.0.113.5", port: 54321 },
      { hostname: "203.0.113.5", port: 5432 },
    ];
    for (const other of others) {
      assertEquals(tokensAt(issuedAt).open(sealed, other), undefined);
    }
  });

  it("refuses a token in which any bit is changed", () => {
    for (let bit = 0; bit < sealed.length * 8; bit++) {
      const token = sealed.slice();
      token[bit >> 3]! ^= 1 << (bit & 7);
      assertEquals(tokensAt(issuedAt).open(token, address), undefined, `bit ${bit}`);
    }
  });

  it("refuses a token that is cut off or longer", () => {
    for (let length = 0; length < sealed.length; length++) {
      assertEquals(tokensAt(issuedAt).open(sealed.subarray(0, length), address), undefined);
    }
    assertEquals(tokensAt(issuedAt).open(new Uint8Array([...sealed, 0]), address), undefined);
  });

  it("refuses a token of another key", () => {
    const other = tokensAt(issuedAt, new Uint8Array(32));
    assertEquals(other.open(sealed, address), undefined);
  });

  it("opens what another process with the same key has sealed (fault LR17)", () => {
    const token = tokensAt(issuedAt, key.slice()).seal(address, originalDestinationCid);
    assertEquals(tokensAt(issuedAt).open(token, address), { originalDestinationCid });
  });

  it("opens a token once (fault LR17)", () => {
    const tokens = tokensAt(issuedAt);
    assertEquals(tokens.open(sealed, address), { originalDestinationCid });
    assertEquals(tokens.open(sealed, address), undefined);
  });

  it("keeps a token that somebody tried from elsewhere good for its owner", () => {
    const tokens = tokensAt(issuedAt);
    assertEquals(tokens.open(sealed, { hostname: "192.0.2.66", port: 54321 }), undefined);
    assertEquals(tokens.open(sealed, address), { originalDestinationCid });
  });

  it("gives every client another token", () => {
    const tokens = tokensAt(issuedAt);
    assertNotEquals(
      tokens.seal(address, originalDestinationCid),
      tokens.seal(address, originalDestinationCid),
    );
  });

  it("opens what it has sealed, for every address and connection ID", () => {
    const addresses = fc.record({
      hostname: fc.oneof(fc.ipV4(), fc.ipV6()),
      port: fc.nat(65_535),
    });
    fc.assert(fc.property(addresses, fc.uint8Array({ maxLength: 20 }), (peer, cid) => {
      const tokens = tokensAt(issuedAt);
      assertEquals(tokens.open(tokens.seal(peer, cid), peer), { originalDestinationCid: cid });
    }));
  });

  it("takes any bytes for a token", () => {
    const tokens = tokensAt(issuedAt);
    fc.assert(fc.property(fc.uint8Array({ maxLength: 120 }), (token) => {
      assertEquals(tokens.open(token, address), undefined);
    }));
  });

  it("refuses a key that has not 32 bytes", () => {
    for (const length of [0, 16, 31, 33]) {
      assertThrows(
        () => new RetryTokens(new Uint8Array(length)),
        RangeError,
        `"key" must have 32 bytes: current value has ${length}`,
      );
    }
  });
});
