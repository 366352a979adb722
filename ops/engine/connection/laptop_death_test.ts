import { assert, assertEquals } from "@std/assert";
import { after, before, describe, it } from "@std/testing/bdd";
import { existsSync } from "node:fs";
import { laptopCommand, type LaptopTask } from "../../../tests/support/laptop_program.ts";
import { localSettings } from "../../../tests/support/local_session.ts";
import { processesWith, uniqueSleep } from "../../../tests/support/process_list.ts";
import { skipWithoutSshServer, SshServer } from "../../../tests/support/ssh_server.ts";
import { waitFor } from "../../../tests/support/wait.ts";
import type { ConnectionSettings } from "./connection_settings.ts";
import { closeMasters } from "./control_masters.ts";
import { openConnection } from "./open_connection.ts";

const mebibyte = 1024 * 1024;
/** Beyond the 5 s after which a session looks whether anybody reads what it says, twice. */
const maxEndMs = 30_000;

describe("a laptop that is killed", { skip: skipWithoutSshServer() }, () => {
  let server: SshServer;
  let directory: string;

  before(async () => {
    server = await SshServer.start();
    directory = Deno.makeTempDirSync({ prefix: "ztna-laptop-" });
  });

  after(async () => {
    await closeMasters(`${directory}/ctl`);
    Deno.removeSync(directory, { recursive: true });
    await server[Symbol.asyncDispose]();
  });

  interface Case {
    readonly what: string;
    readonly inputLength?: number;
    /** What the script waits for. */
    readonly script: string;
  }
  const cases: readonly Case[] = [
    { what: "while a script runs", script: "wait" },
    { what: "while a script takes its input", script: "cat >/dev/null", inputLength: 3 * mebibyte },
    { what: "while a script does not take its input", script: "wait", inputLength: 3 * mebibyte },
  ];
  const transports: readonly (readonly [string, () => ConnectionSettings])[] = [
    ["local", () => localSettings],
    ["ssh", () => server.settings()],
  ];
  for (const [transport, settings] of transports) {
    for (const { what, inputLength, script } of cases) {
      it(`leaves neither the script nor the lock behind (${transport}, ${what})`, async () => {
        const sleep = uniqueSleep();
        const done = `${directory}/${transport} ${what}`;
        const task: LaptopTask = {
          settings: { ...settings(), host: what },
          controlDirectory: `${directory}/ctl`,
          lockPath: `${directory}/lock`,
          // It wants to live on, and must not take a part of its input for the whole.
          script: `trap '' TERM; ${sleep} & ${script}; touch '${done}'`,
          ...inputLength !== undefined && { inputLength },
        };
        const [deno, ...args] = laptopCommand(task);
        const laptop = new Deno.Command(deno!, {
          args,
          stdin: "null",
          stdout: "null",
          stderr: "null",
        }).spawn();
        await waitFor(
          () => processesWith(sleep).some((p) => p.commandLine === sleep),
          "the script",
        );
        laptop.kill("SIGKILL");
        await laptop.status;
        await waitFor(() => processesWith(sleep).length === 0, "the script to end", maxEndMs);
        assert(!existsSync(done));
        await using other = await openConnection(localSettings, {
          signal: new AbortController().signal,
          controlDirectory: `${directory}/ctl`,
        });
        const lock = {
          path: task.lockPath,
          command: "t",
          owner: "o",
          waitSeconds: 5,
          force: false,
        };
        assertEquals((await other.run("echo mine", { what, lock })).stdout, "mine\n");
      });
    }
  }
});
