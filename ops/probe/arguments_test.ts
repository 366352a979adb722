import { assert, assertEquals, assertMatch, assertStringIncludes, assertThrows } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { ConfigError } from "../../tunnel/errors.ts";
import { type ProbeArguments, readProbeCommand } from "./arguments.ts";
import { type ProbeTarget, probeTarget } from "./target.ts";

function read(...argv: string[]): ProbeArguments {
  const command = readProbeCommand(argv);
  assert(command.kind === "run");
  return command.arguments;
}

describe("probe command line", () => {
  it("has defaults for everything", () => {
    assertEquals(read(), {
      inventory: [],
      relay: undefined,
      serviceId: undefined,
      serverName: undefined,
      verifyPeer: true,
      caFile: undefined,
      identity: undefined,
      protocol: "udp",
      count: 100,
      durationMs: undefined,
      intervalMs: 50,
      payloadBytes: 64,
      destination: { address: "10.100.0.1", port: 7 },
      lingerMs: 3000,
      lossLimit: { kind: "count", packets: 0 },
      json: false,
    });
  });

  it("takes every flag", () => {
    const argv = "--relay relay.example:4500 --service web --server-name name --no-verify-peer " +
      "--ca ca.pem --cert a.pem --key a.key --proto icmp --count 7 --duration 1.5 --rate 100 " +
      "--size 500 --destination 10.0.0.9:53 --max-loss 2% --wait 0.5 --json";
    assertEquals(read(...argv.split(" ")), {
      inventory: [],
      relay: { hostname: "relay.example", port: 4500 },
      serviceId: "web",
      serverName: "name",
      verifyPeer: false,
      caFile: "ca.pem",
      identity: { certificateFile: "a.pem", keyFile: "a.key" },
      protocol: "icmp",
      count: 7,
      durationMs: 1500,
      intervalMs: 10,
      payloadBytes: 500,
      destination: { address: "10.0.0.9", port: 53 },
      lingerMs: 500,
      lossLimit: { kind: "percent", percent: 2 },
      json: true,
    });
  });

  it("has no number of packets beside a duration that was given alone", () => {
    assertEquals([read("--duration", "3").count, read("--duration", "3").durationMs], [
      undefined,
      3000,
    ]);
  });

  it("knows the relay's port and takes IPv6", () => {
    assertEquals(read("--relay", "relay.example").relay?.port, 4433);
    assertEquals(read("--relay", "[::1]:5").relay, { hostname: "::1", port: 5 });
  });

  const wrong: { argv: string[]; says: RegExp }[] = [
    { argv: ["--proto", "tcp"], says: /"--proto".*TCP comes with a later one.*"tcp"/ },
    { argv: ["--proto", "sctp"], says: /"udp" or "icmp": current value is "sctp"/ },
    { argv: ["--count", "0"], says: /"--count"/ },
    { argv: ["--rate", "-3"], says: /"--rate"/ },
    { argv: ["--size", "35"], says: /"--size".*36 to 4096/ },
    { argv: ["--max-loss", "1.5"], says: /"--max-loss".*percentage.*"1.5"/ },
    { argv: ["--relay", "host:99999"], says: /"--relay"/ },
    { argv: ["--cert", "a.pem"], says: /"--cert" alone.*"--key" too/ },
    { argv: ["--key", "a.key"], says: /"--key" alone.*"--cert" too/ },
    { argv: ["--relais", "x"], says: /"--relais".*"--relay"/ },
    { argv: ["relay:4433"], says: /"relay:4433"/ },
  ];
  for (const { argv, says } of wrong) {
    it(`refuses ${argv.join(" ")}, and says why`, () => {
      assertMatch(assertThrows(() => readProbeCommand(argv), ConfigError).message, says);
    });
  }

  it("lists all mistakes at once", () => {
    const argv = ["--count", "x", "--proto", "tcp", "--size", "9"];
    const error = assertThrows(() => readProbeCommand(argv), ConfigError);
    assertEquals(error.message.split("\n").length, 3);
  });

  it("explains itself", () => {
    for (const flag of ["--help", "-h"]) {
      const command = readProbeCommand([flag]);
      assert(command.kind === "help");
      for (const name of ["--relay HOST", "--max-loss COUNT|PERCENT%", "--proto udp|icmp"]) {
        assertStringIncludes(command.text, name);
      }
    }
  });
});

describe("probe target", () => {
  const local: ProbeTarget = {
    relay: { hostname: "127.0.0.1", port: 4433 },
    serverName: "ztna-server",
    serviceId: "echo-service",
    tls: {
      identity: { certificateFile: "l.pem", keyFile: "l.key" },
      caFile: "lca.pem",
      verifyPeer: true,
    },
  };

  it("is the local deployment when no relay is given", () => {
    assertEquals(probeTarget(read(), local), local);
  });

  it("takes what is given instead of the local deployment's values", () => {
    const args = read("--service", "web", "--server-name", "x", "--no-verify-peer");
    assertEquals(probeTarget(args, local), {
      ...local,
      serviceId: "web",
      serverName: "x",
      tls: { ...local.tls, verifyPeer: false },
    });
  });

  it("says what to do when there is no local deployment", () => {
    const error = assertThrows(() => probeTarget(read(), undefined), ConfigError);
    assertMatch(error.message, /give "--relay HOST:PORT", or run "deno task deploy" first/);
  });

  it("uses nothing of the local deployment when a relay is given", () => {
    const args = read("--relay", "192.0.2.1", "--service", "web", "--ca", "ca.pem");
    assertEquals(probeTarget(args, local), {
      relay: { hostname: "192.0.2.1", port: 4433 },
      serverName: "ztna-server",
      serviceId: "web",
      tls: { caFile: "ca.pem", verifyPeer: true },
    });
  });

  it("expects the relay's certificate to carry its host name", () => {
    const name = (...argv: string[]): string =>
      probeTarget(read("--service", "web", ...argv), undefined).serverName;
    assertEquals(name("--relay", "relay.example"), "relay.example");
    assertEquals(name("--relay", "[2001:db8::1]:4433"), "ztna-server");
    assertEquals(name("--relay", "relay.example", "--server-name", "other"), "other");
  });

  it("wants a service for another relay", () => {
    const args = read("--relay", "192.0.2.1");
    assertThrows(() => probeTarget(args, local), ConfigError, 'give "--service ID"');
  });
});
