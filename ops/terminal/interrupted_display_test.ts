import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { after, before, describe, it } from "@std/testing/bdd";
import { fileURLToPath } from "node:url";
import { skipWithout } from "../../tests/support/debian_program.ts";
import { Tmux, type WindowState } from "../../tests/support/tmux.ts";

const program = fileURLToPath(new URL("../../tests/support/shown_run.ts", import.meta.url));
const size = { columns: 60, rows: 16 };
const skip = skipWithout("/usr/bin/tmux", "tmux");

/** The whole way: a command in a real terminal that is interrupted, resized, or fails. */
describe("the live display in a terminal", { skip }, () => {
  let tmux: Tmux;
  before(async () => {
    tmux = await Tmux.open();
  });
  after(async () => await tmux[Symbol.asyncDispose]());

  /** Starts the program in a shell that says its exit code and stays. */
  async function start(mode: string): Promise<number> {
    // The shell is interrupted too: it must survive to say how the program ended.
    const script = 'trap : INT; "$@"; echo "exit code $?"; exec cat';
    const deno = [Deno.execPath(), "run", "-A", "--quiet", program, mode];
    const window = await tmux.start(["sh", "-c", script, "sh", ...deno], size, { CI: "" });
    await tmux.waitFor(window, isShown, "the live area");
    return window;
  }
  const isShown = ({ text }: WindowState): boolean =>
    text.includes("ready") && text.includes("3 at work");
  const isOver = ({ text }: WindowState): boolean => text.includes("exit code");

  const permanent = [
    "==> deploy 0.2.0-x: 3 hosts of fleet lab",
    "    something that stays",
    "    ready",
  ];

  it("hides the cursor while it draws", async () => {
    const window = await start("");
    assertEquals((await tmux.read(window)).isCursorVisible, false);
    await tmux.press(window, "C-c");
    await tmux.waitFor(window, isOver, "the end");
  });

  it("leaves the lines that stay, and a cursor, when it is interrupted", async () => {
    const window = await start("");
    await tmux.press(window, "C-c");
    const { text, isCursorVisible } = await tmux.waitFor(window, isOver, "the end");
    assertEquals(text.split("\n"), [
      ...permanent,
      "  ✗ Interrupted; run the command again to continue",
      "exit code 130",
    ]);
    assert(isCursorVisible);
  });

  it("does so too when a command that does not end is interrupted twice", async () => {
    const window = await start("stubborn");
    await tmux.press(window, "C-c");
    await tmux.waitFor(window, ({ text }) => text.includes("    no"), "its answer");
    await tmux.press(window, "C-c");
    const { text, isCursorVisible } = await tmux.waitFor(window, isOver, "the end");
    assertEquals(text.split("\n"), [...permanent, "    no", "exit code 130"]);
    assert(isCursorVisible);
  });

  it("gives the cursor back when the program fails", async () => {
    const window = await start("crash");
    const { text, isCursorVisible } = await tmux.waitFor(window, isOver, "the end");
    assertStringIncludes(text, "at Timeout");
    assertStringIncludes(text, "exit code 1");
    assert(isCursorVisible);
  });

  it("gives the terminal back while it is stopped, and goes on afterwards", async () => {
    const shell = await tmux.start(["bash", "--norc", "-i"], size, { CI: "", PS1: "> " });
    await tmux.press(shell, `clear; ${Deno.execPath()} run -A -q ${program}`, "Enter");
    await tmux.waitFor(shell, isShown, "the live area");
    await tmux.press(shell, "C-z");
    const stopped = await tmux.waitFor(shell, ({ text }) => text.includes("Stopped"), "the shell");
    assert(stopped.isCursorVisible);
    assert(!stopped.text.includes("at work"));
    await tmux.press(shell, "fg", "Enter");
    await tmux.waitFor(shell, (state) => isShown(state) && !state.isCursorVisible, "the area");
    await tmux.press(shell, "C-c");
    const isBack = ({ text, isCursorVisible }: WindowState): boolean =>
      text.includes("Interrupted") && !text.includes("at work") && isCursorVisible;
    await tmux.waitFor(shell, isBack, "the end");
  });

  it("leaves nothing behind when the terminal becomes wider or narrower", async () => {
    const window = await start("");
    for (const columns of [90, 45, 70]) {
      await tmux.resize(window, columns, size.rows);
      const { text: before } = await tmux.read(window);
      await tmux.waitFor(window, ({ text }) => text !== before, "the next frame");
    }
    await tmux.press(window, "C-c");
    const { text } = await tmux.waitFor(window, isOver, "the end");
    assertEquals(text.split("\n"), [
      ...permanent,
      "  ✗ Interrupted; run the command again to continue",
      "exit code 130",
    ]);
  });

  it("goes on in a terminal that is too narrow for its lines", async () => {
    const window = await start("");
    await tmux.resize(window, 20, size.rows);
    const { text } = await tmux.waitFor(window, ({ text }) => text.includes("co…"), "a frame");
    assertEquals(
      text.split("\n").slice(-4).map((line) => line.replace(/^( {2}).|^\d:\d\d/, "$1*")),
      [
        "*  deploy  3 at…",
        "  * relay1      co…",
        "  * relay2      co…",
        "  * connector1  co…",
      ],
    );
    await tmux.press(window, "C-c");
    const { isCursorVisible } = await tmux.waitFor(window, isOver, "the end");
    assert(isCursorVisible);
  });
});
