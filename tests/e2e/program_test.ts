import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { after, before, describe, it } from "@std/testing/bdd";
import { Program } from "../support/program.ts";
import { relayArguments } from "../support/relay_program.ts";
import { TunnelLab } from "../support/tunnel_lab.ts";

type ProgramName = "relay" | "connector";

/** A mistake, and what the one message about it must contain. */
interface Mistake {
  readonly title: string;
  readonly program: ProgramName;
  /** `@NAME` stands for a file of the test's directory. */
  readonly args: readonly string[];
  readonly message: readonly string[];
}

const open = "--no-require-client-cert";

const mistakes: readonly Mistake[] = [
  {
    title: "an unknown flag",
    program: "relay",
    args: ["--prot", "4433"],
    message: ['"--prot"', 'the nearest valid flag is "--port"'],
  },
  {
    title: "an unknown flag",
    program: "connector",
    args: ["--servr", "127.0.0.1:4433"],
    message: ['"--servr"', 'the nearest valid flag is "--server"'],
  },
  {
    title: "an unknown key",
    program: "relay",
    args: ["--config", "@unknown_key.json"],
    message: ['"cert_pth"', 'the nearest valid key is "cert_path"', "unknown_key.json"],
  },
  {
    title: "an unknown key",
    program: "connector",
    args: ["--config", "@unknown_key.json"],
    message: ['"cert_pth"', "the nearest valid key is", "unknown_key.json"],
  },
  {
    title: "a value of the wrong type",
    program: "relay",
    args: ["--config", "@wrong_type.json", open],
    message: ['"metrics_port"', '"many"', "wrong_type.json"],
  },
  {
    title: "a value of the wrong type",
    program: "connector",
    args: ["--config", "@wrong_type.json"],
    message: ['"metrics_port"', '"many"', "wrong_type.json"],
  },
  {
    title: "a number out of range",
    program: "relay",
    args: ["--port", "70000", open],
    message: ['"--port"', "65535", "70000"],
  },
  {
    title: "a configuration file that does not exist",
    program: "relay",
    args: ["--config", "@nowhere.json"],
    message: ["nowhere.json"],
  },
  {
    title: "a configuration file that is not JSON",
    program: "connector",
    args: ["--config", "@broken.json"],
    message: ["broken.json"],
  },
  {
    title: "a certificate that does not exist",
    program: "relay",
    args: [open, "--cert", "@nowhere.pem", "--key", "@relay.key"],
    message: ["nowhere.pem", "must exist"],
  },
  {
    title: "a file that is no certificate",
    program: "relay",
    args: [open, "--cert", "@broken.json", "--key", "@relay.key"],
    message: ["broken.json", "certificate"],
  },
  {
    title: "a certificate and a key that don't match",
    program: "relay",
    args: [open, "--cert", "@relay.pem", "--key", "@other.key"],
    message: ["other.key", "relay.pem"],
  },
  {
    title: "a certificate and a key that don't match",
    program: "connector",
    args: ["--client-cert", "@client.pem", "--client-key", "@other.key"],
    message: ["other.key", "client.pem"],
  },
  {
    title: "a certificate without its key",
    program: "connector",
    args: ["--client-cert", "@client.pem"],
    message: ['"--client-cert"', '"--client-key"'],
  },
  {
    title: "an authority that does not exist",
    program: "connector",
    args: ["--ca-cert", "@nowhere.pem"],
    message: ["nowhere.pem"],
  },
  {
    title: "client certificates that are required without an authority",
    program: "relay",
    args: ["--cert", "@relay.pem", "--key", "@relay.key"],
    message: ["require_client_cert", "--ca-cert", "--no-require-client-cert"],
  },
  {
    title: "client certificates that are required and not asked for",
    program: "relay",
    args: [
      "--cert",
      "@relay.pem",
      "--key",
      "@relay.key",
      "--ca-cert",
      "@ca.pem",
      "--no-verify-peer",
    ],
    message: ["verify_peer", "require_client_cert"],
  },
  {
    title: "a retry key that is none",
    program: "relay",
    args: [open, "--cert", "@relay.pem", "--key", "@relay.key", "--retry-key", "@broken.json"],
    message: ["retry key", "32 bytes"],
  },
  {
    title: "an address that is none",
    program: "relay",
    args: [open, "--bind", "somewhere"],
    message: ['"somewhere"', "IPv4 or IPv6"],
  },
  {
    title: "a service address that is none [LC34]",
    program: "connector",
    args: ["--service-ip", "10.100.0"],
    message: ['"--service-ip"', '"10.100.0"', "IPv4"],
  },
  {
    title: "a backend that is none",
    program: "connector",
    args: ["--service", "web", "--forward", "127.0.0.1"],
    message: ['"--forward"', '"127.0.0.1"'],
  },
  {
    title: "two services of one ID",
    program: "connector",
    args: ["--config", "@twice.json"],
    message: ['"services[1].id"', '"web"'],
  },
];

const configurations = {
  "unknown_key.json": '{ "cert_pth": "x" }',
  "wrong_type.json": '{ "metrics_port": "many" }',
  "broken.json": "{ not JSON",
  "twice.json": '{ "services": [{ "id": "web" }, { "id": "web" }] }',
};

