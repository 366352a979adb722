import { assert, assertEquals, assertMatch, assertNotMatch, assertRejects } from "@std/assert";
import { after, before, describe, it } from "@std/testing/bdd";
import { existsSync } from "node:fs";
import { commandLinesWith, uniqueSleep } from "../../../tests/support/process_list.ts";
import { skipWithoutSshServer, SshServer } from "../../../tests/support/ssh_server.ts";
import { waitFor } from "../../../tests/support/wait.ts";
import { ConfigError } from "../../../tunnel/errors.ts";
import { UnreachableError, type UnreachableReason } from "../errors.ts";
import type { ConnectionEvent } from "./connection_event.ts";
import type { ConnectionSettings } from "./connection_settings.ts";
import { closeMasters } from "./control_masters.ts";
import { type ConnectionOptions, openConnection } from "./open_connection.ts";
import { shellCommand } from "./quote.ts";

const what = "test";
const { signal } = new AbortController();

describe("openConnection", { skip: skipWithoutSshServer() }, () => {
  let server: SshServer;
  let controlDirectory: string;

  before(async () => {
    server = await SshServer.start();
    controlDirectory = Deno.makeTempDirSync({ prefix: "ztna-ctl-" });
  });

  after(async () => {
    await closeMasters(controlDirectory);
    Deno.removeSync(controlDirectory, { recursive: true });
    await server[Symbol.asyncDispose]();
  });

  function options(overrides: Partial<ConnectionOptions> = {}): ConnectionOptions {
    // Long enough for a machine that has much else to do.
    return { signal, controlDirectory, connectTimeoutMs: 60_000, ...overrides };
  }

  /** What becomes of an attempt that can't work. */
  async function failure(
    settings: ConnectionSettings,
    overrides: Partial<ConnectionOptions> = {},
  ): Promise<UnreachableError> {
    const error = await openConnection(settings, options({ attempts: 1, ...overrides }))
      .then((connection) => connection[Symbol.asyncDispose](), (reason) => reason);
    assert(error instanceof UnreachableError, `Current value is ${error}`);
    assertEquals([error.host, error.code, error.exitCode], [settings.host, "UNREACHABLE", 4]);
    return error;
  }

  it("runs scripts, all in one process", async () => {
    await using connection = await openConnection(server.settings(), options());
    const { code, stdout } = await connection.run("echo one; exit 3", { what });
    assertEquals([code, stdout], [3, "one\n"]);
    await connection.run("echo two", { what });
    assertEquals([connection.host, connection.traffic.processes], ["target", 1]);
    assertEquals(connection.traffic.roundTrips, 2);
  });

  it("shares one login among connections with the same settings, and no others", async () => {
    await using fresh = await SshServer.start();
    const settings = fresh.settings();
    for (const host of ["alias1", "alias1", "alias2"]) {
      await using connection = await openConnection({ ...settings, host }, options());
      await connection.run(":", { what });
    }
    assertEquals(fresh.log.split("Accepted publickey").length - 1, 2);
    await closeMasters(controlDirectory);
  });

  it("connects twenty times at once", async () => {
    const names = Array.from({ length: 20 }, (_, index) => `host${index}`);
    const outputs = await Promise.all(names.map(async (host) => {
      await using connection = await openConnection({ ...server.settings(), host }, options());
      return (await connection.run(`echo ${host}`, { what })).stdout.trim();
    }));
    assertEquals(outputs, names);
    await closeMasters(controlDirectory);
  });

  it("tells what it runs, for -v", async () => {
    const events: ConnectionEvent[] = [];
    const onEvent = (event: ConnectionEvent): number => events.push(event);
    await using connection = await openConnection(server.settings(), options({ onEvent }));
    const input = { length: 6, stream: new Blob(["secret"]).stream() };
    await connection.run("cat >/dev/null", { what: "take", input });
    const [started, ran] = events;
    assert(started?.type === "process");
    assertEquals([started.argv[0], started.argv.at(-2)], ["ssh", "127.0.0.1"]);
    assertEquals(ran, {
      type: "script",
      host: "target",
      what: "take",
      script: "cat >/dev/null",
      inputLength: 6,
    });
    assertNotMatch(JSON.stringify(events), /secret/);
  });

  describe("says why it can't connect", () => {
    interface Case {
      readonly what: string;
      readonly settings: () => Partial<ConnectionSettings>;
      readonly reason: UnreachableReason;
      readonly message: RegExp;
    }
    const cases: readonly Case[] = [
      {
        what: "nobody listens",
        settings: () => ({ port: 1 }),
        reason: "network",
        message: /SSH server must answer at "127\.0\.0\.1" port 1: ".*Connection refused"/,
      },
      {
        what: "the name has no address",
        settings: () => ({ address: "no-such-host.invalid" }),
        reason: "name",
        message: /its name must have an address: "no-such-host\.invalid: .*set "ansible_host"/,
      },
      {
        what: "an address looks like an option",
        settings: () => ({ address: `-oProxyCommand=touch ${controlDirectory}/executed` }),
        reason: "ssh",
        message: /hostname contains invalid characters/,
      },
      {
        what: "a user looks like a command",
        settings: () => ({ user: `$(touch ${controlDirectory}/executed)` }),
        reason: "ssh",
        message: /remote username contains invalid characters/,
      },
      {
        what: "the user does not exist",
        settings: () => ({ user: "nobody-here" }),
        reason: "authentication",
        message: /must accept one of your keys: ".*Permission denied \(publickey\)"/,
      },
      {
        what: "the key does not exist",
        settings: () => ({ privateKeyFile: "/missing/key" }),
        reason: "authentication",
        message: /\("Identity file \/missing\/key not accessible: No such file/,
      },
      {
        what: "ssh does not know an option",
        settings: () => ({ sshArguments: ["-F", "none", "-o", "NoSuchOption=1"] }),
        reason: "ssh",
        message: /Bad configuration option: nosuchoption"; check "ansible_ssh_common_args"/,
      },
      {
        what: "there is no algorithm in common",
        settings: () => ({ sshArguments: [...server.clientArguments(), "-o", "Ciphers=3des-cbc"] }),
        reason: "ssh",
        message: /no matching cipher found/,
      },
    ];
    for (const { what, settings, reason, message } of cases) {
      it(what, async () => {
        const error = await failure(server.settings({ host: "broken", ...settings() }));
        assertEquals(error.reason, reason);
        assertMatch(error.message, message);
        assert(error.message.startsWith('Cannot connect to "broken" as '));
      });
    }

    it("without having executed what is no command", () => {
      assert(!existsSync(`${controlDirectory}/executed`));
    });
  });

  describe("with a host key", () => {
    it("that is not known, says how to check it, and can take it", async () => {
      await using fresh = await SshServer.start();
      Deno.writeTextFileSync(fresh.knownHostsFile, "");
      const settings = fresh.settings({ host: "fresh" });
      const error = await failure(settings);
      assertEquals(error.reason, "host_key_unknown");
      const name = `[127.0.0.1]:${fresh.port}`;
      assertMatch(error.message, /give "--accept-new-host-keys"/);
      assert(error.message.includes(`there is no "ED25519" key of "${name}" in ssh's known hosts`));
      const scan = /"(ssh-keyscan [^"]*)"/.exec(error.message)?.[1];
      const { stdout } = await new Deno.Command("sh", { args: ["-c", `${scan} 2>&1`] }).output();
      assertMatch(new TextDecoder().decode(stdout), /256 SHA256:\S+ .*\(ED25519\)/);
      assertEquals(Deno.readTextFileSync(fresh.knownHostsFile), "");
      // Once taken, it is known.
      for (const acceptNewHostKeys of [true, false]) {
        const connected = await openConnection(settings, options({ acceptNewHostKeys }));
        await connected[Symbol.asyncDispose]();
        await closeMasters(controlDirectory);
      }
      assert(Deno.readTextFileSync(fresh.knownHostsFile).startsWith(name));
    });

    it("that has changed, says what to compare, and how to forget the old one", async () => {
      await using fresh = await SshServer.start();
      await fresh.changeHostKey();
      const settings = fresh.settings({ host: "reinstalled" });
      for (const acceptNewHostKeys of [false, true]) {
        const error = await failure(settings, { acceptNewHostKeys });
        assertEquals(error.reason, "host_key_changed");
        assertMatch(error.message, /Somebody may be listening in between/);
        assert(error.message.includes(`the one in "${fresh.knownHostsFile}" line 1: `));
        const print = await new Deno.Command("ssh-keygen", {
          args: ["-lf", `${fresh.directory}/host_key.pub`],
        }).output();
        const [, fingerprint] = new TextDecoder().decode(print.stdout).split(" ");
        assert(error.message.includes(`it shows ${fingerprint}`));
        if (acceptNewHostKeys) {
          const forget = /remove the old key with "(ssh-keygen .*)"$/.exec(error.message)?.[1];
          await new Deno.Command("sh", { args: ["-c", JSON.parse(`"${forget}"`)] }).output();
        }
      }
      assertEquals((await failure(settings)).reason, "host_key_unknown");
    });
  });

  describe("when the host does not answer", () => {
    it("gives up in time", async () => {
      await using fresh = await SshServer.start();
      fresh.freeze();
      const error = await failure(fresh.settings(), { connectTimeoutMs: 1500 });
      assertEquals(error.reason, "network");
      assertMatch(error.message, /must answer|timed out/);
    });

    it("tries again, but only where that may help", async () => {
      const attemptsOf = async (settings: ConnectionSettings): Promise<number> => {
        const events: ConnectionEvent[] = [];
        await failure(settings, { attempts: 3, onEvent: (event) => events.push(event) });
        return events.filter(({ type }) => type === "process").length;
      };
      assertEquals(await attemptsOf(server.settings({ port: 1 })), 3);
      assertEquals(await attemptsOf(server.settings({ user: "nobody-here" })), 1);
    });

    it("connects when the host is back, also past a master that believes it is connected", async () => {
      await using fresh = await SshServer.start();
      await (await openConnection(fresh.settings(), options()))[Symbol.asyncDispose]();
      fresh.freeze();
      const attempts: number[] = [];
      const onEvent = (event: ConnectionEvent): void => {
        if (event.type !== "retry") return;
        attempts.push(event.attempt);
        fresh.thaw();
      };
      await using connection = await openConnection(
        fresh.settings(),
        options({ connectTimeoutMs: 2000, attempts: 5, onEvent }),
      );
      assertEquals((await connection.run("echo back", { what })).stdout, "back\n");
      assert(attempts.length >= 1);
      await closeMasters(controlDirectory);
    });

    it("says why an attempt has failed when it is interrupted before the next", async () => {
      const abort = new AbortController();
      const onEvent = (event: ConnectionEvent): void => {
        if (event.type === "retry") abort.abort(new Error("interrupted"));
      };
      const error = await failure(server.settings({ port: 1 }), {
        ...{ attempts: 3, signal: abort.signal, onEvent },
      });
      assertEquals(error.reason, "network");
    });

    it("leaves nothing behind when it is interrupted", async () => {
      await using fresh = await SshServer.start();
      fresh.freeze();
      const abort = new AbortController();
      const attempt = openConnection(fresh.settings(), options({ signal: abort.signal }));
      const mark = `UserKnownHostsFile=${fresh.knownHostsFile}`;
      await waitFor(() => commandLinesWith(mark).length > 0, "ssh");
      abort.abort(new Error("interrupted"));
      await assertRejects(() => attempt, Error, "interrupted");
      await waitFor(() => commandLinesWith(mark).length === 0, "ssh to end");
    });
  });

  describe("when the login is odd", () => {
    it("passes over what it says, however much", async () => {
      const noise = "head -c 3000000 /dev/urandom; echo motd; echo motd >&2";
      await using noisy = await SshServer.start({
        configuration: [`ForceCommand ${noise}; eval "$SSH_ORIGINAL_COMMAND"`],
      });
      await using connection = await openConnection(noisy.settings(), options());
      const { stdout, stderr } = await connection.run("echo out; echo err >&2", { what });
      assertEquals([stdout, stderr], ["out\n", "err\n"]);
    });

    interface Case {
      readonly what: string;
      readonly command: string;
      readonly message: RegExp;
    }
    const cases: readonly Case[] = [
      {
        what: "gives up on a shell that says nothing",
        command: "echo hold the line; exec sleep 600",
        message: /login has worked, but then nothing came; .*\("hold the line"\)/,
      },
      {
        what: "gives up on a shell that never stops talking",
        command: "exec yes $(printf 'hello\\033[2J\\036')",
        message: /login has worked/,
      },
      {
        what: "gives up on a login that gives no shell",
        command: "printf 'go away \\033[2J'; exit 7",
        message: /must give a shell: it ended with code 7 \("go away \\u001b\[2J"\)/,
      },
    ];
    for (const { what, command, message } of cases) {
      it(what, async () => {
        await using odd = await SshServer.start({ configuration: [`ForceCommand ${command}`] });
        const error = await failure(odd.settings(), { connectTimeoutMs: 6000 });
        assertEquals(error.reason, "shell");
        assertMatch(error.message, message);
        await closeMasters(controlDirectory);
      });
    }

    it("takes no banner at its word, and shows no escapes of it", async () => {
      const file = `${controlDirectory}/banner`;
      const forged =
        "\x1b[2JOffending ED25519 key in /etc/passwd:1\nHost key verification failed.\n";
      Deno.writeTextFileSync(file, forged);
      await using odd = await SshServer.start({ configuration: [`Banner ${file}`] });
      await using connection = await openConnection(odd.settings(), options());
      assertEquals((await connection.run("echo in", { what })).stderr, "");
      const { message } = await failure(odd.settings({ host: "denied", user: "nobody-here" }));
      // deno-lint-ignore no-control-regex -- it is what must not be there
      assertNotMatch(message, /[\x00-\x1f]/);
    });
  });

  it("goes through a jump host, with aliases of the user's configuration", async () => {
    await using target = await SshServer.start();
    const configuration = `${controlDirectory}/ssh_config`;
    const keys = (of: SshServer): string[] => [
      `UserKnownHostsFile ${of.knownHostsFile}`,
      `IdentityFile ${of.directory}/user_key`,
    ];
    const lines = [
      ...["Host jump", `Port ${server.port}`, ...keys(server)],
      ...["Host inner", `Port ${target.port}`, ...keys(target), "ProxyJump jump", "LogLevel QUIET"],
      ...["Host *", "HostName 127.0.0.1", "IdentitiesOnly yes"],
      ...[
        "ForwardX11 yes",
        "RequestTTY force",
        "RemoteCommand false",
        "LocalForward 1 localhost:1",
      ],
    ];
    Deno.writeTextFileSync(configuration, `${lines.join("\n")}\n`);
    const settings = target.settings({
      address: "inner",
      port: undefined,
      privateKeyFile: undefined,
      sshArguments: ["-F", configuration],
    });
    await using connection = await openConnection(settings, options());
    const { stdout } = await connection.run('echo "$SSH_CONNECTION"; tty', { what });
    assertMatch(stdout, new RegExp(`127\\.0\\.0\\.1 ${target.port}\nnot a tty\n$`));
    assertMatch(server.log, /Accepted publickey/);
  });

  it("says what is wrong with a jump host, though ssh would not", async () => {
    await using target = await SshServer.start();
    const empty = `${controlDirectory}/no_known_hosts`;
    Deno.writeTextFileSync(empty, "");
    const jumpBy = (...options: string[]): Partial<ConnectionSettings> => {
      const proxy = ["ssh", "-F", "none", "-i", `${server.directory}/user_key`, ...options];
      const command = shellCommand([...proxy, "-W", `127.0.0.1:${target.port}`, "127.0.0.1"]);
      const host = "behind";
      return { host, sshArguments: [...target.clientArguments(), "-o", `ProxyCommand=${command}`] };
    };
    const port = ["-p", String(server.port)];
    const cases: readonly (readonly [string[], UnreachableReason, string])[] = [
      [
        [...port, "-o", `UserKnownHostsFile=${empty}`],
        "host_key_unknown",
        'the host key of every host on the way to it must be known: one is not. Run "ssh -F',
      ],
      [
        [...port, "-o", `UserKnownHostsFile=${server.knownHostsFile}`, "-l", "nobody-here"],
        "authentication",
        '"nobody-here@127.0.0.1: Permission denied (publickey)"',
      ],
      [["-p", "1"], "network", "Connection refused"],
    ];
    for (const [options, reason, message] of cases) {
      const error = await failure(target.settings(jumpBy(...options)));
      assertEquals([error.reason, error.message.includes(message)], [reason, true], error.message);
    }
  });

  describe("once connected", () => {
    it("says when the host is cut off, which ends what ran there", async () => {
      await using fresh = await SshServer.start();
      const sleep = uniqueSleep();
      await using connection = await openConnection(fresh.settings(), options());
      const run = connection.run(sleep, { what: "long work" });
      await waitFor(() => commandLinesWith(sleep).length > 0, "the script");
      fresh.cut();
      const error = await run.catch((reason) => reason);
      assert(error instanceof UnreachableError);
      assertEquals(error.reason, "network");
      assertMatch(error.message, /^Cannot go on with "long work" as "target" must stay connected/);
      await waitFor(() => commandLinesWith(sleep).length === 0, "the script to end");
      await assertRejects(() => connection.run(":", { what }), UnreachableError);
    });

    it("says when the host stops answering", async () => {
      await using fresh = await SshServer.start();
      const settings = options({ keepAliveIntervalSeconds: 1 });
      await using connection = await openConnection(fresh.settings(), settings);
      const lines: string[] = [];
      const run = connection.run("echo ready; sleep 600", {
        what,
        onLine: (_, line) => lines.push(line),
      });
      await waitFor(() => lines.length > 0, "the script");
      fresh.freeze();
      await assertRejects(() => run, UnreachableError, "the connection is lost");
    });

    it("ends the script when it is interrupted, and can go on", async () => {
      const sleep = uniqueSleep();
      await using connection = await openConnection(server.settings(), options());
      const abort = new AbortController();
      const run = connection.run(`${sleep} & ${sleep}`, { what, signal: abort.signal });
      await waitFor(() => commandLinesWith(sleep).length > 1, "the script");
      abort.abort(new Error("interrupted"));
      await assertRejects(() => run, Error, "interrupted");
      assertEquals(commandLinesWith(sleep), []);
      assertEquals((await connection.run("echo on", { what })).stdout, "on\n");
    });

    it("carries any bytes, also what a terminal would take for commands to ssh", async () => {
      await using connection = await openConnection(server.settings(), options());
      const bytes = new Uint8Array(100_000);
      crypto.getRandomValues(bytes.subarray(0, 60_000));
      bytes.set(new TextEncoder().encode("\n~.\n~?\n\x03\x04end\n.\n"), 60_000);
      const digest = await crypto.subtle.digest("SHA-256", bytes);
      const input = { length: bytes.length, stream: new Blob([bytes]).stream() };
      const { stdout } = await connection.run("sha256sum", { what, input });
      assertEquals(stdout.slice(0, 64), new Uint8Array(digest).toHex());
    });

    it("takes an input of 50 MB and an output of 100 MB", async () => {
      await using connection = await openConnection(server.settings(), options());
      const chunk = new Uint8Array(1_000_000).fill(0x61);
      let sent = 0;
      const stream = new ReadableStream<Uint8Array>({
        pull(controller): void {
          if (sent++ < 50) controller.enqueue(chunk);
          else controller.close();
        },
      });
      const input = { length: 50_000_000, stream };
      const { stdout } = await connection.run("wc -c", { what, input });
      assertEquals(stdout, "50000000\n");

      const script = "yes $(printf '\\036%s end 1 0' 0123) | head -c 100000000; exit 9";
      let lines = 0;
      const result = await connection.run(script, {
        what,
        maxOutputBytes: 1000,
        onLine: () => lines++,
      });
      assertEquals([result.code, result.stdout.length, result.truncated], [9, 1000, true]);
      assert(lines > 6_000_000);
    });
  });

  describe("keeps ssh's sockets", () => {
    it("in a directory that it makes for their owner alone", async () => {
      const directory = `${controlDirectory}/a b%/c`;
      const settings = options({ controlDirectory: directory });
      await using connection = await openConnection(server.settings(), settings);
      await connection.run(":", { what });
      assertEquals(Deno.statSync(directory).mode! & 0o777, 0o700);
      assertEquals([...Deno.readDirSync(directory)].length, 1);
      await closeMasters(directory);
      await waitFor(() => [...Deno.readDirSync(directory)].length === 0, "the master to end");
    });

    it("in none to which others have access", async () => {
      const directory = `${controlDirectory}/open`;
      Deno.mkdirSync(directory);
      Deno.chmodSync(directory, 0o777);
      await assertRejects(
        () => openConnection(server.settings(), options({ controlDirectory: directory })),
        ConfigError,
        "as only you may have access to it: current owner is",
      );
    });

    it("in none whose path is too long", async () => {
      const directory = `${controlDirectory}/${"long/".repeat(20)}`;
      await assertRejects(
        () => openConnection(server.settings(), options({ controlDirectory: directory })),
        ConfigError,
        "socket's path must be at most 103 bytes",
      );
      assert(!existsSync(directory));
    });
  });

  it("says that there must be an ssh", async () => {
    const path = Deno.env.get("PATH")!;
    Deno.env.set("PATH", controlDirectory);
    try {
      await assertRejects(
        () => openConnection(server.settings(), options()),
        ConfigError,
        'Cannot connect as "ssh" must be installed',
      );
    } finally {
      Deno.env.set("PATH", path);
    }
  });
});
