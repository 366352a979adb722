import { assert, assertEquals, assertNotMatch, assertThrows } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { existsSync } from "node:fs";
import { localSettings } from "../../../tests/support/local_session.ts";
import { UnreachableError } from "../errors.ts";
import { Secret } from "../secret.ts";
import { sessionCommand } from "./session_command.ts";

/** Login shells that hosts may have. */
const loginShells = ["sh", "bash", "zsh", "fish", "tcsh"]
  .map((name) => `/bin/${name}`).filter((path) => existsSync(path));

function commandWith(user?: string, password?: string): ReturnType<typeof sessionCommand> {
  const become = user === undefined
    ? undefined
    : { user, password: password === undefined ? undefined : new Secret(password) };
  return sessionCommand({ ...localSettings, become }, "9f");
}

describe("sessionCommand", () => {
  it("starts a shell, for a login shell and for this machine alike", () => {
    assertEquals(commandWith(), { argv: ["sh"], text: "exec sh", passwordPrompt: undefined });
  });

  it("has sudo ask for nothing when there is no password", () => {
    const { argv, text, passwordPrompt } = commandWith("root");
    assertEquals(argv, ["sudo", "-n", "-u", "root", "--", "sh"]);
    assertEquals([text, passwordPrompt], ["exec sudo -n -u root -- sh", undefined]);
  });

  it("has sudo ask in a way that no command line shows, and shows no password", () => {
    const { argv, text, passwordPrompt } = commandWith("root", "hunter2");
    assertEquals(passwordPrompt, "9f%9f");
    for (const shown of [...argv, text]) {
      assert(!shown.includes("9f%9f") && !shown.includes("hunter2"));
    }
  });

  for (const shell of loginShells) {
    it(`means the same to ${shell}`, async () => {
      const { text } = commandWith("root", "hunter2");
      assertNotMatch(text, /[!\n]/);
      const child = new Deno.Command(shell, {
        args: ["-c", text.replace(/ sudo .* sh -c /, " sh -c ")],
        stdin: "piped",
        stdout: "piped",
        stderr: "piped",
      }).spawn();
      const writer = child.stdin.getWriter();
      await writer.write(new TextEncoder().encode("echo 'one'\nexit 3\n"));
      await writer.close();
      const { code, stdout, stderr } = await child.output();
      assertEquals(new TextDecoder().decode(stdout), "\x1e9f hello\none\n");
      assertEquals([new TextDecoder().decode(stderr), code], ["", 3]);
    });
  }

  for (const user of ["", "-u", "a b", "a;b", "$(id)", "#0", "a\nb"]) {
    it(`refuses to become ${JSON.stringify(user)}`, () => {
      assertThrows(() => commandWith(user), UnreachableError, "a user's name has letters");
    });
  }
});
