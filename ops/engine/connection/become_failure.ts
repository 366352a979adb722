import { quote } from "../../../tunnel/printable.ts";
import { UnreachableError } from "../errors.ts";
import type { BecomeSettings, ConnectionSettings } from "./connection_settings.ts";
import { lastLine } from "./ssh_failure.ts";

/** What sudo says, in English, and what to do about it. */
const advices: readonly (readonly [RegExp, string])[] = [
  [
    /a password is required|a terminal is required/,
    'sudo asks for a password: give it with "--ask-become-pass", or allow the user NOPASSWD',
  ],
  [
    /Sorry, try again|incorrect password|no password was provided/,
    "sudo does not accept the password: check whose it is and try again",
  ],
  [
    /not in the sudoers file|not allowed to (?:run|execute)|may not run sudo/,
    "sudo refuses: allow it in /etc/sudoers.d, or connect as another user",
  ],
  [/unknown user/, 'there is no such user: check "ansible_become_user"'],
  [
    /not found|No such file/,
    'there is no sudo: install it, or connect as root with "ansible_become: false"',
  ],
  [/must have a tty/, 'sudo wants a terminal: remove "requiretty" from /etc/sudoers'],
];

/**
 * What it means that sudo has not started the session.
 *
 * @param stderr What it has written.
 */
export function becomeFailure(settings: ConnectionSettings, stderr: string): UnreachableError {
  const { host, become } = settings;
  const lines = stderr.split(/\r?\n/);
  for (const [pattern, advice] of advices) {
    const line = lines.find((text) => pattern.test(text));
    if (line !== undefined) return becomeError(host, become, advice, line.trim());
  }
  return becomeError(host, become, "sudo has failed: try it on the host", lastLine(stderr));
}

function becomeError(
  host: string,
  become: BecomeSettings | undefined,
  advice: string,
  said: string,
): UnreachableError {
  const message = `Cannot become ${quote(become?.user ?? "root")} on ${quote(host)} as ${advice} ` +
    `(${quote(said, 300)})`;
  return new UnreachableError(host, "become", message);
}
