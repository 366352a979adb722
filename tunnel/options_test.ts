import {
  assert,
  assertEquals,
  assertInstanceOf,
  assertMatch,
  assertStringIncludes,
  assertThrows,
} from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import fc from "fast-check";
import { ConfigError } from "./errors.ts";
import { defineProgram, helpText, optionTableRows, parseOptions } from "./options.ts";

const relay = defineProgram({
  name: "deno task relay",
  summary: "Forwards packets",
  version: "1.2.3",
  configFiles: ["/etc/ztna/intermediate.json", "intermediate.json"],
  options: {
    port: {
      type: "port",
      key: "port",
      flag: "--port",
      positional: 1,
      default: 4433,
      help: "UDP port",
    },
    cert: {
      type: "string",
      key: "cert_path",
      flag: "--cert",
      positional: 2,
      default: "certs/cert.pem",
      placeholder: "FILE",
      help: "Certificate chain",
    },
    bind: {
      type: "string",
      key: "bind_addr",
      flag: "--bind",
      positional: 3,
      default: "0.0.0.0",
      help: "Address to listen on",
      check: (value) => /^[\d.]+$/.test(value) ? undefined : "it must be an IPv4 address",
    },
    externalIp: {
      type: "string",
      key: "external_ip",
      flag: "--external-ip",
      help: "Public address",
    },
    verifyPeer: {
      type: "boolean",
      key: "verify_peer",
      flag: "--verify-peer",
      default: true,
      help: "Check chains",
    },
    disableRetry: {
      type: "boolean",
      key: "disable_retry",
      flag: "--disable-retry",
      default: false,
      help: "No Retry",
    },
    metricsPort: {
      type: "port",
      key: "metrics_port",
      flag: "--metrics-port",
      default: 9090,
      group: "Operation",
      help: "Port of the admin endpoints",
    },
    logLevel: {
      type: "choice",
      choices: ["debug", "info", "warn", "error"],
      flag: "--log-level",
      default: "info",
      group: "Operation",
      help: "Least grave lines that are written",
    },
  },
});

const connector = defineProgram({
  name: "deno task connector",
  summary: "Serves applications",
  version: "1.2.3",
  configFiles: ["connector.json"],
  options: {
    server: {
      type: "host_port",
      keys: { hostname: "intermediate_server.host", port: "intermediate_server.port" },
      flag: "--server",
      default: { hostname: "127.0.0.1", port: 4433 },
      defaultPort: 4433,
      help: "The relay",
    },
    services: {
      type: "objects",
      key: "services",
      help: "What is served",
      fields: {
        id: { type: "string", required: true, help: "Service ID" },
        backend: { type: "host_port", required: true, help: "Where it runs" },
        protocol: { type: "choice", choices: ["udp", "tcp"], default: "udp", help: "Protocol" },
      },
    },
    p2pPort: { type: "port", key: "p2p.port", flag: "--p2p-port", default: 4434, help: "P2P port" },
    p2pCert: { type: "string", key: "p2p.cert", flag: "--p2p-cert", help: "P2P certificate" },
    peers: { type: "strings", key: "peers", flag: "--peer", help: "Other peers" },
    maxLoss: {
      type: "number",
      flag: "--max-loss",
      min: 0,
      max: 1,
      default: 0,
      help: "Loss allowed",
    },
  },
});

/** Files by path; all others are missing. */
function files(contents: Readonly<Record<string, unknown>> = {}): (path: string) => Uint8Array {
  return (path) => {
    const content = Object.hasOwn(contents, path) ? contents[path] : undefined;
    if (content === undefined) throw new Deno.errors.NotFound("No such file");
    if (content instanceof Error) throw content;
    if (content instanceof Uint8Array) return content;
    return new TextEncoder().encode(
      typeof content === "string" ? content : JSON.stringify(content, null, 2),
    );
  };
}

function runRelay(
  argv: readonly string[],
  contents: Readonly<Record<string, unknown>> = {},
): Extract<ReturnType<typeof parseOptions<typeof relay.options>>, { kind: "run" }> {
  const parsed = parseOptions(relay, argv, files(contents));
  assert(parsed.kind === "run");
  return parsed;
}

