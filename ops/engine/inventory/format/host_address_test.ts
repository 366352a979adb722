import { assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { type HostAddress, parseHostAddress } from "./host_address.ts";

describe("parseHostAddress", () => {
  const cases: [text: string, address: HostAddress | undefined][] = [
    ["web", { host: "web", port: undefined }],
    ["web:22", { host: "web", port: 22 }],
    ["a_b.example.org:2222", { host: "a_b.example.org", port: 2222 }],
    ["ümlaut", { host: "ümlaut", port: undefined }],
    ["10.0.0.1:22", { host: "10.0.0.1", port: 22 }],
    ["web[01:20]:22", { host: "web[01:20]", port: 22 }],
    ["db-[a:f:2].x", { host: "db-[a:f:2].x", port: undefined }],
    ["::1", { host: "::1", port: undefined }],
    ["2001:db8::2:1", { host: "2001:db8::2:1", port: undefined }],
    ["1:2:3:4:5:6:7:8", { host: "1:2:3:4:5:6:7:8", port: undefined }],
    ["::ffff:192.0.2.1", { host: "::ffff:192.0.2.1", port: undefined }],
    ["[2001:db8::1]:22", { host: "2001:db8::1", port: 22 }],
    ["fe80::[1:f]", { host: "fe80::[1:f]", port: undefined }],
    ["[web]:22", { host: "web", port: 22 }],
    ...["", ":22", "web:", "web:x", "a b", "-x", "x-", "x_", "a..b", "x!y:22", "[web]", "a:b"]
      .map((text): [string, undefined] => [text, undefined]),
    ...["1:2:3:4:5:6:7", "1::2::3", "1:2:3:4:5:6:7:8:9", "12345::", ":::", "1:2:3:4:5:6:7:8::"]
      .map((text): [string, undefined] => [text, undefined]),
  ];
  for (const [text, address] of cases) {
    it(`${address === undefined ? "refuses" : "reads"} ${JSON.stringify(text)}`, () => {
      assertEquals(parseHostAddress(text), address);
    });
  }
});
