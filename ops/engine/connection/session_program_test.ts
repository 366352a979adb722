import { assertEquals, assertMatch, assertNotMatch } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { existsSync } from "node:fs";
import { commandLinesWith, uniqueSleep } from "../../../tests/support/process_list.ts";
import { waitFor } from "../../../tests/support/wait.ts";
import { shellCommand } from "./quote.ts";
import { bootProgram, sessionProgram, textFrame } from "./session_program.ts";
import { ShellProcess } from "./shell_process.ts";

const nonce = "0123456789abcdef";
/** Login shells that hosts may have. */
const loginShells = ["sh", "bash", "zsh", "fish", "tcsh"]
  .map((name) => `/bin/${name}`).filter((path) => existsSync(path));

interface Session extends AsyncDisposable {
  readonly process: ShellProcess;
  readonly output: () => string;
}

/** A session's shell, with nobody who talks to it but the test. */
function startSession(...texts: readonly string[]): Session {
  const traffic = { bytesSent: 0, bytesReceived: 0, roundTrips: 0, processes: 0 };
  const process = new ShellProcess(["sh", "-c", bootProgram("00")], traffic);
  let output = "";
  process.listen((_, chunk) => output += new TextDecoder().decode(chunk));
  process.send(textFrame([sessionProgram(nonce), "ztna_pause=0.05", ...texts].join("\n")));
  return {
    process,
    output: () => output,
    [Symbol.asyncDispose]: () => process[Symbol.asyncDispose](),
  };
}

function run(id: number, script: string): string {
  return shellCommand(["ztna_run", String(id), script]);
}

describe("bootProgram", () => {
  it("is one line without what some shell takes for something in single quotes", () => {
    assertNotMatch(bootProgram(nonce), /['!\n]/);
  });

  for (const shell of loginShells) {
    it(`starts a session from ${shell}`, async () => {
      const child = new Deno.Command(shell, {
        args: ["-c", `exec sh -c '${bootProgram(nonce)}'`],
        stdin: "piped",
        stdout: "piped",
        stderr: "piped",
      }).spawn();
      const writer = child.stdin.getWriter();
      await writer.write(textFrame("echo one"));
      await writer.write(textFrame("echo two; exit 3"));
      await writer.close();
      const { code, stdout, stderr } = await child.output();
      assertEquals(new TextDecoder().decode(stdout), `\x1e${nonce} hello\none\ntwo\n`);
      assertEquals([new TextDecoder().decode(stderr), code], ["", 3]);
    });
  }

  it("evaluates nothing that is no text, and does not show it", async () => {
    for (const line of ["pass word\n", "-1\n", "\n", "12x\n"]) {
      const child = new Deno.Command("sh", {
        args: ["-c", bootProgram(nonce)],
        stdin: "piped",
        stdout: "piped",
        stderr: "piped",
      }).spawn();
      const writer = child.stdin.getWriter();
      await writer.write(new TextEncoder().encode(`${line}echo evaluated\n`));
      const { stdout, stderr } = await child.output();
      assertEquals(new TextDecoder().decode(stdout), `\x1e${nonce} hello\n`);
      assertEquals(new TextDecoder().decode(stderr), "");
      await writer.abort().catch(() => {});
    }
  });
});

describe("sessionProgram", () => {
  for (const shell of ["dash", "bash", "busybox"].filter((name) => existsSync(`/bin/${name}`))) {
    it(`is a program to ${shell}`, async () => {
      const args = shell === "busybox" ? ["sh", "-n"] : ["-n"];
      const child = new Deno.Command(shell, { args, stdin: "piped", stderr: "piped" }).spawn();
      const writer = child.stdin.getWriter();
      await writer.write(new TextEncoder().encode(sessionProgram(nonce)));
      await writer.close();
      const { code, stderr } = await child.output();
      assertEquals([code, new TextDecoder().decode(stderr)], [0, ""]);
    });
  }

  it("sends no comments and no indentation", () => {
    for (const line of sessionProgram(nonce).trimEnd().split("\n")) {
      assertNotMatch(line, /^(?:\s|#|$)/);
    }
  });
});

describe("a session without a laptop", () => {
  it("ends with all that it runs when it hears nothing for too long", async () => {
    const sleep = uniqueSleep();
    await using session = startSession(run(1, `trap '' TERM; ${sleep}`));
    await waitFor(() => commandLinesWith(sleep).length > 0, "the script");
    session.process.send(textFrame("ztna_watch 2"));
    await session.process.exited;
    assertEquals(commandLinesWith(sleep), []);
    assertMatch(session.output(), /alive/);
  });

  it("goes on while it hears something", async () => {
    await using session = startSession("ztna_watch 40", run(1, "sleep 3; echo done"));
    const timer = setInterval(() => session.process.send(textFrame("ztna_watch 40")), 500);
    await waitFor(() => session.output().includes("done\n"), "the script");
    clearInterval(timer);
  });
});
