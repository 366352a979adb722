/**
 * One word of a POSIX shell that means exactly `text`. The only place where quoting happens.
 *
 * @throws {TypeError} for a NUL, which no shell word can hold.
 */
export function shellQuote(text: string): string {
  if (text.includes("\0")) {
    throw new TypeError(
      `Cannot quote a text for the shell as it must not contain NUL: current value is ` +
        JSON.stringify(text),
    );
  }
  return `'${text.replaceAll("'", `'\\''`)}'`;
}
