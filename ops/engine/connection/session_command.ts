import { quote } from "../../../tunnel/printable.ts";
import { UnreachableError } from "../errors.ts";
import type { BecomeSettings, ConnectionSettings } from "./connection_settings.ts";

/** Names of users that no shell takes for anything else. */
const userName = /^[A-Za-z0-9_][A-Za-z0-9_.@-]*$/;

/** The command that gives the shell for a session. */
export interface SessionCommand {
  /** To be run on this machine. */
  readonly argv: readonly string[];
  /** For a login shell of any kind: it means the same to sh, bash, zsh, fish and csh. */
  readonly text: string;
  /**
   * How sudo asks for the password, if it may; not what the command line shows. Nothing may be sent
   * before the shell has said `hello`, marked with the nonce: sudo could take it for the password.
   */
  readonly passwordPrompt: string | undefined;
}

/**
 * The command that gives the shell for a session, by sudo when another user's privileges are wanted.
 *
 * @param nonce Hexadecimal digits. Others on both machines can see them.
 * @throws {UnreachableError} when there can't be such a user, or such a password.
 */
export function sessionCommand(settings: ConnectionSettings, nonce: string): SessionCommand {
  const { host, become } = settings;
  if (become === undefined) {
    return { argv: ["sh"], text: "exec sh", passwordPrompt: undefined };
  }
  checkBecome(host, become);
  const shell = ["-u", become.user, "--", "sh"];
  if (become.password === undefined) {
    const argv = ["sudo", "-n", ...shell];
    return { argv, text: `exec ${argv.join(" ")}`, passwordPrompt: undefined };
  }
  // sudo prints "%" for "%%": a shell that shows its commands doesn't show the prompt itself.
  const argv = ["sudo", "-S", "-p", `${nonce}%%${nonce}`, ...shell, "-c"];
  const program = `printf "\\036%s hello\\n" ${nonce}; exec sh`;
  return {
    argv: [...argv, program],
    // Every kind of shell takes the program in single quotes: there are no "'" and "!" in it.
    text: `exec ${argv.join(" ")} '${program}'`,
    passwordPrompt: `${nonce}%${nonce}`,
  };
}

function checkBecome(host: string, { user, password }: BecomeSettings): void {
  if (!userName.test(user)) {
    throw becomeError(
      host,
      `a user's name has letters and digits: current value is ${quote(user)}`,
    );
  }
  if (password !== undefined && /[\r\n\0]/.test(password.reveal())) {
    throw becomeError(host, "a password must be one line: the one given has a line break in it");
  }
}

function becomeError(host: string, rule: string): UnreachableError {
  const message = `Cannot become another user on ${quote(host)} as ${rule}`;
  return new UnreachableError(host, "become", message);
}
