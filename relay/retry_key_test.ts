import { describe, it } from "@std/testing/bdd";
import { assertEquals, assertNotEquals, assertThrows } from "@std/assert";
import { ConfigError } from "../tunnel/errors.ts";
import { readRetryKey, resetKeyOf } from "./retry_key.ts";

const key = Uint8Array.from({ length: 32 }, (_, i) => 200 + i);
const text = (content: string): Uint8Array => new TextEncoder().encode(content);

describe("readRetryKey", () => {
  const good = {
    "32 bytes": key,
    "64 hexadecimal digits": text(key.toHex()),
    "64 capital digits and a line end": text(`${key.toHex().toUpperCase()}\r\n`),
  };
  for (const [what, content] of Object.entries(good)) {
    it(`reads ${what}`, () => assertEquals(readRetryKey("key", () => content), key));
  }

  const bad = {
    nothing: text(""),
    "31 bytes": key.subarray(1),
    "33 bytes": text("a".repeat(33)),
    "63 digits": text(key.toHex().slice(1)),
    "64 characters that are not all digits": text(`x${key.toHex().slice(1)}`),
    "a long file": text(key.toHex() + " ".repeat(1000)),
  };
  for (const [what, content] of Object.entries(bad)) {
    it(`refuses ${what} without showing it`, () => {
      const error = assertThrows(() => readRetryKey("/k", () => content), ConfigError, '"/k"');
      assertEquals(error.message.includes(key.toHex().slice(2, 20)), false);
    });
  }

  it("says which file is missing and how to make one", () => {
    const missing = "/nonexistent/retry.key";
    const error = assertThrows(() => readRetryKey(missing), ConfigError, "it does not exist");
    assertEquals(error.message.includes(`"${missing}"`), true);
    assertEquals(error.message.includes("openssl rand"), true);
  });

  it("reads a file, and no more of it than a key can have", () => {
    const path = Deno.makeTempFileSync();
    try {
      Deno.writeFileSync(path, key);
      assertEquals(readRetryKey(path), key);
      Deno.writeFileSync(path, new Uint8Array(100_000));
      assertThrows(() => readRetryKey(path), ConfigError, "more than 128 bytes");
    } finally {
      Deno.removeSync(path);
    }
  });
});

describe("resetKeyOf", () => {
  it("is the same for the same key, different for another, and not the key", () => {
    assertEquals(resetKeyOf(key).length, 32);
    assertEquals(resetKeyOf(key).toHex(), resetKeyOf(key.slice()).toHex());
    assertNotEquals(resetKeyOf(key).toHex(), resetKeyOf(key.toReversed()).toHex());
    assertNotEquals(resetKeyOf(key).toHex(), key.toHex());
  });
});