describe("a program with a wrong configuration", () => {
  let lab: TunnelLab;

  before(async () => {
    lab = await TunnelLab.create();
    await lab.certificates.server("other");
    await lab.certificates.client("connector", "client", ["web"]);
    for (const [name, text] of Object.entries(configurations)) {
      Deno.writeTextFileSync(`${lab.certificates.directory}/${name}`, text);
    }
  });

  after(async () => await lab[Symbol.asyncDispose]());

  for (const { title, program, args, message } of mistakes) {
    it(`says of ${title} in one message, and exits with 2: ${program}`, async () => {
      const { directory } = lab.certificates;
      const paths = args.map((arg) => arg.replace(/^@/, `${directory}/`));
      const { code, stdout, stderr } = await Program.run(program, paths);
      assertEquals([code, stdout], [2, ""], stderr);
      for (const part of message) assertStringIncludes(stderr, part);
      const [said, help, ...more] = stderr.trimEnd().split("\n");
      assert(said!.startsWith("Cannot "), stderr);
      assertEquals([help, more], [`See "deno task ${program} --help"`, []], stderr);
    });
  }

  it("says of each of several mistakes in a line of its own", async () => {
    const { code, stderr } = await Program.run("relay", ["--prot", "1", "--bind", "x", "--cret"]);
    assertEquals(code, 2);
    for (const part of ["--prot", '"x"', "--cret"]) assertStringIncludes(stderr, part);
  });
});

describe("a program whose port is in use", () => {
  it("says which one and how to choose another: the relay's UDP port", async () => {
    await using lab = await TunnelLab.create();
    const { port } = (await lab.openRelay()).address;
    const { code, stderr } = await Program.run("relay", relayArguments(lab, port));
    assertEquals(code, 2, stderr);
    assertStringIncludes(stderr, `127.0.0.1:${port}`);
    assertStringIncludes(stderr, "another program uses this port");
  });

  for (const program of ["relay", "connector"] as const) {
    it(`says which one and how to choose another: the ${program}'s admin port`, async () => {
      await using lab = await TunnelLab.create();
      using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
      const { port } = listener.addr;
      const args = program === "relay"
        ? relayArguments(lab, 0, port)
        : ["--service", "web", "--metrics-port", String(port)];
      const { code, stderr } = await Program.run(program, args);
      assertEquals(code, 2, stderr);
      assertStringIncludes(stderr, `127.0.0.1:${port}`);
      assertStringIncludes(stderr, "--metrics-port");
    });
  }
});

describe("a program's command line", () => {
  for (const program of ["relay", "connector"] as const) {
    it(`explains itself with --help: ${program}`, async () => {
      const { code, stdout, stderr } = await Program.run(program, ["--help"]);
      assertEquals([code, stderr], [0, ""]);
      for (const flag of ["--config", "--metrics-port", "--ca-cert"]) {
        assertStringIncludes(stdout, flag);
      }
    });
  }

  it("takes flags in any order, and no flag's value for a path [LR31]", async () => {
    await using lab = await TunnelLab.create();
    const { certificateFile, keyFile, caFile } = lab.relayConfig();
    const config = `${lab.certificates.directory}/relay.json`;
    Deno.writeTextFileSync(
      config,
      JSON.stringify({ cert_path: certificateFile, key_path: keyFile, ca_cert_path: caFile }),
    );
    // The reference would take the first value for the certificate and the third for an address.
    await using relay = new Program("relay", [
      ...["--metrics-port", "0", "--config", config, "--port", "0", "--bind", "127.0.0.1"],
    ]);
    const { address, requireClientCert } = await relay.logged("relay_started");
    assertStringIncludes(String(address), "127.0.0.1:");
    assertEquals(requireClientCert, true);
    const { file } = await relay.logged("configuration_read");
    assertEquals(file, config);
  });

  it("takes the reference's positional arguments", async () => {
    await using lab = await TunnelLab.create();
    const { certificateFile, keyFile } = lab.relayConfig();
    await using relay = new Program("relay", [
      ...["0", certificateFile, keyFile, "127.0.0.1", open, "--metrics-port", "0"],
    ]);
    await relay.logged("ready");
    const warning = await relay.logged("client_certificates_not_required");
    assertStringIncludes(String(warning["remedy"]), "--require-client-cert");
  });

  it("makes one connector of all services of its file [LC5]", async () => {
    await using lab = await TunnelLab.create();
    const relay = await lab.openRelay();
    const config = `${lab.certificates.directory}/connector.json`;
    Deno.writeTextFileSync(
      config,
      JSON.stringify({
        intermediate_server: { host: "localhost", port: relay.address.port },
        ca_cert: lab.certificates.caFile,
        metrics_port: 0,
        services: [
          { id: "one", backend: "localhost:7" },
          { id: "two", backend: "[::1]:7", protocol: "udp" },
          { id: "three", backend: "backend.example:7", service_ip: "10.100.0.1" },
        ],
      }),
    );
    await using connector = new Program("connector", ["--config", config]);
    await connector.logged("registered", 3);
    assertEquals(Object.keys(relay.status().services).sort(), ["one", "three", "two"]);
  });
});
