import { assert, assertEquals, assertThrows } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { localSettings } from "../../../tests/support/local_session.ts";
import { UnreachableError } from "../errors.ts";
import { Secret } from "../secret.ts";
import { sessionCommand } from "./session_command.ts";

function commandWith(user?: string, password?: string): ReturnType<typeof sessionCommand> {
  const become = user === undefined
    ? undefined
    : { user, password: password === undefined ? undefined : new Secret(password) };
  return sessionCommand({ ...localSettings, become }, "0e", "9f");
}

describe("sessionCommand", () => {
  it("starts a shell, for a login shell and for this machine alike", () => {
    const { argv, text } = commandWith();
    assertEquals(argv.slice(0, 2), ["sh", "-c"]);
    assertEquals(text, `exec sh -c '${argv[2]}'`);
  });

  it("has sudo ask for nothing when there is no password", () => {
    const { argv, text } = commandWith("root");
    assertEquals(argv.slice(0, -3), ["sudo", "-n", "-u", "root", "--"]);
    assert(text.startsWith("exec sudo -n -u root -- sh -c '"));
  });

  it("has sudo ask in a way that no command line shows, and shows no password", () => {
    const { argv, text, passwordPrompt } = commandWith("root", "hunter2");
    assertEquals(passwordPrompt, "9f%9f");
    for (const shown of [...argv, text]) {
      assert(!shown.includes(passwordPrompt) && !shown.includes("hunter2"));
    }
  });

  for (const user of ["", "-u", "a b", "a;b", "$(id)", "#0", "a\nb"]) {
    it(`refuses to become ${JSON.stringify(user)}`, () => {
      assertThrows(() => commandWith(user), UnreachableError, "a user's name has letters");
    });
  }
});