function runConnector(
  argv: readonly string[],
  content?: unknown,
): Extract<ReturnType<typeof parseOptions<typeof connector.options>>, { kind: "run" }> {
  const contents = content === undefined ? {} : { "connector.json": content };
  const parsed = parseOptions(connector, argv, files(contents));
  assert(parsed.kind === "run");
  return parsed;
}

function mistakes(run: () => unknown): string[] {
  return assertThrows(run, ConfigError).message.split("\n");
}

describe("parseOptions, values", () => {
  it("takes defaults when nothing is given, with exact types", () => {
    const { values, sources, configFile } = runRelay([]);
    const port: number = values.port;
    const externalIp: string | undefined = values.externalIp;
    const logLevel: "debug" | "info" | "warn" | "error" = values.logLevel;
    const verifyPeer: boolean = values.verifyPeer;
    // @ts-expect-error -- it has no default
    const wrong: string = values.externalIp;
    assertEquals([port, externalIp, logLevel, verifyPeer, wrong], [
      4433,
      undefined,
      "info",
      true,
      undefined,
    ]);
    assertEquals([sources.port, configFile], ["default", undefined]);
  });

  it("lets a flag win over a place, that over the file, that over the default", () => {
    const file = { "intermediate.json": { port: 1, cert_path: "file.pem", bind_addr: "10.0.0.1" } };
    const { values, sources, configFile } = runRelay(["2", "place.pem", "--port", "3"], file);
    assertEquals([values.port, values.cert, values.bind, values.metricsPort], [
      3,
      "place.pem",
      "10.0.0.1",
      9090,
    ]);
    assertEquals([sources.port, sources.cert, sources.bind, sources.metricsPort], [
      "flag",
      "positional",
      "file",
      "default",
    ]);
    assertEquals(configFile, "intermediate.json");
  });

  const forms: [argv: string[], expected: Record<string, unknown>][] = [
    [["--port", "1"], { port: 1 }],
    [["--port=1"], { port: 1 }],
    [["--port", "0", "--metrics-port=65535"], { port: 0, metricsPort: 65535 }],
    [["--no-verify-peer"], { verifyPeer: false }],
    [["--verify-peer=false"], { verifyPeer: false }],
    [["--verify-peer", "false"], { verifyPeer: false }],
    [["--disable-retry"], { disableRetry: true }],
    [["--disable-retry", "5000"], { disableRetry: true, port: 5000 }],
    [["--cert=a=b"], { cert: "a=b" }],
    [["--cert", "007"], { cert: "007" }],
    [["1", "007"], { port: 1, cert: "007" }],
    [["--", "5000", "--odd"], { port: 5000, cert: "--odd" }],
    [["--cert=--port"], { cert: "--port" }],
    [["--cert", "-"], { cert: "-" }],
    [["--cert", "-", "5000"], { cert: "-", port: 5000 }],
    [["--external-ip", "a b\n"], { externalIp: "a b\n" }],
  ];
  for (const [argv, expected] of forms) {
    it(`reads ${argv.join(" ")}`, () => {
      const { values } = runRelay(argv);
      assertEquals(values, { ...runRelay([]).values, ...expected });
    });
  }

  it("never takes the value of a flag for a positional argument (LR31)", () => {
    const file = { "x.json": {} };
    assertEquals(runRelay(["--config", "x.json"], file).values.cert, "certs/cert.pem");
    assertEquals(runRelay(["--metrics-port", "0"]).values.port, 4433);
    const { values } = runRelay(["--config", "x.json", "--port", "5000"], file);
    assertEquals([values.port, values.bind], [5000, "0.0.0.0"]);
  });

  it("reads nested keys and lists of objects", () => {
    const { values } = runConnector([], {
      intermediate_server: { host: "relay.example", port: 5000 },
      services: [
        { id: "web", backend: "[::1]:80", protocol: "tcp" },
        { id: "dns", backend: "localhost:53", protocol: null },
      ],
      p2p: { port: 1, cert: null },
      peers: ["a", "b"],
    });
    const protocol: "udp" | "tcp" | undefined = values.services[0]?.protocol;
    assertEquals(protocol, "tcp");
    assertEquals(values, {
      server: { hostname: "relay.example", port: 5000 },
      services: [
        { id: "web", backend: { hostname: "::1", port: 80 }, protocol: "tcp" },
        { id: "dns", backend: { hostname: "localhost", port: 53 }, protocol: "udp" },
      ],
      p2pPort: 1,
      p2pCert: undefined,
      peers: ["a", "b"],
      maxLoss: 0,
    });
  });

  it("completes a host and port from the default", () => {
    assertEquals(runConnector([], { intermediate_server: { host: "::1" } }).values.server, {
      hostname: "::1",
      port: 4433,
    });
    assertEquals(runConnector([], { intermediate_server: { port: 9 } }).values.server, {
      hostname: "127.0.0.1",
      port: 9,
    });
    assertEquals(runConnector(["--server", "[fe80::1%eth0]"]).values.server, {
      hostname: "fe80::1%eth0",
      port: 4433,
    });
  });

  it("takes lists from repeated flags, and lists are empty by default", () => {
    assertEquals(runConnector(["--peer", "a", "--peer=b"]).values.peers, ["a", "b"]);
    const { values } = runConnector([]);
    assertEquals([values.peers, values.services], [[], []]);
  });

  it("takes the first usual file that exists, and no other when one is named", () => {
    const usual = { "/etc/ztna/intermediate.json": { port: 1 }, "intermediate.json": { port: 2 } };
    assertEquals(runRelay([], usual).values.port, 1);
    assertEquals(runRelay(["--config", "x"], { ...usual, x: {} }).values.port, 4433);
  });

  it("counts a usual file as missing when permissions keep this process from looking", () => {
    const denied = new Deno.errors.NotCapable("Requires read access");
    assertEquals(runRelay([], { "intermediate.json": denied }).configFile, undefined);
  });
});

