import { assert, assertEquals, assertNotEquals, assertRejects } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { localSettings } from "../../../tests/support/local_session.ts";
import { ConfigError } from "../../../tunnel/errors.ts";
import type { ConnectionSettings } from "./connection_settings.ts";
import { controlPath, sshCommand } from "./ssh_command.ts";

const settings: ConnectionSettings = { ...localSettings, transport: "ssh", address: "10.0.0.1" };
const timings = {
  connectTimeoutMs: 2500,
  keepAliveIntervalSeconds: 10,
  controlPersistSeconds: 60,
  acceptNewHostKeys: false,
};

function optionsOf(argv: readonly string[]): string[] {
  return argv.filter((_, index) => argv[index - 1] === "-o");
}

describe("sshCommand", () => {
  it("leaves to the user's configuration what is not given", () => {
    const argv = sshCommand(settings, timings, "/c", "command");
    for (const flag of ["-p", "-l", "-i"]) assert(!argv.includes(flag));
    assertEquals(argv.slice(-3), ["--", "10.0.0.1", "command"]);
  });

  it("passes on what is given, and no placeholders for ssh", () => {
    const given = { ...settings, port: 2222, user: "deploy", privateKeyFile: "/keys/50%h" };
    const argv = sshCommand(given, timings, "/c%d", "command");
    assertEquals(argv.slice(-9, -3), ["-p", "2222", "-l", "deploy", "-i", "/keys/50%%h"]);
    assert(optionsOf(argv).includes('ControlPath="/c%%d"'));
  });

  it("puts the user's arguments first, so that they win", () => {
    const sshArguments = ["-o", "StrictHostKeyChecking=no", "-J", "jump"];
    const argv = sshCommand({ ...settings, sshArguments }, timings, "/c", "command");
    assertEquals(argv.slice(0, 5), ["ssh", ...sshArguments]);
  });

  it("checks host keys, asks nothing, and gives up in time", () => {
    const options = optionsOf(sshCommand(settings, timings, "/c", "command"));
    for (
      const option of [
        "StrictHostKeyChecking=yes",
        "BatchMode=yes",
        "ConnectTimeout=3",
        "ServerAliveInterval=10",
        "ControlMaster=auto",
        "ControlPersist=60",
      ]
    ) assert(options.includes(option), option);
  });

  it("takes new keys only when it is told to, and changed ones never", () => {
    const argv = sshCommand(settings, { ...timings, acceptNewHostKeys: true }, "/c", "command");
    assert(optionsOf(argv).includes("StrictHostKeyChecking=accept-new"));
  });

  it("can do without a master", () => {
    const options = optionsOf(sshCommand(settings, timings, undefined, "command"));
    assertEquals(options.filter((option) => option.startsWith("Control")), [
      "ControlMaster=no",
      "ControlPath=none",
    ]);
  });
});

describe("controlPath", () => {
  it("is the same for the same settings, and depends on each of those that matter", async () => {
    const path = await controlPath(settings, "/ctl");
    assertEquals(await controlPath({ ...settings, become: undefined }, "/ctl"), path);
    const others: readonly Partial<ConnectionSettings>[] = [
      { host: "other" },
      { address: "10.0.0.2" },
      { port: 22 },
      { user: "root" },
      { privateKeyFile: "/key" },
      { sshArguments: ["-4"] },
    ];
    for (const other of others) {
      assertNotEquals(await controlPath({ ...settings, ...other }, "/ctl"), path);
    }
  });

  it("fits into a socket's address, or says that it does not", async () => {
    // 17 characters are ssh's own for a while, 17 ours.
    const longest = `/${"d".repeat(68)}`;
    assertEquals((await controlPath(settings, longest)).length + 17, 103);
    for (const directory of [`${longest}d`, "/$HOME", '/a"b', "/a\\b"]) {
      await assertRejects(() => controlPath(settings, directory), ConfigError, "sockets of ssh");
    }
  });
});
