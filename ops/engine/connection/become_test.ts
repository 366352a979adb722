import { assert, assertEquals, assertMatch } from "@std/assert";
import { after, before, describe, it } from "@std/testing/bdd";
import { existsSync } from "node:fs";
import { skipWithout } from "../../../tests/support/debian_program.ts";
import { commandLinesWith, uniqueSleep } from "../../../tests/support/process_list.ts";
import { accountPassword } from "../../../tests/support/ssh_accounts.ts";
import { skipWithoutSshServer, SshServer } from "../../../tests/support/ssh_server.ts";
import { waitFor } from "../../../tests/support/wait.ts";
import { UnreachableError } from "../errors.ts";
import { Secret } from "../secret.ts";
import type { BecomeSettings } from "./connection_settings.ts";
import { closeMasters } from "./control_masters.ts";
import { type ConnectionOptions, openConnection } from "./open_connection.ts";

const what = "test";
const skip = skipWithoutSshServer() || skipWithout("/usr/bin/sudo", "sudo") ||
  (Deno.uid() !== 0 && "Cannot run these tests as they make users: run them as root");

/** Login shells that accounts are tried with. */
const shells = ["bash", "zsh", "fish", "tcsh"].filter((name) => existsSync(`/bin/${name}`));

function become(password?: string, user = "root"): BecomeSettings {
  return { user, password: password === undefined ? undefined : new Secret(password) };
}

