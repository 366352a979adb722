import { quote } from "../../../tunnel/printable.ts";
import { UnreachableError } from "../errors.ts";
import type { BecomeSettings, ConnectionSettings } from "./connection_settings.ts";
import { bootProgram } from "./session_program.ts";

/** Names of users that no shell takes for anything else. */
const userName = /^[A-Za-z0-9_][A-Za-z0-9_.@-]*$/;

/** The command that starts a session. */
export interface SessionCommand {
  /** To be run on this machine. */
  readonly argv: readonly string[];
  /** For a login shell of any kind. */
  readonly text: string;
  /** How sudo will ask for the password. It differs from what the command line shows. */
  readonly passwordPrompt: string;
}

/**
 * The command that starts a session, by sudo when another user's privileges are wanted.
 *
 * @param helloNonce Marks the hello.
 * @param promptNonce Marks sudo's question for the password.
 * @throws {UnreachableError} when there can't be such a user, or such a password.
 */
export function sessionCommand(
  settings: ConnectionSettings,
  helloNonce: string,
  promptNonce: string,
): SessionCommand {
  const sudo = settings.become === undefined
    ? []
    : sudoCommand(settings, settings.become, promptNonce);
  const shell = ["sh", "-c"];
  const program = bootProgram(helloNonce);
  return {
    argv: [...sudo, ...shell, program],
    // Only the program has to be quoted, and every kind of shell takes it in single quotes.
    text: ["exec", ...sudo, ...shell, `'${program}'`].join(" "),
    passwordPrompt: `${promptNonce}%${promptNonce}`,
  };
}

function sudoCommand(
  { host }: ConnectionSettings,
  { user, password }: BecomeSettings,
  promptNonce: string,
): string[] {
  if (!userName.test(user)) {
    throw becomeError(
      host,
      `a user's name has letters and digits: current value is ${quote(user)}`,
    );
  }
  const as = ["-u", user, "--"];
  if (password === undefined) return ["sudo", "-n", ...as];
  if (/[\r\n\0]/.test(password.reveal())) {
    throw becomeError(host, "a password must be one line: the one given has a line break in it");
  }
  // sudo prints "%" for "%%": a shell that shows its commands doesn't show the prompt itself.
  return ["sudo", "-S", "-p", `${promptNonce}%%${promptNonce}`, ...as];
}

function becomeError(host: string, rule: string): UnreachableError {
  return new UnreachableError(
    host,
    "become",
    `Cannot become another user on ${quote(host)} as ${rule}`,
  );
}
