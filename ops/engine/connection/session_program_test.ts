import { assert, assertEquals, assertMatch, assertNotMatch } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { existsSync } from "node:fs";
import { commandLinesWith, uniqueSleep } from "../../../tests/support/process_list.ts";
import { waitFor } from "../../../tests/support/wait.ts";
import { MarkerSplitter } from "./marker_splitter.ts";
import { shellCommand } from "./quote.ts";
import { sessionProgram, textLine } from "./session_program.ts";
import { ShellProcess } from "./shell_process.ts";

const nonce = "0123456789abcdef";
interface Session extends AsyncDisposable {
  readonly process: ShellProcess;
  readonly output: () => string;
}

/** A session's shell, with nobody who talks to it but the test. */
async function startSession(...texts: readonly string[]): Promise<Session> {
  const traffic = { bytesSent: 0, bytesReceived: 0, roundTrips: 0, processes: 0 };
  const process = new ShellProcess({ argv: ["sh"], detached: true, traffic });
  let output = "";
  process.listen((_, chunk) => output += new TextDecoder().decode(chunk));
  const session: Session = {
    process,
    output: () => output,
    [Symbol.asyncDispose]: () => process[Symbol.asyncDispose](),
  };
  for (const text of [sessionProgram(nonce), "ztna_pause=0.05", ...texts]) {
    await process.send(textLine(text));
  }
  return session;
}

function run(id: number, script: string): string {
  return shellCommand(["ztna_run", String(id), script]);
}

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

  it("says hello when a shell has read it", async () => {
    await using session = await startSession();
    await waitFor(() => session.output().includes(`\x1e${nonce} hello\n`), "the hello");
  });

  it("is not taken for a hello where it only comes back", () => {
    assert(!new MarkerSplitter(nonce).push(textLine(sessionProgram(nonce))).includes("hello"));
  });

  it("sends no comments and no indentation", () => {
    for (const line of sessionProgram(nonce).trimEnd().split("\n")) {
      assertNotMatch(line, /^(?:\s|#|$)/);
    }
  });
});

describe("a session without a laptop", () => {
  it("ends with all that it runs when it hears nothing for too long", async () => {
    const sleep = uniqueSleep();
    await using session = await startSession(run(1, `trap '' TERM; ${sleep}`));
    await waitFor(() => commandLinesWith(sleep).length > 0, "the script");
    session.process.send(textLine("ztna_watch 2"));
    await session.process.exited;
    assertEquals(commandLinesWith(sleep), []);
    assertMatch(session.output(), /alive/);
  });

  it("goes on while it hears something", async () => {
    await using session = await startSession("ztna_watch 40", run(1, "sleep 3; echo done"));
    const timer = setInterval(() => session.process.send(textLine("ztna_watch 40")), 500);
    await waitFor(() => session.output().includes("done\n"), "the script");
    clearInterval(timer);
  });
});
