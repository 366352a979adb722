import { assert, assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { ConfigError } from "../tunnel/errors.ts";
import { type ConnectorConfig, connectorProgram, readConnectorCommand } from "./config.ts";

/** Reads flags and, if given, a configuration file's contents. */
function read(argv: readonly string[], file?: unknown): ConnectorConfig {
  const command = readConnectorCommand(
    file === undefined ? argv : ["--config", "c.json", ...argv],
    () => {
      if (file === undefined) throw new Deno.errors.NotFound();
      return new TextEncoder().encode(JSON.stringify(file));
    },
  );
  assert(command.kind === "run");
  return command.config;
}

function mistakes(argv: readonly string[], file?: unknown): string {
  const error = assertThrows(() => read(argv, file), ConfigError);
  assertEquals(error.exitCode, 2);
  return error.message;
}

const two = {
  services: [
    { id: "web", backend: "web.internal:80", protocol: "tcp" },
    { id: "dns", backend: "[::1]:53", protocol: "udp", service_ip: "10.100.0.2" },
  ],
};

describe("the connector's configuration", () => {
  it("has the reference's defaults, but listens on loopback", () => {
    assertEquals(read([]), {
      server: { host: "127.0.0.1", port: 4433 },
      serverName: "ztna-server",
      caFile: undefined,
      verifyPeer: true,
      identity: undefined,
      services: [{
        id: "default",
        backend: { host: "127.0.0.1", port: 8080 },
        protocol: "any",
        serviceAddress: undefined,
      }],
      maxUdpFlows: 4096,
      admin: { hostname: "127.0.0.1", port: 9091 },
      metricsListener: undefined,
      p2pIdentity: undefined,
      logLevel: "info",
    });
  });

  it("looks for the reference's files", () => {
    const tried: string[] = [];
    readConnectorCommand([], (path) => {
      tried.push(path);
      throw new Deno.errors.NotFound();
    });
    assertEquals(tried, ["/etc/ztna/connector.json", "connector.json"]);
  });

  it("reads all keys of the reference's file, and ours", () => {
    const config = read([], {
      intermediate_server: { host: "Relay.Example.", port: 5000, server_name: "ztna-server" },
      ...two,
      p2p: { cert: "p2p.pem", key: "p2p.key", port: 4500 },
      ca_cert: "ca.pem",
      verify_peer: false,
      client_cert: "me.pem",
      client_key: "me.key",
      metrics_port: 0,
      log_level: "debug",
      max_udp_flows: 100,
    });
    assertEquals(config, {
      server: { host: "relay.example", port: 5000 },
      serverName: "ztna-server",
      caFile: "ca.pem",
      verifyPeer: false,
      identity: { certificateFile: "me.pem", keyFile: "me.key" },
      services: [
        {
          id: "web",
          backend: { host: "web.internal", port: 80 },
          protocol: "tcp",
          serviceAddress: undefined,
        },
        {
          id: "dns",
          backend: { host: "::1", port: 53 },
          protocol: "udp",
          serviceAddress: 0x0a64_0002,
        },
      ],
      maxUdpFlows: 100,
      admin: undefined,
      metricsListener: undefined,
      p2pIdentity: { certificateFile: "p2p.pem", keyFile: "p2p.key" },
      logLevel: "debug",
    });
  });

  const names: readonly [argv: string[], serverName: string][] = [
    [["--server", "relay.example:4433"], "relay.example"],
    [["--server", "RELAY.example"], "relay.example"],
    [["--server", "192.0.2.1:4433"], "ztna-server"],
    [["--server", "[2001:db8::1]:4433"], "ztna-server"],
    [["--server", "192.0.2.1", "--server-name", "Relay.Example"], "relay.example"],
    [["--server", "relay.example", "--server-name", "ztna-server"], "ztna-server"],
  ];
  for (const [argv, serverName] of names) {
    it(`expects ${serverName} from ${argv.join(" ")}`, () => {
      assertEquals(read(argv).serverName, serverName);
    });
  }

  it("takes IPv6 addresses in the forms that people write", () => {
    assertEquals(read(["--server", "[2001:DB8:0::1]:1"]).server, { host: "2001:db8::1", port: 1 });
    assertEquals(read(["--metrics-bind", "[::1]"]).admin?.hostname, "::1");
  });

  const chosen: readonly [what: string, argv: string[], file: unknown, services: string[]][] = [
    ["one service by flags", ["--service", "a", "--forward", "b:1"], undefined, ["a b:1"]],
    ["all services of the file", [], two, ["web web.internal:80", "dns ::1:53"]],
    ["one service of the file by its ID", ["--service", "dns"], two, ["dns ::1:53"]],
    [
      "one service of the file with another backend",
      ["--service", "dns", "--forward", "10.0.0.1:54"],
      two,
      ["dns 10.0.0.1:54"],
    ],
    [
      "a service that the file hasn't",
      ["--service", "new", "--forward", "10.0.0.1:54"],
      two,
      ["new 10.0.0.1:54"],
    ],
    [
      "the file's only service under another ID",
      ["--service", "b"],
      { services: [{ id: "a", backend: "x:1" }] },
      ["b x:1"],
    ],
    [
      "the file's only service with another backend",
      ["--forward", "y:2"],
      { services: [{ id: "a", backend: "x:1" }] },
      ["a y:2"],
    ],
    ["the default backend", [], { services: [{ id: "a" }] }, ["a 127.0.0.1:8080"]],
  ];
  for (const [what, argv, file, services] of chosen) {
    it(`provides ${what}`, () => {
      const found = read(argv, file).services.map(({ id, backend }) =>
        `${id} ${backend.host}:${backend.port}`
      );
      assertEquals(found, services);
    });
  }

  it("keeps protocol and address of a service that a flag chooses", () => {
    const [dns] = read(["--service", "dns"], two).services;
    assertEquals([dns?.protocol, dns?.serviceAddress], ["udp", 0x0a64_0002]);
    const [other] = read(["--service-ip", "10.100.0.9", "--service", "dns"], two).services;
    assertEquals(other?.serviceAddress, 0x0a64_0009);
  });

  const wrong: readonly [what: string, argv: string[], file: unknown, says: string[]][] = [
    ["an unknown key", [], { servces: [] }, ['"servces"', '"services"']],
    ["an unknown flag", ["--forwrd", "a:1"], undefined, ['"--forwrd"', '"--forward"']],
    ["a wrong type", [], { metrics_port: "9091" }, ["metrics_port", "9091"]],
    ["a backend without a port", ["--forward", "host"], undefined, ["port", '"host"']],
    [
      "a backend in the file",
      [],
      { services: [{ id: "a", backend: "0.0.0.0:80" }] },
      ["services[0].backend", "all addresses"],
    ],
    ["no service ID", [], { services: [{ backend: "a:1" }] }, ["services[0]", "id"]],
    [
      "two services of one ID",
      [],
      { services: [{ id: "a" }, { id: "b" }, { id: "a" }] },
      ["services[2].id", '"a"'],
    ],
    ["an ID of 256 bytes", ["--service", "é".repeat(128)], undefined, ["255 bytes"]],
    ["an unknown protocol", [], { services: [{ id: "a", protocol: "sctp" }] }, ['"udp"', "sctp"]],
    ["a wrong service address (fault LC34)", ["--service-ip", "10.0.0"], undefined, ["IPv4"]],
    ["a wrong external address", ["--external-ip", "home"], undefined, ["--external-ip"]],
    ["a relay that is no host", ["--server", "1.2.3:4433"], undefined, ["--server", "IPv4"]],
    ["a server name that is an address", ["--server-name", "10.0.0.1"], undefined, ["name"]],
    ["a certificate without its key", ["--client-cert", "a"], undefined, ['"--client-key"']],
    ["a key without its certificate", [], { p2p: { key: "a" } }, ['"--p2p-cert"']],
    ["--forward with several services", ["--forward", "a:1"], two, ['"--service"', '"web"']],
    ["--service-ip with several", ["--service-ip", "10.0.0.1"], two, ['"service_ip"']],
    ["an unlisted service without backend", ["--service", "x"], two, ['"x"', '"dns"']],
  ];
  for (const [what, argv, file, says] of wrong) {
    it(`refuses ${what} and says what to do`, () => {
      const message = mistakes(argv, file);
      for (const part of says) assertStringIncludes(message, part);
      assertEquals(message.split("\n").length, 1, message);
    });
  }

  it("lists all mistakes at once", () => {
    const file = { services: [{ id: "a" }, { id: "a" }] };
    const message = mistakes(["--client-cert", "x", "--p2p-key", "y"], file);
    assertEquals(message.split("\n").length, 3);
  });

  it("explains every option", () => {
    const help = readConnectorCommand(["--help"]);
    assert(help.kind === "help");
    for (const { flag } of Object.values(connectorProgram.options) as { flag?: string }[]) {
      if (flag !== undefined) assertStringIncludes(help.text, flag.slice(2));
    }
  });
});
