import { assert, assertEquals, assertNotEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { Secret } from "../../engine/secret.ts";
import type { NotifiedChange } from "./change.ts";
import {
  maxChangesPerMessage,
  secretRule,
  signedHeaders,
  webhookMessage,
} from "./webhook_message.ts";

const change: NotifiedChange = {
  ...{ id: "1", kind: "new", host: "relay1", check: "disk-space", subject: "/var" },
  ...{ value: "96 % used", remedy: "…", from: null, to: "critical", atMs: 1000, sinceMs: 0 },
};

describe("a webhook's message", () => {
  it("is signed as the standard's own example is", () => {
    // From the specification's libraries: https://www.standardwebhooks.com.
    const message = { id: "msg_p5jXN8AQM9LWM0D4loKWxJek", body: '{"test": 2432232314}' };
    const secret = new Secret("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw");
    assertEquals(signedHeaders(message, secret, 1_614_265_330_999), {
      "content-type": "application/json",
      "webhook-id": message.id,
      "webhook-timestamp": "1614265330",
      "webhook-signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
    });
  });

  it("has another signature with any other secret, body or time", () => {
    const message = { id: "msg_1", body: "{}" };
    const secret = new Secret("a secret of 20 bytes");
    const sign = (...args: Parameters<typeof signedHeaders>): string =>
      signedHeaders(...args)["webhook-signature"]!;
    const signature = sign(message, secret, 1000);
    assertEquals(sign(message, secret, 1999), signature);
    assertNotEquals(sign(message, secret, 2000), signature);
    assertNotEquals(sign({ ...message, body: "[]" }, secret, 1000), signature);
    assertNotEquals(sign(message, new Secret("a secret of 20 bytez"), 1000), signature);
  });

  it("tells of changes in a documented form", () => {
    const { body } = webhookMessage({ fleet: "prod", changes: [change], dropped: 2 });
    assertEquals(JSON.parse(body), {
      ...{ schema: 1, type: "sweep.changed", fleet: "prod", dropped: 2 },
      changes: [{
        ...{ id: "1", kind: "new", at: "1970-01-01T00:00:01.000Z", host: "relay1" },
        ...{ check: "disk-space", subject: "/var", from: null, to: "critical" },
        ...{ since: "1970-01-01T00:00:00.000Z", value: "96 % used", remedy: "…" },
      }],
    });
  });

  it("has the same ID when it is sent again, and another one for other changes", () => {
    const idOf = (...changes: NotifiedChange[]): string =>
      webhookMessage({ fleet: "f", changes, dropped: 0 }).id;
    assertEquals(idOf(change), idOf({ ...change }));
    assertNotEquals(idOf(change), idOf(change, { ...change, id: "2" }));
  });

  it("stays below a megabyte with the longest texts", () => {
    const long = "ä".repeat(400);
    const changes = Array.from({ length: maxChangesPerMessage }, () => ({
      ...{ ...change, subject: long.slice(0, 200), value: long, remedy: long },
    }));
    const { body } = webhookMessage({ fleet: "f", changes, dropped: 0 });
    assert(new TextEncoder().encode(body).length < 1_000_000);
  });

  const secrets: [secret: string, isGood: boolean][] = [
    ["short", false],
    ["0123456789abcdef", true],
    ["whsec_c2hvcnQ=", false],
    ["whsec_no base64!", false],
    ["whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", true],
  ];
  for (const [secret, isGood] of secrets) {
    it(`${isGood ? "takes" : "refuses"} the secret "${secret}"`, () => {
      assertEquals(secretRule(secret) === undefined, isGood);
    });
  }
});
