/** Words of a command line, or why it has none. */
export type ShellWords = { readonly words: readonly string[] } | { readonly mistake: string };

/**
 * Splits a line into words by the rules of Python's `shlex.split`, which Ansible uses for host
 * lines and for arguments of `ssh`: quotes and backslashes as in a POSIX shell, without expansion.
 *
 * @param options.comments Whether `#` outside quotes, in a word too, begins a comment.
 */
export function splitShellWords(line: string, options: { comments?: boolean } = {}): ShellWords {
  const words: string[] = [];
  let word: string | undefined;
  for (let at = 0; at < line.length; at++) {
    const character = line[at]!;
    if (" \t\r\n".includes(character)) {
      if (word !== undefined) words.push(word);
      word = undefined;
    } else if (character === "#" && options.comments) {
      const end = line.indexOf("\n", at);
      if (end === -1) break;
      at = end - 1;
    } else if (character === "\\") {
      const next = line[++at];
      if (next === undefined) return { mistake: 'nothing follows the "\\" at its end' };
      word = (word ?? "") + next;
    } else if (character === "'" || character === '"') {
      const quoted = readQuoted(line, at, character);
      if (quoted === undefined) return { mistake: `a quote (${character}) is not closed` };
      word = (word ?? "") + quoted.text;
      at = quoted.end;
    } else {
      word = (word ?? "") + character;
    }
  }
  if (word !== undefined) words.push(word);
  return { words };
}

/** What the quote at `start` encloses, and where the closing one is. */
function readQuoted(
  line: string,
  start: number,
  mark: "'" | '"',
): { text: string; end: number } | undefined {
  let text = "";
  for (let at = start + 1; at < line.length; at++) {
    const character = line[at]!;
    if (character === mark) return { text, end: at };
    const next = line[at + 1];
    // Between double quotes a backslash escapes those and itself only.
    if (mark === '"' && character === "\\" && (next === '"' || next === "\\")) {
      text += next;
      at++;
    } else text += character;
  }
  return undefined;
}
