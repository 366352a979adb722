import { assert, assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { skipWithout } from "../../../tests/support/debian_program.ts";
import { linesOf } from "./frames.ts";
import { recordSession } from "./record_session.ts";

const skip = skipWithout("/usr/bin/script", "bsdutils");

describe("recordSession", { skip }, () => {
  const size = { columns: 40, rows: 10 };
  const textOf = (lines: ReturnType<typeof linesOf>): string[] =>
    lines.map((line) => line.map(({ text }) => text).join("").trimEnd());

  it("keeps what commands show in a terminal of that size, behind what is typed", async () => {
    const recording = await recordSession({
      commands: ["tput cols; tput lines; test -t 1 && echo 'a  b' >&2", 'echo "$GREETING"; pwd'],
      shownAs: (command) => command.replace("$GREETING", "$HELLO"),
      directory: "/",
      environment: { GREETING: "hello" },
      size,
    });
    assertEquals(recording.size, size);
    assertEquals(textOf(linesOf(recording)), [
      "$ tput cols; tput lines; test -t 1 && ec",
      "ho 'a  b' >&2",
      "40",
      "10",
      "a  b",
      '$ echo "$HELLO"; pwd',
      "hello",
      "/",
      "$",
    ]);
    const times = recording.output.map(({ atMs }) => atMs);
    assertEquals(times, times.toSorted((a, b) => a - b));
  });

  it("goes on after a command that fails", async () => {
    const recording = await recordSession({ commands: ["false", "echo on"], directory: "/", size });
    assert(textOf(linesOf(recording)).includes("on"));
  });
});