describe("become", { skip }, () => {
  let server: SshServer;
  let options: ConnectionOptions;

  before(async () => {
    server = await SshServer.start({
      sudoersDefaults: ["Defaults:terminal requiretty", "Defaults:pty use_pty"],
      accounts: [
        { name: "deploy", sudo: "ALL=(ALL) NOPASSWD: ALL" },
        { name: "operator", sudo: "ALL=(ALL) ALL" },
        { name: "pty", sudo: "ALL=(ALL) ALL" },
        { name: "terminal", sudo: "ALL=(ALL) NOPASSWD: ALL" },
        { name: "guest" },
        ...shells.map((shell) => ({
          name: `in-${shell}`,
          shell: `/bin/${shell}`,
          sudo: "ALL=(ALL) ALL",
        })),
      ],
    });
    const controlDirectory = Deno.makeTempDirSync({ prefix: "ztna-ctl-" });
    const { signal } = new AbortController();
    options = { signal, controlDirectory, connectTimeoutMs: 60_000 };
  });

  after(async () => {
    await closeMasters(options.controlDirectory);
    Deno.removeSync(options.controlDirectory, { recursive: true });
    await server[Symbol.asyncDispose]();
  });

  interface Case {
    readonly user: string;
    readonly become: BecomeSettings;
    readonly as: string;
  }
  const cases: readonly Case[] = [
    { user: "deploy", become: become(), as: "root" },
    // The password must not be taken for anything else when sudo does not ask for it.
    { user: "deploy", become: become("not asked for"), as: "root" },
    { user: "operator", become: become(accountPassword), as: "root" },
    { user: "operator", become: become(accountPassword, "guest"), as: "guest" },
    { user: "pty", become: become(accountPassword), as: "root" },
    ...shells.map((shell) => ({
      user: `in-${shell}`,
      become: become(accountPassword),
      as: "root",
    })),
  ];
  for (const { user, become, as } of cases) {
    const how = become.password === undefined ? "without" : "with";
    it(`makes ${as} of ${user}, ${how} a password`, async () => {
      const settings = server.settings({ user, become });
      await using connection = await openConnection(settings, options);
      const input = { length: 6, stream: new Blob(["a\nb\n~."]).stream() };
      const result = await connection.run("id -un; cat; echo err >&2; exit 3", { what, input });
      assertEquals(result, {
        code: 3,
        stdout: `${as}\na\nb\n~.`,
        stderr: "err\n",
        truncated: false,
      });
    });
  }

  for (const user of ["operator", "pty"]) {
    it(`ends what runs as root when ${user} interrupts it, or is cut off`, async () => {
      const [first, second] = [uniqueSleep(), uniqueSleep()];
      const settings = server.settings({ user, become: become(accountPassword) });
      await using connection = await openConnection(settings, options);
      const abort = new AbortController();
      const script = `trap '' TERM; timeout 2000 ${first} & ${first}`;
      const interrupted = connection.run(script, { what, signal: abort.signal }).catch(() => {});
      await waitFor(() => commandLinesWith(first).length > 2, "the first script");
      abort.abort();
      await interrupted;
      assertEquals(commandLinesWith(first), []);

      const lost = connection.run(`trap '' TERM; ${second}`, { what }).catch((error) => error);
      await waitFor(() => commandLinesWith(second).length > 0, "the second script");
      server.cut();
      assert(await lost instanceof UnreachableError);
      await waitFor(() => commandLinesWith(second).length === 0, "the second script to end");
    });
  }

  it("shows the password nowhere", async () => {
    const sleep = uniqueSleep();
    const settings = server.settings({ user: "operator", become: become(accountPassword) });
    const events: unknown[] = [];
    const onEvent = (event: unknown): number => events.push(event);
    await using connection = await openConnection(settings, { ...options, onEvent });
    const abort = new AbortController();
    const run = connection.run(`${sleep} # $(env)`, { what, signal: abort.signal })
      .catch(() => {});
    await waitFor(() => commandLinesWith(sleep).length > 0, "the script");
    assertEquals(commandLinesWith(accountPassword), []);
    assert(!Deno.inspect(events, { depth: 20 }).includes(accountPassword));
    assert(!Deno.inspect(connection, { depth: 20, showHidden: true }).includes(accountPassword));
    abort.abort();
    await run;
  });

  interface Refusal {
    readonly what: string;
    readonly user: string;
    readonly become: BecomeSettings;
    readonly message: RegExp;
  }
  const refusals: readonly Refusal[] = [
    {
      what: "there is no password",
      user: "operator",
      become: become(),
      message: /sudo asks for a password: give it with "--ask-become-pass"/,
    },
    {
      what: "the password is wrong",
      user: "operator",
      become: become("wrong"),
      message: /sudo does not accept the password: .*\("Sorry, try again\."\)/,
    },
    {
      what: "sudo does not allow it",
      user: "guest",
      become: become(accountPassword),
      message: /sudo refuses: .*\("guest is not in the sudoers file/,
    },
    {
      what: "sudo wants a terminal",
      user: "terminal",
      become: become(),
      message: /remove "requiretty"/,
    },
    {
      what: "there is no such user",
      user: "deploy",
      become: become(undefined, "nobody-here"),
      message: /^Cannot become "nobody-here" .* check "ansible_become_user"/,
    },
    {
      what: "the user's name is a command",
      user: "deploy",
      become: become(undefined, "$(id)"),
      message: /a user's name has letters and digits: current value is "\$\(id\)"/,
    },
    {
      what: "the password has two lines",
      user: "operator",
      become: become("pass\nword"),
      message: /a password must be one line/,
    },
  ];
  for (const { what, user, become, message } of refusals) {
    it(`says so when ${what}`, async () => {
      const settings = server.settings({ user, become });
      const error = await openConnection(settings, options)
        .then((connection) => connection[Symbol.asyncDispose](), (reason) => reason);
      assert(error instanceof UnreachableError);
      assertEquals(error.reason, "become");
      assertMatch(error.message, message);
      assert(!error.message.includes(become.password?.reveal() ?? "\0"));
    });
  }

  it("says so when there is no sudo", async () => {
    await using bare = await SshServer.start({ configuration: ["SetEnv PATH=/missing"] });
    const settings = bare.settings({ become: become() });
    const error = await openConnection(settings, options)
      .then((connection) => connection[Symbol.asyncDispose](), (reason) => reason);
    assertMatch(error.message, /there is no sudo: install it/);
  });

  it("keeps the password from a shell that shows its commands before it runs them", async () => {
    await using verbose = await SshServer.start({
      accounts: [{ name: "deploy", shell: "/bin/bash", sudo: "ALL=(ALL) NOPASSWD: ALL" }],
      configuration: ['ForceCommand set -xv; eval "$SSH_ORIGINAL_COMMAND"'],
    });
    const settings = verbose.settings({ user: "deploy", become: become("not asked for") });
    await using connection = await openConnection(settings, options);
    assertEquals((await connection.run("id -un", { what })).stdout, "root\n");
    // It would have been taken for the length of a text.
    assertEquals(connection.traffic.processes, 1);
  });
});
