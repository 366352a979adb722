import { assertEquals, assertMatch } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { skipWithout } from "../../../tests/support/debian_program.ts";
import { laptopCommand } from "../../../tests/support/laptop_program.ts";
import { processesWith, uniqueSleep } from "../../../tests/support/process_list.ts";
import { skipWithoutSshServer, SshServer } from "../../../tests/support/ssh_server.ts";
import { waitFor } from "../../../tests/support/wait.ts";
import { closeMasters } from "./control_masters.ts";
import { shellCommand } from "./quote.ts";

/** Gives a program a terminal, whose keys are the standard input. */
const script = "/usr/bin/script";
const interruptKey = "\x03";

const skip = skipWithoutSshServer() || skipWithout(script, "bsdutils");

describe("Ctrl-C at a terminal", { skip }, () => {
  it("ends the script on the host and leaves ssh alone, which is needed for that", async () => {
    await using server = await SshServer.start();
    const sleep = uniqueSleep();
    const controlDirectory = `${server.directory}/ctl`;
    const lockPath = `${server.directory}/lock`;
    const task = { settings: server.settings(), controlDirectory, lockPath, script: sleep };
    const terminal = new Deno.Command(script, {
      args: ["-q", "-e", "-c", shellCommand(laptopCommand(task)), "/dev/null"],
      stdin: "piped",
      stdout: "piped",
    }).spawn();
    const keys = terminal.stdin.getWriter();
    await waitFor(
      () => processesWith(sleep).some(({ commandLine }) => commandLine === sleep),
      "the script",
    );
    await keys.write(new TextEncoder().encode(interruptKey));
    const output = await new Response(terminal.stdout).text();
    assertMatch(output, /Ended by an interruption\r\nThe host is there\r\n/);
    assertEquals((await terminal.status).code, 130);
    assertEquals(processesWith(sleep), []);
    await keys.close().catch(() => {});
    await closeMasters(controlDirectory);
  });
});
