import { assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { skipWithout } from "../../../tests/support/debian_program.ts";
import { Tmux } from "../../../tests/support/tmux.ts";
import { TerminalModel } from "./terminal_model.ts";

const size = { columns: 20, rows: 6 };

/** What programs write, and what a terminal of 20 by 6 shows then. */
const cases: readonly (readonly [name: string, written: string, shown: string])[] = [
  ["text", "ab\r\ncd", "ab\ncd"],
  ["a carriage return", "abc\rX", "Xbc"],
  ["a line feed alone", "ab\ncd", "ab\n  cd"],
  ["tabulators and backspaces", "a\tb\bc", "a       c"],
  ["a line that is too long", "0123456789012345678901", "01234567890123456789\n01"],
  ["a full line and its end", "01234567890123456789\r\nx", "01234567890123456789\nx"],
  ["wide characters", "日本\r\nx", "日本\nx"],
  ["a wide character at the edge", "0123456789012345678日", "0123456789012345678\n日"],
  ["combining marks", "e\u0301x", "e\u0301x"],
  ["moving up and erasing", "a\r\nb\r\nc\x1b[2A\x1b[Jd", "ad"],
  ["moving in all directions", "abc\x1b[2Dx\x1b[B\x1b[Cy\x1b[A\x1b[Gz", "zxc\n   y"],
  ["moving to a place", "\x1b[3;5Hx\x1b[2Hy", "\ny\n    x"],
  ["moving beyond the edges", "\x1b[99Aa\x1b[99Db\x1b[99;99Hc", "b\n\n\n\n\n                   c"],
  ["erasing in a line", "abcdef\x1b[3D\x1b[K\x1b[2D\x1b[1Kx", " xc"],
  ["erasing the screen", "a\r\nb\x1b[2Jc", "\n c"],
  ["colours", "\x1b[1;31ma\x1b[0mb\x1b[38;5;200mc\x1b[48;2;1;2;3md", "abcd"],
  ["scrolling", "1\r\n2\r\n3\r\n4\r\n5\r\n6\r\n7\r\n8\x1b[5A!", "3!\n4\n5\n6\n7\n8"],
  ["titles", "\x1b]0;title\x07a\x1b]2;title\x1b\\b", "ab"],
  ["synchronized updates", "\x1b[?2026ha\x1b[?2026l", "a"],
];

describe("TerminalModel", () => {
  const screenText = (terminal: TerminalModel): string =>
    terminal.screen.map((line) => line.map(({ text }) => text).join("").trimEnd()).join("\n")
      .trimEnd();

  for (const [name, written, shown] of cases) {
    it(`shows ${name}`, () => {
      const terminal = new TerminalModel(size);
      terminal.write(written);
      assertEquals(screenText(terminal), shown);
    });

    it(`shows ${name} that comes in pieces`, () => {
      const terminal = new TerminalModel(size);
      for (const character of written) terminal.write(character);
      assertEquals(screenText(terminal), shown);
    });
  }

  it("keeps what has scrolled out, up to a limit", () => {
    const terminal = new TerminalModel(size);
    for (let i = 0; i < 10_010; i++) terminal.write(`${i}\r\n`);
    const { lines } = terminal;
    assertEquals(lines.length, 10_000);
    assertEquals(lines[0]?.map(({ text }) => text).join(""), "11");
  });

  it("shows and hides the cursor", () => {
    const terminal = new TerminalModel(size);
    terminal.write("ab\x1b[?25l");
    assertEquals([terminal.isCursorVisible, terminal.cursor], [false, { row: 0, column: 2 }]);
    terminal.write("\x1b[?25h");
    assertEquals(terminal.isCursorVisible, true);
  });

  const skip = skipWithout("/usr/bin/tmux", "tmux");
  it("shows what tmux shows", { skip }, async () => {
    const directory = await Deno.makeTempDir({ prefix: "ztna-terminal-" });
    try {
      await using tmux = await Tmux.open();
      for (const [i, [name, written, shown]] of cases.entries()) {
        await Deno.writeTextFile(`${directory}/${i}`, written);
        // Without the terminal's own processing of line ends; it stays open, to be looked at.
        const script = 'stty -opost -echo; cat "$0"; exec cat';
        const window = await tmux.start(["sh", "-c", script, `${directory}/${i}`], size);
        const { text } = await tmux.waitFor(window, ({ text }) => text === shown, name);
        assertEquals(text, shown);
      }
    } finally {
      await Deno.remove(directory, { recursive: true });
    }
  });
});
