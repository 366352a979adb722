import { ConfigError } from "../tunnel/errors.ts";
import { quote } from "../tunnel/printable.ts";
import { Secret } from "./engine/secret.ts";

/** Longest password file that is read, in bytes. */
const maxFileBytes = 4096;

/** The answer, for commands that begin several runs: nobody is asked twice. */
let given: Secret | undefined;

/**
 * The password of `sudo`, where the command line says that there is one: asked for on the terminal,
 * once in a process, or the first line of a file.
 *
 * @throws {ConfigError} when there is no terminal, or the file can't be used.
 */
export async function becomePassword(values: {
  readonly askBecomePassword: boolean | undefined;
  readonly becomePasswordFile: string | undefined;
}): Promise<Secret | undefined> {
  const { askBecomePassword = false, becomePasswordFile: path } = values;
  if (path !== undefined) return new Secret(firstLine(path));
  if (!askBecomePassword || given !== undefined) return given;
  // Only here, as loading it takes a while that every command would wait for.
  const { promptSecret } = await import("@std/cli/prompt-secret");
  const answer = Deno.stdin.isTerminal() ? promptSecret("Password of sudo:", { mask: "" }) : null;
  if (answer !== null) return given = new Secret(answer);
  throw new ConfigError(
    "Cannot ask for the password of sudo as standard input must be a terminal: use " +
      '"--become-password-file FILE"',
  );
}

function firstLine(path: string): string {
  const refuse = (rule: string, cause?: unknown): never => {
    throw new ConfigError(
      `Cannot use the password file ${quote(path)} as ${rule}`,
      cause === undefined ? undefined : { cause },
    );
  };
  try {
    const { size, mode } = Deno.statSync(path);
    if (size > maxFileBytes) refuse(`it must have at most ${maxFileBytes} bytes: it has ${size}`);
    if (((mode ?? 0) & 0o077) !== 0) {
      refuse('only you may have access to it: correct that with "chmod 600"');
    }
    const [line = ""] = Deno.readTextFileSync(path).split("\n");
    return line === "" ? refuse("its first line must be the password: it is empty") : line;
  } catch (error) {
    if (error instanceof ConfigError) throw error;
    return refuse(
      `it must be readable: ${error instanceof Error ? error.message : String(error)}`,
      error,
    );
  }
}