describe("parseOptions, mistakes on the command line", () => {
  const cases: [argv: string[], message: string][] = [
    [
      ["--prot", "1"],
      'Cannot use "--prot" as there is no such flag: the nearest valid flag is "--port"',
    ],
    [["--no-verify-per"], 'the nearest valid flag is "--no-verify-peer"'],
    [["--no-port", "1"], 'Cannot use "--no-port" as there is no such flag'],
    [["-p", "1"], 'Cannot use "-p" as there is no such flag'],
    [["--port.x=1"], 'Cannot use "--port.x" as there is no such flag'],
    [["--__proto__=1"], 'Cannot use "--__proto__" as there is no such flag'],
    [["--_", "x"], 'Cannot use "--_" as there is no such flag'],
    [
      ["--port", "70000"],
      'Cannot use "--port" as it must be a whole decimal number from 0 to 65535: current value is "70000"',
    ],
    [["--port", "0x10"], 'current value is "0x10"'],
    [["--port", "1e3"], 'current value is "1e3"'],
    [["--port", "080"], 'current value is "080"'],
    [["--port", " 80"], 'current value is " 80"'],
    [["--port=-1"], 'current value is "-1"'],
    [["--port=80\x1b[31m"], 'current value is "80\\u001b[31m"'],
    [["--port"], 'Cannot use "--port" as it has no value'],
    [["--port", "--cert", "x"], 'Cannot use "--port" as it has no value'],
    [["--cert="], 'Cannot use "--cert" as it has no value'],
    [["--port", "1", "--port", "2"], 'Cannot use "--port" as it is given 2 times'],
    [["--config", "a", "--config", "b"], 'Cannot use "--config" as it is given 2 times'],
    [
      ["--bind", "host"],
      'Cannot use "--bind" as it must be an IPv4 address: current value is "host"',
    ],
    [["--log-level", "all"], 'it must be one of "debug", "info", "warn", "error"'],
    [
      ["--verify-peer=yes"],
      'Cannot use "--verify-peer" as it must be true or false: current value is "yes"',
    ],
    [["--no-verify-peer=false"], 'Cannot use "--no-verify-peer" as it takes no value'],
    [["--no-verify-peer=true"], 'Cannot use "--no-verify-peer" as it takes no value'],
    [["--no-verify-peer", "--verify-peer"], 'as "--no-verify-peer" is given too'],
    [
      ["x"],
      'Cannot use argument 1 as it must be a whole decimal number from 0 to 65535: current value is "x"',
    ],
    [["1", "c", "1.2.3.4", "x"], "at most 3 arguments without a flag are taken"],
    [["--config", "none.json"], 'it does not exist: current value is "none.json"'],
  ];
  for (const [argv, message] of cases) {
    it(`refuses ${JSON.stringify(argv)}`, () => {
      const [only = "", ...others] = mistakes(() => runRelay(argv));
      assertEquals(others, []);
      assertStringIncludes(only, message);
    });
  }

  it("refuses hosts and ports, numbers and arguments that are wrong", () => {
    const wrong: string[][] = [
      ...["", "x:", "x:0", "x:65536", ":1", "::1:4433", "[::1", "[x]:1", "a b:1", "x:1:2", "x:01"]
        .map((text) => [`--server=${text}`]),
      ...["1.1", "-0.1", ".5", "1.", "NaN", "1e-3"].map((text) => [`--max-loss=${text}`]),
      ["argument"],
    ];
    for (const argv of wrong) {
      assertEquals(mistakes(() => runConnector(argv)).length, 1, argv.join());
    }
    assertEquals(runConnector(["--max-loss", "0.25"]).values.maxLoss, 0.25);
  });

  it("reports all mistakes of the command line and the file together", () => {
    const lines = mistakes(() =>
      runRelay(["--prot", "1", "--bind", "x"], { "intermediate.json": { prt: 1, verify_peer: 1 } })
    );
    assertEquals(lines.length, 4);
  });
});

