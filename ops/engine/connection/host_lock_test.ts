import { assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { parseLockOwner } from "./host_lock.ts";

describe("parseLockOwner", () => {
  const owner = { pid: 7, owner: "alice@laptop", command: "deploy", since: "2026-01-01T00:00:00Z" };

  it("reads what a session writes", () => {
    const text = `${JSON.stringify({ ...owner, startedAt: "123" })}\n`;
    assertEquals(parseLockOwner(text), owner);
  });

  for (
    const text of [
      "",
      "{",
      "null",
      "7",
      JSON.stringify({ ...owner, pid: "7" }),
      JSON.stringify({ ...owner, since: undefined }),
      JSON.stringify({ ...owner, command: ["deploy"] }),
    ]
  ) {
    it(`knows nobody from ${JSON.stringify(text)}`, () => {
      assertEquals(parseLockOwner(text), undefined);
    });
  }
});
