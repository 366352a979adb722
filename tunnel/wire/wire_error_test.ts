import { assert, assertEquals, assertThrows } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { isWireError, WireError } from "./wire_error.ts";

describe("WireError", () => {
  it("is told apart from messages", () => {
    assert(isWireError(new WireError("truncated", "Cannot read")));
    for (const other of [undefined, null, 0, {}, new Error("truncated"), new Uint8Array(1)]) {
      assertEquals(isWireError(other), false);
    }
  });

  it("is frozen, as one instance serves all packets", () => {
    const error = new WireError("truncated", "Cannot read");
    assertThrows(() => Object.assign(error, { code: "bad_value" }), TypeError);
    assertEquals(error.code, "truncated");
  });
});
