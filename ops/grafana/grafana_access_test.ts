import { assertEquals, assertFalse, assertStringIncludes, assertThrows } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { ConfigError } from "../../tunnel/errors.ts";
import { grafanaAccess, tokenWarning } from "./grafana_access.ts";

const environment = new Map([["GRAFANA_TOKEN", " glsa_secret\n"]]);

describe("grafanaAccess", () => {
  it("takes the address of a Grafana, also behind a path, and the token's one word", () => {
    for (
      const [text, url] of [
        ["https://grafana.example.com", "https://grafana.example.com"],
        ["https://grafana.example.com/", "https://grafana.example.com"],
        ["http://[::1]:3000/a/grafana//", "http://[::1]:3000/a/grafana"],
        ["HTTPS://Example.COM:443/G", "https://example.com/G"],
      ] as const
    ) {
      const access = grafanaAccess(text, "--push", environment);
      assertEquals(access.url, url);
      assertEquals(access.token.reveal(), "glsa_secret");
      assertEquals(JSON.parse(JSON.stringify(access)), { url, token: "********" });
    }
  });

  it("refuses what is no such address, and does not repeat a password", () => {
    for (
      const [text, rule] of [
        ["grafana.example.com", "must be"],
        ["", "must be an address"],
        ["ftp://grafana.example.com", "must begin with"],
        ["https://admin:hunter2@grafana.example.com", "no user and password"],
        ["https://grafana.example.com/?orgId=1", 'no "?"'],
        ["https://grafana.example.com/#x", 'no "?"'],
        ["https://x y\x1b[2J", "must be an address"],
      ] as const
    ) {
      const error = assertThrows(() => grafanaAccess(text, "--push", environment), ConfigError);
      assertStringIncludes(error.message, rule);
      assertStringIncludes(error.message, 'Cannot use "--push" as ');
      assertFalse(error.message.includes("hunter2") || error.message.includes("\x1b"));
    }
  });

  it("wants a token that can stand in a header, and does not show it", () => {
    for (
      const token of [undefined, "", "  ", "two words", "a\r\nx: y", "sécret", "x".repeat(5000)]
    ) {
      const without = new Map(token === undefined ? [] : [["GRAFANA_TOKEN", token]]);
      const error = assertThrows(
        () => grafanaAccess("https://x", "--push", without),
        ConfigError,
        "GRAFANA_TOKEN must be",
      );
      if (token?.trim()) assertFalse(error.message.includes(token));
    }
  });

  it("knows when the token could be read on the way", () => {
    const unprotected = (url: string): boolean =>
      tokenWarning(grafanaAccess(url, "--push", environment)) !== undefined;
    assertEquals(
      ["http://grafana.example.com", "http://10.0.0.1", "http://127.0.0.1.example.com"].map(
        unprotected,
      ),
      [true, true, true],
    );
    assertEquals(
      ["https://grafana.example.com", "http://127.0.0.1:3000", "http://[::1]", "http://localhost"]
        .map(unprotected),
      [false, false, false, false],
    );
  });
});