describe("parseOptions, mistakes in the file", () => {
  const cases: [content: unknown, message: string][] = [
    [
      { p2p: { prot: 1 } },
      'Cannot use "p2p.prot" in "connector.json" line 3 column 5 as there is no such key, the nearest valid key is "port"',
    ],
    [{ service: [] }, 'the nearest valid key is "services"'],
    [
      { p2p: { port: "80" } },
      'Cannot use "p2p.port" in "connector.json" line 3 column 13 as it must be a whole decimal number from 0 to 65535: current value is the string "80"',
    ],
    [{ p2p: { port: 1.5 } }, "current value is the number 1.5"],
    [{ p2p: { port: 65536 } }, "current value is the number 65536"],
    [
      { p2p: { cert: 1 } },
      "it must be a text of 1 to 4096 characters: current value is the number 1",
    ],
    [{ p2p: { cert: "" } }, 'current value is the string ""'],
    [{ p2p: 1 }, 'it must be an object with "port", "cert": current value is the number 1'],
    [{ services: {} }, "it must be an array of objects: current value is an object"],
    [
      { services: [1] },
      '"services[0]" in "connector.json" line 3 column 5 as it must be an object with',
    ],
    [{ services: [{ id: "a" }] }, '"services[0].backend"'],
    [{ services: [{ id: "a", backend: "x:1", bakend: 1 }] }, 'the nearest valid key is "backend"'],
    [{ services: [{ id: "a", backend: "x" }] }, "it must be HOST:PORT"],
    [{ intermediate_server: { host: "a b" } }, "it must be a host name"],
    [{ intermediate_server: { port: 0 } }, "from 1 to 65535: current value is the number 0"],
    [{ peers: "x" }, "it must be an array of texts"],
    [{ peers: [1] }, '"peers[0]"'],
    [[], "it must be an object: current value is an array of 0"],
    [
      '{"p2p": {},\n "p2p": {}}',
      'Cannot use "p2p" in "connector.json" line 2 column 2 as it is given before',
    ],
    ['{"__proto__": {}}', 'Cannot use "__proto__"'],
    ['{\n "p2p": {"port": 1,}}', '"connector.json" line 2 column 20 as it is not JSON: a key'],
    ["", "as it is not JSON: a value is expected here instead of the end of the file"],
    [Uint8Array.of(0x7b, 0xff), "it must be UTF-8 text"],
    [new Uint8Array(1_048_577), "at most 1048576 bytes"],
    [
      new Deno.errors.PermissionDenied("Permission denied"),
      'Permission denied": current value is "connector.json"',
    ],
    [new Error("Is a directory\nfoo"), "Is a directory"],
  ];
  for (const [i, [content, message]] of cases.entries()) {
    it(`refuses case ${i}: ${message}`, () => {
      const [only = "", ...others] = mistakes(() => runConnector([], content));
      assertEquals(others, []);
      assertStringIncludes(only, message);
    });
  }

  it("says what is missing when something required is not given", () => {
    const program = defineProgram({
      name: "p",
      summary: "P",
      version: "1",
      options: {
        service: { type: "string", flag: "--service", key: "service", required: true, help: "S" },
        relay: { type: "host_port", keys: { hostname: "r.host", port: "r.port" }, help: "R" },
      },
      configFiles: ["p.json"],
    });
    assertEquals(
      mistakes(() => parseOptions(program, [], files({ "p.json": { r: { host: "x" } } }))),
      [
        'Cannot start as option "service" is required: give "--service" or key "service" in the configuration file',
        'Cannot start as option "relay" has no port: give key "r.host" in the configuration file or key "r.port" in the configuration file',
      ],
    );
  });

  it("lets a flag stand for a value of its own when none follows", () => {
    const program = defineProgram({
      name: "p",
      summary: "P",
      version: "1",
      options: {
        every: { type: "number", flag: "--every", placeholder: "SECONDS", bare: 60, help: "E" },
        odd: { type: "boolean", flag: "--odd", help: "O" },
      },
    });
    const every = (...argv: string[]): number | undefined => {
      const parsed = parseOptions(program, argv, files());
      return parsed.kind === "run" ? parsed.values.every : undefined;
    };
    assertEquals([every(), every("--every"), every("--every", "--odd")], [undefined, 60, 60]);
    assertEquals([every("--every", "5"), every("--every=7")], [5, 7]);
    assertEquals(mistakes(() => every("--every", "--every", "5")).length, 1);
    assertStringIncludes(helpText(program), "--every [SECONDS]           E (60 if not said)");
  });

  it("reads a real file, and no more of it than the limit", async () => {
    const path = await Deno.makeTempFile();
    try {
      await Deno.writeTextFile(path, '{"port": 7}');
      const parsed = parseOptions(relay, ["--config", path]);
      assert(parsed.kind === "run");
      assertEquals(parsed.values.port, 7);
      await Deno.truncate(path, 2 ** 31);
      assertMatch(mistakes(() => parseOptions(relay, ["--config", path]))[0] ?? "", /at most/);
    } finally {
      await Deno.remove(path);
    }
  });
});

