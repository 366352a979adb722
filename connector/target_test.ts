import { assert, assertEquals, assertInstanceOf, assertStringIncludes } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import fc from "fast-check";
import {
  canonicalIpv6,
  formatTarget,
  hostKind,
  parseTarget,
  type Target,
  TargetProblem,
} from "./target.ts";

function parsed(text: string, defaultPort?: number): Target {
  const result = parseTarget(text, defaultPort);
  assert(!(result instanceof TargetProblem), `"${text}" was refused`);
  return result;
}

describe("parseTarget", () => {
  const good: readonly [text: string, host: string, port: number, kind: string][] = [
    ["127.0.0.1:8080", "127.0.0.1", 8080, "ipv4"],
    ["db.internal:5432", "db.internal", 5432, "name"],
    ["DB.Internal.:1", "db.internal", 1, "name"],
    ["my_app-1:65535", "my_app-1", 65_535, "name"],
    ["[::1]:53", "::1", 53, "ipv6"],
    ["[2001:DB8:0:0:0:0:0:1]:53", "2001:db8::1", 53, "ipv6"],
    ["[::ffff:10.0.0.1]:53", "10.0.0.1", 53, "ipv4"],
  ];
  for (const [text, host, port, kind] of good) {
    it(`takes ${text} as ${kind}`, () => {
      assertEquals(parsed(text), { host, port });
      assertEquals(hostKind(host), kind);
    });
  }

  const bad: readonly [text: string, rule: string][] = [
    ["", "host name"],
    [":80", "host name"],
    ["host", "must end in a port"],
    ["host:", "host:port"],
    ["host:0", "1 to 65535"],
    ["host:65536", "1 to 65535"],
    ["host:+80", "host:port"],
    ["::1:53", "brackets"],
    ["[::1]", "must end in a port"],
    ["[::1]x:53", "host:port"],
    ["[localhost]:53", "brackets"],
    ["[fe80::1%eth0]:53", "IPv6"],
    ["[:::]:53", "IPv6"],
    ["[::]:53", "all addresses"],
    ["0.0.0.0:53", "all addresses"],
    ["10.1:80", "IPv4"],
    ["1.2.3.4.5:80", "IPv4"],
    ["1.2.3.256:80", "IPv4"],
    ["0x7f.1:80", "IPv4"],
    ["0x7f000001:80", "IPv4"],
    ["ho st:80", "host name"],
    ["-a:80", "host name"],
    [`${"a".repeat(64)}:80`, "host name"],
    ["user@host:80", "host name"],
    ["http://host:80", "host:port"],
    ["host:80\n", "host:port"],
  ];
  for (const [text, rule] of bad) {
    it(`refuses ${JSON.stringify(text)} with the rule that it breaks`, () => {
      const result = parseTarget(text);
      assertInstanceOf(result, TargetProblem);
      assertStringIncludes(result.rule, rule);
    });
  }

  it("takes a text without a port where there is a default", () => {
    assertEquals(parsed("relay.example", 4433), { host: "relay.example", port: 4433 });
    assertEquals(parsed("[::1]", 4433), { host: "::1", port: 4433 });
  });

  it("reads back what formatTarget writes", () => {
    const host = fc.oneof(fc.ipV4(), fc.ipV6(), fc.domain());
    fc.assert(fc.property(host, fc.integer({ min: 1, max: 65_535 }), (name, port) => {
      const first = parseTarget(name.includes(":") ? `[${name}]:${port}` : `${name}:${port}`);
      if (first instanceof TargetProblem) return; // "::", or a domain such as "a.0x1"
      assertEquals(parsed(formatTarget(first)), first);
    }));
  });

  it("never throws", () => {
    fc.assert(fc.property(fc.string(), (text) => void parseTarget(text)));
  });
});

describe("canonicalIpv6", () => {
  it("gives the form in which the system names a sender", async () => {
    const receiver = Deno.listenDatagram({ transport: "udp", hostname: "::1", port: 0 });
    const sender = Deno.listenDatagram({ transport: "udp", hostname: "::1", port: 0 });
    try {
      const { port } = receiver.addr as Deno.NetAddr;
      await sender.send(new Uint8Array(1), { transport: "udp", hostname: "::1", port });
      const [, from] = await receiver.receive();
      assertEquals(canonicalIpv6("0:0::0:1"), (from as Deno.NetAddr).hostname);
    } finally {
      receiver.close();
      sender.close();
    }
  });
});
