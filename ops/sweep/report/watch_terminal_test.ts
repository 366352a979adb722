import { assert, assertEquals, assertMatch } from "@std/assert";
import { after, before, describe, it } from "@std/testing/bdd";
import { fileURLToPath } from "node:url";
import { skipWithout } from "../../../tests/support/debian_program.ts";
import { Tmux } from "../../../tests/support/tmux.ts";

const program = fileURLToPath(
  new URL("../../../tests/support/watched_sweeps.ts", import.meta.url),
);
const skip = skipWithout("/usr/bin/tmux", "tmux");

/** The whole way: sweeps that are watched in a real terminal until somebody has seen enough. */
describe("watching sweeps in a terminal", { skip }, () => {
  let tmux: Tmux;
  before(async () => {
    tmux = await Tmux.open();
  });
  after(async () => await tmux[Symbol.asyncDispose]());

  /** Starts the program in a shell that says its exit code and stays. */
  async function start(mode: string): Promise<number> {
    // The shell is interrupted too: it must survive to say how the program ended.
    const script = 'trap : INT; echo before; "$@"; echo "exit code $?"; exec cat';
    const deno = [Deno.execPath(), "run", "-A", "--quiet", program, mode];
    const size = { columns: 112, rows: 26 };
    return await tmux.start(["sh", "-c", script, "sh", ...deno], size, { CI: "" });
  }

  it("has the screen for itself, and draws it anew with each sweep", async () => {
    const window = await start("");
    const shown = await tmux.waitFor(window, ({ text }) => text.includes("✗ lab"), "trouble");
    assertMatch(
      shown.text,
      /^sweep of lab {2}(next in 0:01|sweeping, 0:0\d) {2}\(Ctrl-C ends\)\n\nSTATUS/,
    );
    assertEquals(shown.isCursorVisible, false);
    const well = await tmux.waitFor(window, ({ text }) => text.includes("✓ lab"), "its end");
    assertMatch(well.text, /^sweep of lab .*\n\n✓ All 22 hosts all right: .*\n\n✓ lab: .*$/);
    await tmux.press(window, "C-c");
    await tmux.waitFor(window, ({ text }) => /^exit code 0$/m.test(text), "the end");
  });

  it("leaves the last sweep, a cursor and its exit code behind", async () => {
    const window = await start("always");
    await tmux.waitFor(window, ({ text }) => text.includes("✗ lab"), "trouble");
    await tmux.press(window, "C-c");
    const { text, isCursorVisible } = await tmux.waitFor(
      window,
      (state) => /^exit code/m.test(state.text),
      "the end",
    );
    assertMatch(text, /^STATUS[^]*✗ lab: 3 critical[^]*--fix --check\nexit code 1$/m);
    assert(!text.includes("Ctrl-C ends"), text);
    assert(isCursorVisible);
  });
});
