import { describe, it } from "@std/testing/bdd";
import { assert, assertEquals, assertThrows } from "@std/assert";
import { ConfigError } from "../tunnel/errors.ts";
import { readRelayCommand, type RelayConfig } from "./config.ts";

type Files = Readonly<Record<string, string>>;

function read(argv: readonly string[], files: Files = {}): RelayConfig {
  const command = readRelayCommand(argv, (path) => {
    if (!Object.hasOwn(files, path)) throw new Deno.errors.NotFound(path);
    return new TextEncoder().encode(files[path]);
  });
  assert(command.kind === "run");
  return command.config;
}

const ca = ["--ca-cert", "ca.pem"];
const open = ["--no-require-client-cert"];

describe("readRelayCommand", () => {
  it("has the reference's defaults, but requires client certificates", () => {
    assertEquals(read(ca), {
      bindAddresses: ["0.0.0.0"],
      port: 4433,
      certificateFile: "certs/cert.pem",
      keyFile: "certs/key.pem",
      caFile: "ca.pem",
      externalAddress: undefined,
      requireClientCertificate: true,
      retry: true,
      retryKey: undefined,
      admin: { hostname: "127.0.0.1", port: 9090 },
      metricsListener: undefined,
      drainTimeoutMs: 3000,
      maxConnections: 20_000,
      logLevel: "info",
    });
  });

  it("takes the reference's positional arguments", () => {
    const config = read(["5000", "c.pem", "k.pem", "127.0.0.1", "203.0.113.9", ...ca]);
    const { port, certificateFile, keyFile, bindAddresses, externalAddress } = config;
    assertEquals(
      [port, certificateFile, keyFile, bindAddresses, externalAddress],
      [5000, "c.pem", "k.pem", ["127.0.0.1"], "203.0.113.9"],
    );
  });

  it("never takes a flag's value for a positional argument", () => {
    const config = read(["--metrics-port", "0", "--port", "5000", ...ca]);
    const { port, certificateFile, bindAddresses, admin } = config;
    assertEquals(
      [port, certificateFile, bindAddresses, admin],
      [5000, "certs/cert.pem", ["0.0.0.0"], undefined],
    );
  });

  it("takes several addresses to listen on", () => {
    const { bindAddresses } = read(["--bind", "192.0.2.1,[2001:db8::1]", ...ca]);
    assertEquals(bindAddresses, ["192.0.2.1", "2001:db8::1"]);
  });

  it("takes the reference's configuration file and ours", () => {
    const file = {
      port: 1,
      cert_path: "c",
      key_path: "k",
      bind_addr: "[::1]",
      external_ip: "2001:db8::1",
      ca_cert_path: "ca",
      verify_peer: true,
      require_client_cert: true,
      disable_retry: true,
      metrics_port: 2,
      metrics_bind: "[::1]",
      retry_key_path: "key",
      max_connections: 5,
      drain_timeout: 0.5,
      log_level: "debug",
    };
    const files = { "/etc/ztna/relay.json": JSON.stringify(file), key: "ab".repeat(32) };
    assertEquals(read([], files), {
      bindAddresses: ["::1"],
      port: 1,
      certificateFile: "c",
      keyFile: "k",
      caFile: "ca",
      externalAddress: "2001:db8::1",
      requireClientCertificate: true,
      retry: false,
      retryKey: new Uint8Array(32).fill(0xab),
      admin: { hostname: "::1", port: 2 },
      metricsListener: undefined,
      drainTimeoutMs: 500,
      maxConnections: 5,
      logLevel: "debug",
    });
  });

  it("looks for the reference's files after its own", () => {
    const files = {
      "/etc/ztna/intermediate.json": '{"port": 2, "ca_cert_path": "ca"}',
      "intermediate.json": '{"port": 3, "ca_cert_path": "ca"}',
    };
    assertEquals(read([], files).port, 2);
    assertEquals(read(["--config", "intermediate.json"], files).port, 3);
  });

  it("prefers a flag to a positional argument, that to the file, and that to the default", () => {
    const files = { f: '{"port": 3, "metrics_port": 4, "ca_cert_path": "ca"}' };
    assertEquals(read(["--config", "f"], files).port, 3);
    assertEquals(read(["2", "--config", "f"], files).port, 2);
    assertEquals(read(["2", "--config", "f", "--port", "1"], files).port, 1);
  });

  it("opens the door when told to, by flag or file", () => {
    assertEquals(read(open).requireClientCertificate, false);
    const files = { f: '{"require_client_cert": false, "verify_peer": false}' };
    const config = read(["--config", "f", ...ca], files);
    assertEquals([config.requireClientCertificate, config.caFile], [false, undefined]);
    assertEquals(read(["--no-verify-peer", ...open]).requireClientCertificate, false);
  });

  const refused: Record<string, [argv: readonly string[], files: Files, parts: string[]]> = {
    '"verify_peer": false while certificates are required by default': [
      ["--config", "f", ...ca],
      { f: '{"verify_peer": false}' },
      ["verify_peer", "true by default", "--no-require-client-cert"],
    ],
    "--no-verify-peer with --require-client-cert": [
      ["--no-verify-peer", "--require-client-cert", ...ca],
      {},
      ["verify_peer", '"require_client_cert" is true;'],
    ],
    "required certificates without an authority": [[], {}, ["--ca-cert", "current value"]],
    "a host name to bind": [
      [...ca, "--bind", "localhost"],
      {},
      ["--bind", '"localhost"', "IPv4 or IPv6"],
    ],
    "an unknown key, with the nearest one": [
      ["--config", "f", ...open],
      { f: '{"metrics_prot": 1}' },
      ['"metrics_prot"', '"metrics_port"', '"f" line 1'],
    ],
    "an unknown flag, with the nearest one": [
      [...open, "--metric-port", "1"],
      {},
      ['"--metric-port"', '"--metrics-port"'],
    ],
    "a value of another type": [
      ["--config", "f", ...open],
      { f: '{"port": "4433"}' },
      ['"port"', 'the string "4433"'],
    ],
    "a retry key that is missing": [[...open, "--retry-key", "no"], {}, ['"no"', "does not exist"]],
    "a configuration file that is missing": [["--config", "no"], {}, ['"no"', "does not exist"]],
  };
  for (const [what, [argv, files, parts]] of Object.entries(refused)) {
    it(`refuses ${what}`, () => {
      const { message } = assertThrows(() => read(argv, files), ConfigError);
      for (const part of parts) assert(message.includes(part), `"${part}" in "${message}"`);
    });
  }

  it("reports a contradiction and a bad retry key together", () => {
    const argv = ["--no-verify-peer", "--retry-key", "no"];
    const { message } = assertThrows(() => read(argv), ConfigError);
    assertEquals(message.split("\n").length, 2);
  });

  it("prints every flag of the reference in its help", () => {
    const command = readRelayCommand(["--help"]);
    assert(command.kind === "help");
    const flags = "port cert key bind external-ip ca-cert verify-peer require-client-cert " +
      "disable-retry metrics-port config";
    for (const flag of flags.split(" ")) {
      assert(command.text.includes(`--${flag}`) || command.text.includes(`--[no-]${flag}`), flag);
    }
  });
});
