/**
 * One word of a POSIX shell's command line that stands for exactly `text`, whatever is in it. The
 * only place where text becomes shell.
 *
 * @throws {TypeError} when there is a NUL in it, which no shell can carry.
 */
export function shellQuote(text: string): string {
  if (text.includes("\0")) {
    throw new TypeError("Cannot quote a text for the shell as it must be without NUL characters");
  }
  // Inside single quotes nothing is special; a quote itself is closed, escaped and opened again.
  return `'${text.replaceAll("'", `'\\''`)}'`;
}

/** A simple command that runs `words[0]` with the others as its arguments. */
export function shellCommand(words: readonly string[]): string {
  return words.map(shellQuote).join(" ");
}
