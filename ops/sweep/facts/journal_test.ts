import { assert, assertEquals, assertMatch } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { StandInSystemd } from "../../../tests/support/stand_in_systemd.ts";
import { needsLinux } from "../../engine/resource/test_shell.ts";
import { journal } from "./journal.ts";
import { ask, parse, testQuestion } from "./test_source.ts";

function entry(message: unknown, change: Record<string, unknown> = {}): string {
  const fields = { MESSAGE: message, PRIORITY: "6", _SYSTEMD_UNIT: "ztna-relay@a.service" };
  return `${JSON.stringify({ ...fields, ...change })}\n`;
}

const boom = JSON.stringify({
  ...{ time: "2030-01-01T00:00:00.000Z", level: "error", event: "boom" },
  ...{ relay: "r 1", error: { name: "X" } },
});
/** The same for people. */
const shown = 'boom relay=r 1 error={"name":"X"}';

describe("errors in the journal", () => {
  const errors: [what: string, line: string, last: string][] = [
    ["a program's own", entry(boom), shown],
    ["its last words", entry("Cannot go on as x"), "Cannot go on as x"],
    ["those of its runtime", entry("error: Uncaught"), "error: Uncaught"],
    ["those with the priority of an error", entry("x", { PRIORITY: "3" }), "x"],
    [
      "systemd's about it",
      entry("Failed to start", {
        ...{ PRIORITY: "3", UNIT: "ztna-relay@a.service", _SYSTEMD_UNIT: "init.scope" },
      }),
      "Failed to start",
    ],
    ["texts with control characters", entry([...new TextEncoder().encode(boom)]), shown],
    ["JSON that is damaged", entry(boom.slice(0, -1)), boom.slice(0, -1)],
    ["texts that are too long to be shown", entry(null), "(a line of more than 4 KiB)"],
  ];
  for (const [what, line, last] of errors) {
    it(`are ${what}`, () => {
      assertEquals(parse(journal, `${line}code 0\n`)?.errors, { relay: { count: 1, last } });
    });
  }

  const others: [what: string, line: string][] = [
    ["other lines of a program", entry("    at stack (file:///x.ts)")],
    ["an error inside another text", entry(`{"level":"info","x":${JSON.stringify(boom)}}`)],
    ["those of other units", entry(boom, { _SYSTEMD_UNIT: "ssh.service" })],
    ["lines that are cut off", entry(boom).slice(0, -20) + "\n"],
  ];
  for (const [what, line] of others) {
    it(`are not ${what}`, () => {
      assertEquals(parse(journal, `${line}code 0\n`)?.errors, {});
    });
  }

  it("are counted for each program, and the first line is the last error", () => {
    const connector = { _SYSTEMD_UNIT: "ztna-connector@a.service" };
    const output = entry("error: 3") + entry("error: 2", connector) + entry("error: 1");
    assertEquals(parse(journal, `${output}code 0\n`), {
      errors: {
        relay: { count: 2, last: "error: 3" },
        connector: { count: 1, last: "error: 2" },
      },
      isCut: false,
      failure: null,
    });
  });

  it("are shown by what the program itself has said last, rather than systemd about it", () => {
    const about = { PRIORITY: "3", UNIT: "ztna-relay@a.service", _SYSTEMD_UNIT: "init.scope" };
    const output = entry("Failed 2", about) + entry("Cannot x") + entry("Failed 1", about) +
      entry("Cannot y");
    const { errors } = parse(journal, `${output}code 0\n`) ?? {};
    assertEquals(errors?.relay, { count: 4, last: "Cannot x" });
  });

  it("are at least so many where there are too many", () => {
    assertEquals(parse(journal, entry(boom))?.isCut, true);
    assertEquals(parse(journal, `${entry(boom).repeat(200)}code 0\n`)?.isCut, true);
  });

  it("can be none, or not be known", () => {
    const nothing = { errors: {}, isCut: false, failure: null };
    assertEquals(parse(journal, "code 1\n"), nothing);
    for (
      const [output, failure] of [
        ["Failed to open\ncode 1\n", /^Failed to open$/],
        ["code 127\n", /no journalctl/],
        ["code 124\n", /longer than/],
        ["code 137\n", /exit code 137/],
      ] as const
    ) {
      assertMatch(parse(journal, output)?.failure ?? "", failure);
    }
    assertEquals(parse(journal, ""), undefined);
  });

  it("are asked for since the sweep before, or of the last hour", () => {
    const script = (sinceSeconds?: number): string =>
      journal.script({ ...testQuestion, sinceSeconds });
    assertMatch(script(1_800_000_000), / '--since=@1800000000' /);
    assertMatch(script(), / '--since=-1h' /);
  });

  it("come from journalctl", { skip: needsLinux }, async () => {
    const systemd = new StandInSystemd();
    systemd.journal = entry(boom).repeat(2);
    const { facts } = await ask(journal, testQuestion, systemd);
    assertEquals(facts, {
      errors: { relay: { count: 2, last: shown } },
      isCut: false,
      failure: null,
    });
  });

  it("are looked at up to a bound", { skip: needsLinux }, async () => {
    const systemd = new StandInSystemd();
    systemd.journal = entry("error: ".padEnd(4000, "x")).repeat(1000);
    const { output, facts } = await ask(journal, testQuestion, systemd);
    assertEquals([output.length, facts?.isCut], [200_000, true]);
    assert(facts!.errors.relay!.count > 40 && facts!.errors.relay!.last.length <= 200);
  });
});