describe("parseOptions, help and version", () => {
  it("prints help whatever else is there", () => {
    for (const argv of [["--help"], ["-h"], ["--prot", "1", "--help"]]) {
      const parsed = parseOptions(relay, argv, files());
      assert(parsed.kind === "help");
      assertEquals(parsed.text, helpText(relay));
    }
  });

  it("prints the version", () => {
    const parsed = parseOptions(relay, ["--version"], files());
    assertEquals(parsed, { kind: "version", text: "deno task relay 1.2.3" });
  });

  it("is made from the declarations, grouped, with defaults", () => {
    assertEquals(
      helpText(relay),
      `Forwards packets

Usage: deno task relay [OPTIONS] [PORT [CERT [BIND]]]

Options:
  --port PORT                 UDP port (key port; default: 4433)
  --cert FILE                 Certificate chain (key cert_path; default: certs/cert.pem)
  --bind TEXT                 Address to listen on (key bind_addr; default: 0.0.0.0)
  --external-ip TEXT          Public address (key external_ip)
  --[no-]verify-peer          Check chains (key verify_peer; default: true)
  --[no-]disable-retry        No Retry (key disable_retry; default: false)

Operation:
  --metrics-port PORT         Port of the admin endpoints (key metrics_port; default: 9090)
  --log-level debug|info|warn|error
                              Least grave lines that are written (default: info)

General:
  --config FILE               Configuration file, JSON (default: the first that exists of
                              /etc/ztna/intermediate.json, intermediate.json)
  -h, --help                  Print this
  --version                   Print the version`,
    );
    assertStringIncludes(helpText(connector), '"services" in the file      What is served');
    assertEquals(
      optionTableRows(connector)[0],
      "| `intermediate_server.host`, `intermediate_server.port` | `--server HOST[:PORT]` |  | HOST[:PORT] | `127.0.0.1:4433` | The relay |",
    );
  });
});

