import { assert, assertEquals, assertThrows } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { programEnvironment } from "../spawn_detached.ts";
import { rotateLogs } from "./log_rotation.ts";
import { parseRunFile, parseSupervisorFile } from "./program_spec.ts";

describe("supervisor files", () => {
  const program = {
    name: "relay",
    command: "/bin/x",
    args: ["a"],
    environment: { A: "b" },
    fingerprint: "1",
  };

  it("reads the list of programs", () => {
    const text = JSON.stringify({ schema: 1, programs: [program] });
    assertEquals(parseSupervisorFile(text).programs, [program]);
  });

  const damaged: unknown[] = [
    null,
    { schema: 2, programs: [] },
    { schema: 1, programs: {} },
    ...[{ name: "../x" }, { command: "x" }, { args: [1] }, { environment: { A: 1 } }, {
      fingerprint: null,
    }].map((change) => ({ schema: 1, programs: [{ ...program, ...change }] })),
  ];
  for (const file of damaged) {
    it(`refuses ${JSON.stringify(file)}`, () => {
      assertThrows(() => parseSupervisorFile(JSON.stringify(file)), TypeError);
    });
  }

  it("takes a damaged report of what runs for none", () => {
    const good = '{"schema":1,"pid":5,"programs":{"relay":{"state":"running"}}}';
    assertEquals(parseRunFile(good)?.pid, 5);
    for (const text of ["", "{}", '{"schema":1}', '{"schema":1,"programs":{"relay":1}}']) {
      assertEquals(parseRunFile(text), undefined, text);
    }
  });

  it("rotates only logs that are too large, and writers go on at the beginning", () => {
    const directory = Deno.makeTempDirSync({ prefix: "ztna-logs-" });
    try {
      using writer = Deno.openSync(`${directory}/relay.log`, { create: true, append: true });
      writer.writeSync(new TextEncoder().encode("0123456789"));
      Deno.writeTextFileSync(`${directory}/connector.log`, "01234567");
      Deno.writeTextFileSync(`${directory}/other.txt`, "0123456789");
      assertEquals(rotateLogs(directory, 8), ["relay.log"]);
      writer.writeSync(new TextEncoder().encode("next"));
      assertEquals(Deno.readTextFileSync(`${directory}/relay.log`), "next");
      assertEquals(Deno.readTextFileSync(`${directory}/relay.log.1`), "0123456789");
    } finally {
      Deno.removeSync(directory, { recursive: true });
    }
  });
});

describe("programEnvironment", () => {
  it("passes on where things are, and nobody's tokens", () => {
    const environment = programEnvironment({
      HOME: "/home/x",
      DENO_DIR: "/d",
      npm_config_registry: "https://registry.example",
      AWS_SECRET_ACCESS_KEY: "s",
      GITHUB_TOKEN: "t",
      DENO_AUTH_TOKENS: "u",
      NPM_CONFIG__AUTH: "v",
    });
    assertEquals(environment, {
      HOME: "/home/x",
      DENO_DIR: "/d",
      npm_config_registry: "https://registry.example",
      NO_COLOR: "1",
    });
    assert(!JSON.stringify(environment).includes('"t"'));
  });
});
