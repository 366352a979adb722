import { assert, assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import fc from "fast-check";
import { TerminalModel } from "./recording/terminal_model.ts";
import { Screen } from "./screen.ts";

interface Shown {
  readonly screen: Screen;
  readonly terminal: TerminalModel;
  /** What went to standard output. */
  readonly out: string[];
}

/** A screen on a terminal model; line feeds return the carriage, as the line discipline has it. */
function open(columns = 40, rows = 12, isLive = true): Shown {
  const terminal = new TerminalModel({ columns, rows });
  const out: string[] = [];
  const write = (text: string): void => terminal.write(text.replaceAll("\n", "\r\n"));
  const screen = new Screen({
    stdout: (text) => {
      out.push(text);
      write(text);
    },
    stderr: write,
    color: { stdout: false, stderr: false },
  }, { isLive, size: () => ({ columns, rows }) });
  return { screen, terminal, out };
}

const lines = (...texts: string[]): { text: string }[][] => texts.map((text) => [{ text }]);

describe("Screen", () => {
  it("scrolls what is written above the live area, at the next frame", () => {
    const { screen, terminal } = open();
    screen.stderr("a\n");
    screen.showLive(lines("live 1", "live 2"));
    screen.stderr("b\n");
    assertEquals(terminal.text, "a\nlive 1\nlive 2");
    screen.showLive(lines("live 3"));
    assertEquals(terminal.text, "a\nb\nlive 3");
    assert(!terminal.isCursorVisible);
  });

  it("takes the live area away, writes what waits, and shows the cursor again", () => {
    const { screen, terminal, out } = open();
    screen.showLive(lines("live"));
    screen.stdout("result\n");
    assertEquals(out, []);
    screen.endLive();
    assertEquals([terminal.text, out], ["result", ["result\n"]]);
    assert(terminal.isCursorVisible);
    screen.stdout("more\n");
    assertEquals(terminal.text, "result\nmore");
  });

  it("writes at once, and nothing else, where there is no terminal", () => {
    const { screen, terminal } = open(40, 12, false);
    screen.showLive(lines("live"));
    screen.stderr("a");
    screen.stderr("b\n");
    screen.endLive();
    assertEquals(terminal.text, "ab");
  });

  it("keeps the order of both streams, and every line whole", () => {
    const { screen, terminal } = open();
    screen.showLive(lines("live"));
    screen.stdout("1");
    screen.stderr("2\n");
    screen.stdout("3\n");
    screen.showLive(lines("live"));
    assertEquals(terminal.text, "1\n2\n3\nlive");
  });

  it("does not let a flood of text wait in memory", () => {
    const { screen, terminal } = open();
    screen.showLive(lines("live"));
    for (let i = 0; i < 2000; i++) screen.stderr(`${String(i).padStart(39, ".")}\n`);
    assertEquals(terminal.lines.filter((line) => line.length > 0).length >= 1600, true);
    screen.showLive(lines("live"));
    assertEquals(terminal.text.split("\n").slice(-2), ["1999".padStart(39, "."), "live"]);
    assertEquals(terminal.text.split("\n").length, 2001);
  });

  it("cuts lines to the width, wide characters too, so that none breaks", () => {
    const { screen, terminal } = open(10);
    screen.showLive(lines("0123456789abc", "日本語日本語", "012345678"));
    screen.showLive(lines("0123456789abc", "日本語日本語", "012345678"));
    assertEquals(terminal.text, "01234567…\n日本語日…\n012345678");
  });

  it("finds its lines again when a terminal that has become narrower has broken them", () => {
    let columns = 20;
    const written: string[] = [];
    const screen = new Screen({
      stdout: (text) => void written.push(text),
      stderr: (text) => void written.push(text),
      color: { stdout: false, stderr: false },
    }, { isLive: true, size: () => ({ columns, rows: 10 }) });
    screen.showLive(lines("0123456789abcdef", "x"));
    columns = 10;
    written.length = 0;
    screen.showLive(lines("y"));
    // Two rows for the first line, one for the second.
    assert(written.join("").includes("\r\x1b[3A"));
  });

  it("shows exactly what was written and the live area, whatever comes", () => {
    const text = fc.string({ unit: fc.constantFrom("a", "b", " ", "語", "é"), maxLength: 30 });
    const step = fc.oneof(
      fc.record({ kind: fc.constantFrom("stdout" as const, "stderr" as const), text }),
      fc.record({ kind: fc.constant("live" as const), lines: fc.array(text, { maxLength: 8 }) }),
      fc.record({ kind: fc.constant("end" as const) }),
    );
    fc.assert(fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
      const { screen, terminal } = open(70, 10);
      const printed: string[] = [];
      let live: readonly string[] | undefined;
      for (const step of steps) {
        if (step.kind === "live") screen.showLive(lines(...live = step.lines));
        else if (step.kind === "end") {
          screen.endLive();
          live = undefined;
        } else {
          printed.push(step.text);
          screen[step.kind](`${step.text}\n`);
        }
      }
      if (live !== undefined) screen.showLive(lines(...live));
      const expected = [...printed, ...live ?? []].map((line) => line.trimEnd());
      assertEquals(terminal.text, expected.join("\n").trimEnd());
      assertEquals(terminal.isCursorVisible, live === undefined);
    }));
  });
});