describe("parseOptions, any input", () => {
  const flags = [
    "--port",
    "--cert",
    "--verify-peer",
    "--no-verify-peer",
    "--config",
    "--server",
    "--peer",
  ];
  const word = fc.oneof(
    fc.constantFrom(
      ...flags,
      ...flags.map((flag) => `${flag}=`),
      "--",
      "-",
      "-h",
      "--_",
      "true",
      "x",
    ),
    fc.constantFrom(
      "--__proto__",
      "--constructor",
      "--a.b=c",
      "--toString",
      "-=",
      "--=",
      "--no-",
      "-hx=1",
    ),
    fc.string({ unit: "binary", maxLength: 8 }),
    fc.string({ unit: "binary", maxLength: 8 }).map((text) => `--${text}`),
    fc.nat(100_000).map(String),
  );
  const file = fc.oneof(
    fc.constant(undefined),
    fc.uint8Array(),
    fc.json(),
    fc.record({
      port: fc.anything(),
      verify_peer: fc.anything(),
      p2p: fc.anything(),
      services: fc.array(fc.dictionary(fc.constantFrom("id", "backend", "x"), fc.anything())),
      intermediate_server: fc.dictionary(
        fc.constantFrom("host", "port", "__proto__"),
        fc.anything(),
      ),
    }, { requiredKeys: [] }).map((value) => JSON.stringify(value)),
  );

  it("gives options or a ConfigError with whole lines, nothing else", () => {
    fc.assert(
      fc.property(fc.array(word, { maxLength: 6 }), file, (argv, content) => {
        const readFile = files({
          x: content,
          "intermediate.json": content,
          "connector.json": content,
        });
        for (const program of [relay, connector]) {
          try {
            parseOptions(program as typeof relay, argv, readFile);
          } catch (error) {
            assertInstanceOf(error, ConfigError);
            for (const line of error.message.split("\n")) {
              assertMatch(line, /^Cannot (use|read|start) .+/);
              assert(!/\p{Cc}/u.test(line));
            }
          }
        }
      }),
      { numRuns: 2000 },
    );
  });

  it("reads back every port, given in any form", () => {
    const form = fc.constantFrom(
      (port: number) => [`--port=${port}`],
      (port: number) => ["--port", `${port}`],
      (port: number) => ["--no-verify-peer", `${port}`],
    );
    fc.assert(fc.property(fc.integer({ min: 0, max: 65535 }), form, (port, argv) => {
      assertEquals(runRelay(argv(port)).values.port, port);
    }));
  });
});

describe("defineProgram", () => {
  const base = { name: "p", summary: "P", version: "1" };
  const declare = (options: Parameters<typeof defineProgram>[0]["options"]): unknown =>
    defineProgram({ ...base, options });

  it("refuses declarations that clash", () => {
    const text = { type: "string", help: "T" } as const;
    const wrong: [string, Parameters<typeof declare>[0]][] = [
      ["kebab case", { a: { ...text, flag: "--a_b" } }],
      ["kebab case", { a: { ...text, flag: "--no-a" } }],
      ["another option has its flag", { a: { ...text, flag: "--x" }, b: { ...text, flag: "--x" } }],
      ["another option has its flag", { a: { ...text, flag: "--config" } }],
      ["snake case", { a: { ...text, key: "A" } }],
      ["another option has its key", { a: { ...text, key: "p.x" }, b: { ...text, key: "p" } }],
      ["without gaps", { a: { ...text, positional: 2 } }],
      ["it is required", { a: { ...text, required: true, default: "x" } }],
      ["one letter", { a: { ...text, flag: "--aa", short: "-aa" } }],
      ["one letter", { a: { ...text, flag: "--aa", short: "--a" } }],
      ["stands for a long one", { a: { ...text, short: "-a" } }],
      ["another option has its flag", { a: { ...text, flag: "--aa", short: "-h" } }],
      ["another option has its flag", {
        a: { ...text, flag: "--aa", short: "-a" },
        b: { ...text, flag: "--ab", short: "-a" },
      }],
      ["only one option takes the rest", {
        a: { type: "rest", placeholder: "A", help: "A" },
        b: { type: "rest", placeholder: "B", help: "B" },
      }],
      ["required places come first", {
        a: { ...text, positional: 1 },
        b: { ...text, positional: 2, required: true },
      }],
    ];
    for (const [rule, options] of wrong) assertThrows(() => declare(options), TypeError, rule);
  });
});
