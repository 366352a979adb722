import { assertEquals, assertStringIncludes } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import type { CloseReason } from "../../tunnel/quic/connection_handler.ts";
import { connectionError, deniedError } from "./agent_errors.ts";

const relay = "192.0.2.1:4433";

describe("an agent's errors about a relay that drains", () => {
  const drains: CloseReason = {
    by: "handshake",
    application: false,
    code: 2,
    text: "server draining",
  };

  it("say what to do when it refuses the connection", () => {
    const error = connectionError(drains, relay);
    assertEquals([error.code, error.exitCode], ["CONNECTION_REFUSED", 1]);
    for (const part of [relay, '"server draining"', "wait until it has been restarted"]) {
      assertStringIncludes(error.message, part);
    }
  });

  it("tell that from a handshake that fails otherwise", () => {
    for (const other of [{ ...drains, application: true }, { ...drains, code: 10 }]) {
      assertStringIncludes(connectionError(other, relay).message, "the handshake failed");
    }
  });

  it("say what to do when it refuses a registration", () => {
    assertStringIncludes(deniedError("web", 3).message, '"web" as the relay is draining');
    assertStringIncludes(deniedError("web", 9).message, "status is 9");
  });
});
