import { assert, assertEquals, assertThrows } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { ConfigError } from "../tunnel/errors.ts";
import { defineProgram, parseOptions } from "../tunnel/options.ts";
import {
  changeOptions,
  connectionOptions,
  outputOptions,
  refuseContradictions,
  rollingOptions,
  rollingSettings,
  tagOptions,
  tagSettings,
} from "./fleet_options.ts";

/** A program with all of them, which also shows that no two clash. */
const program = defineProgram({
  name: "deno task example",
  summary: "An example",
  version: "1.2.3",
  options: {
    ...changeOptions,
    ...tagOptions,
    ...rollingOptions,
    ...connectionOptions,
    ...outputOptions,
  },
});

type Values = Extract<
  ReturnType<typeof parseOptions<typeof program.options>>,
  { kind: "run" }
>["values"];

function read(...argv: string[]): Values {
  const parsed = parseOptions(program, argv);
  assert(parsed.kind === "run");
  return parsed.values;
}

describe("the flags of the commands on a fleet", () => {
  it("have the defaults that their help says", () => {
    const values = read();
    assertEquals([values.forks, values.connectTimeout, values.lockTimeout], [32, 10, 30]);
    assertEquals(rollingSettings(values), {
      serial: undefined,
      maxFail: { unit: "hosts", value: 0 },
    });
    assertEquals(tagSettings(values), { only: [], skip: [] });
  });

  it("are read by Ansible's letters too", () => {
    const { verbose, forks, check, diff, yes, askBecomePassword, tags } = read(
      "-vvCDyK",
      ...["-f", "5", "-t", "a,b"],
    );
    assertEquals([verbose, forks, check, diff, yes, askBecomePassword, tags], [
      ...[2, 5, true, true, true, true],
      ["a,b"],
    ]);
  });

  it("say which batches are wanted", () => {
    assertEquals(rollingSettings(read("--serial", "1,50%", "--max-fail=10%")), {
      serial: [{ unit: "hosts", value: 1 }, { unit: "percent", value: 50 }],
      maxFail: { unit: "percent", value: 10 },
    });
  });

  it("say which tags are wanted, each once", () => {
    const values = read("--tags", "a,b", "--tags=b,c", "--skip-tags", "x");
    assertEquals(tagSettings(values), { only: ["a", "b", "c"], skip: ["x"] });
  });

  const wrong: [argv: string[], rule: string][] = [
    [["--serial", "0"], 'Cannot use "--serial" as it must be a number of hosts from 1 up'],
    [["--max-fail", "200%"], 'Cannot use "--max-fail" as it must be a number of hosts from 0 up'],
    [["--tags", "a,,b"], 'Cannot use "--tags" as it must be tags of letters'],
    [["--forks", "0"], 'Cannot use "--forks" as it must be a whole decimal number from 1 to 1024'],
  ];
  for (const [argv, rule] of wrong) {
    it(`refuse ${argv.join(" ")}`, () => void assertThrows(() => read(...argv), ConfigError, rule));
  }

  it("must not contradict each other", () => {
    const values = read("-qvCK", "--force-unlock", "--become-password-file", "f");
    const { message } = assertThrows(() => refuseContradictions(values), ConfigError);
    assertEquals(message.split("\n"), [
      'Cannot use "--quiet" as "--verbose" is given too: leave one of them out',
      'Cannot use "--check" as "--force-unlock" is given too: leave one of them out',
      'Cannot use "--ask-become-pass" as "--become-password-file" is given too: leave one of them out',
    ]);
    refuseContradictions(read("-vC"));
  });
});
