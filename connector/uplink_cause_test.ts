import { assertEquals, assertStringIncludes } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import fc from "fast-check";
import type { CloseReason } from "../tunnel/quic/connection_handler.ts";
import { describeClose, type UplinkCause, uplinkCauses } from "./uplink_cause.ts";

function close(by: CloseReason["by"], rest: Partial<CloseReason> = {}): CloseReason {
  return { by, application: false, code: 0, text: "", ...rest };
}

describe("describeClose", () => {
  const cases: readonly [what: string, CloseReason, UplinkCause, detail: string][] = [
    [
      "a relay that shuts down",
      close("peer", { application: true, text: "server shutting down" }),
      "relay_closed",
      '"server shutting down"',
    ],
    [
      "a relay that drains",
      close("handshake", { code: 2, text: "server draining" }),
      "relay_draining",
      '"server draining"',
    ],
    ["a protocol error", close("peer", { code: 10 }), "relay_error", "code 10"],
    [
      "no certificate where the relay's TLS requires one",
      close("peer", { code: 0x174 }),
      "tls",
      "--client-cert",
    ],
    [
      "no certificate where the relay looks itself",
      close("peer", { code: 1, text: "client cert required" }),
      "tls",
      "--client-cert",
    ],
    [
      "a certificate that the relay doesn't know the CA of",
      close("peer", { code: 0x130 }),
      "tls",
      "must trust the CA of this connector",
    ],
    [
      "a relay whose CA isn't known here",
      close("handshake", { code: 0x130 }),
      "tls",
      "--ca-cert",
    ],
    ["a relay with another name", close("handshake", { code: 0x12a }), "tls", "server name"],
    ["a server of another protocol", close("handshake", { code: 0x178 }), "tls", "no relay"],
    ["an unusual alert", close("handshake", { code: 0x100 + 80 }), "tls", "alert 80"],
    ["nobody there", close("handshake"), "unreachable", "No relay has answered"],
    ["another failure of the handshake", close("handshake", { code: 8 }), "relay_error", "code 8"],
    ["silence", close("idle_timeout"), "silent", "Nothing came"],
    ["a relay that has lost its state", close("stateless_reset"), "relay_restarted", "state"],
    [
      "a fault of this side",
      close("local", { code: 1, text: "internal error" }),
      "connector_error",
      "internal error",
    ],
  ];
  for (const [what, reason, cause, detail] of cases) {
    it(`tells ${what}`, () => {
      const failure = describeClose(reason);
      assertEquals(failure.cause, cause);
      assertStringIncludes(failure.detail, detail);
    });
  }

  it("has a cause for everything", () => {
    const reason = fc.record({
      by: fc.constantFrom<CloseReason["by"]>(
        "peer",
        "local",
        "idle_timeout",
        "handshake",
        "stateless_reset",
      ),
      application: fc.boolean(),
      code: fc.oneof(fc.nat(0x200), fc.nat()),
      text: fc.string(),
    });
    fc.assert(fc.property(reason, (each) => uplinkCauses.includes(describeClose(each).cause)));
  });
});
