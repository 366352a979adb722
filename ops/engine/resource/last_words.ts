import { quote } from "../../../tunnel/printable.ts";
import type { CommandResult } from "../connection/connection.ts";

/** Most UTF-16 units of a script's last words that a message shows. */
const maxLastWords = 500;

/** How a script ended that did not do what it should, as a sentence that follows a message. */
export function lastWords({ code, stderr }: CommandResult): string {
  const text = stderr.trim();
  const ended = `. The script ended with exit code ${code}`;
  return text === ""
    ? ended
    : `${ended}, and wrote ${quote(text.slice(-maxLastWords), maxLastWords)}`;
}
