import {
  assert,
  assertEquals,
  assertInstanceOf,
  assertStringIncludes,
  assertThrows,
} from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import fc from "fast-check";
import { ConfigError } from "../errors.ts";
import { defineProgram, helpText, parseOptions } from "../options.ts";

const exec = defineProgram({
  name: "deno task exec",
  summary: "Runs a command",
  version: "1.2.3",
  options: {
    pattern: {
      type: "string",
      positional: 1,
      required: true,
      placeholder: "PATTERN",
      help: "Hosts to run it on",
    },
    command: {
      type: "rest",
      placeholder: "COMMAND",
      required: true,
      help: "The command and its arguments",
    },
    inventory: {
      type: "strings",
      flag: "--inventory",
      short: "-i",
      placeholder: "FILE",
      help: "Inventory",
    },
    user: { type: "string", flag: "--user", short: "-u", help: "Who to become" },
    verbose: { type: "count", flag: "--verbose", short: "-v", help: "Show more" },
    ask: { type: "boolean", flag: "--ask", short: "-K", help: "Ask for the password" },
    forks: { type: "integer", flag: "--forks", min: 1, default: 32, help: "At a time" },
  },
});

function mistakes(run: () => unknown): string[] {
  return assertThrows(run, ConfigError).message.split("\n");
}

describe("parseOptions, short flags, counts and what follows --", () => {
  const run = (argv: readonly string[]): Record<string, unknown> => {
    const parsed = parseOptions(exec, argv);
    assert(parsed.kind === "run");
    const { pattern, command, inventory, user, verbose, ask } = parsed.values;
    const count: number = verbose;
    const words: readonly string[] = command;
    return { pattern, command: words, inventory, user, verbose: count, ask };
  };
  const nothing = { inventory: [], user: undefined, verbose: 0, ask: undefined };
  const forms: [argv: string[], expected: Record<string, unknown>][] = [
    [[], {}],
    [["-i", "a"], { inventory: ["a"] }],
    [["-i", "a", "--inventory", "b", "-i", "c"], { inventory: ["a", "b", "c"] }],
    [["-v"], { verbose: 1 }],
    [["-vv", "--verbose"], { verbose: 3 }],
    [["-vKv"], { verbose: 2, ask: true }],
    [["-K", "false"], { ask: false }],
    [["--no-ask"], { ask: false }],
    [["-u", "a=b"], { user: "a=b" }],
  ];
  for (const [argv, expected] of forms) {
    it(`reads ${argv.join(" ") || "no flag"}`, () => {
      assertEquals(run([...argv, "all", "--", "id"]), {
        pattern: "all",
        command: ["id"],
        ...nothing,
        ...expected,
      });
    });
  }

  it("takes what follows the first -- as it is", () => {
    const command = ["ls", "-v", "--", "--ask", "", "a b\n", "--forks=x"];
    assertEquals(run(["all", "--", ...command]), { pattern: "all", command, ...nothing });
  });

  const cases: [argv: string[], message: string][] = [
    [["-x", "--", "a"], 'Cannot use "-x" as there is no such flag'],
    [["-vx", "--", "a"], 'Cannot use "-vx" as "-x" is no flag: write each flag for itself'],
    [["-vi", "--", "a"], 'Cannot use "-vi" as "-i" takes a value: write each flag for itself'],
    [
      ["-inventory", "--", "a"],
      'Cannot use "-inventory" as the value of "-i" stands apart from it: write "-i VALUE"',
    ],
    [["-i", "--", "a"], 'Cannot use "--inventory" as it has no value'],
    [["-i", "-v", "--", "a"], 'Cannot use "--inventory" as it has no value'],
    [["-u", "a", "-u", "b"], 'Cannot use "--user" as it is given 2 times'],
    [["--verbose=2"], 'Cannot use "--verbose" as it takes no value: current value is "2"'],
    [["--no-verbose"], 'Cannot use "--no-verbose" as there is no such flag'],
    [["all"], 'Cannot start as option "command" is required: give COMMAND behind "--"'],
    [["all", "--"], 'Cannot start as option "command" is required: give COMMAND behind "--"'],
    [["--", "id"], 'Cannot start as option "pattern" is required: give argument 1'],
    [
      ["all", "id"],
      'Cannot use argument "id" as at most 1 argument without a flag is taken: write COMMAND behind "--"',
    ],
  ];
  for (const [argv, message] of cases) {
    it(`refuses ${JSON.stringify(argv)}`, () => {
      const [only = "", ...others] = mistakes(() => run(argv));
      assertEquals(others, []);
      assertStringIncludes(only, message);
    });
  }

  it("shows them in the help", () => {
    assertEquals(
      helpText(exec),
      `Runs a command

Usage: deno task exec [OPTIONS] PATTERN -- COMMAND

Options:
  PATTERN                     Hosts to run it on (required)
  -- COMMAND                  The command and its arguments (required)
  -i, --inventory FILE        Inventory (may be repeated)
  -u, --user TEXT             Who to become
  -v, --verbose               Show more (may be repeated)
  -K, --ask                   Ask for the password
      --forks NUMBER          At a time (default: 32)

General:
  -h, --help                  Print this
      --version               Print the version`,
    );
  });

  it("gives options or a ConfigError for any input", () => {
    const word = fc.oneof(
      fc.constantFrom("-v", "-vv", "-vK", "-Kv", "-i", "-iv", "-h", "-", "--", "all", "--no-ask"),
      fc.constantFrom("--verbose", "--verbose=", "--inventory", "--inventory=x", "-=", "-v=1"),
      fc.string({ unit: "binary", maxLength: 6 }),
      fc.string({ unit: "binary", maxLength: 6 }).map((text) => `-${text}`),
    );
    fc.assert(
      fc.property(fc.array(word, { maxLength: 6 }), fc.array(fc.string()), (argv, rest) => {
        try {
          const parsed = parseOptions(exec, ["all", ...argv, "--", ...rest]);
          if (parsed.kind !== "run" || argv.includes("--")) return;
          assertEquals(parsed.values.command, rest);
        } catch (error) {
          assertInstanceOf(error, ConfigError);
          assert(!/\p{Cc}/u.test(error.message.replaceAll("\n", "")));
        }
      }),
      { numRuns: 1000 },
    );
  });
});
