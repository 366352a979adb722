/**
 * What a host's login shell is to run. It says hello, and then evaluates one shell text after the
 * other: a line with its length in bytes, then the text. Any other line, or the end of the input,
 * ends it.
 *
 * Small, on one line and without `'` and `!`, so that sh, bash, zsh, fish and csh all take it as one
 * word in single quotes, and so that `sudo` writes little into the host's log.
 *
 * @param helloNonce Hexadecimal digits that mark the hello. Others on both machines can see them.
 */
export function bootProgram(helloNonce: string): string {
  return `printf "\\036%s hello\\n" ${helloNonce}; ` +
    `while IFS= read -r n && [ "$n" -ge 0 ] 2>/dev/null; do eval "$(head -c "$n")"; done`;
}

/** Ends a session; the end of its input without this is an accident. */
export const endLine = "end\n";

/** Ends a script's input. */
export const inputEndLine = ".\n";

let program: string | undefined;

/**
 * The first text that a session evaluates: what it can do, for the texts that follow.
 *
 * @param nonce Hexadecimal digits that mark what the session says. They show in no process list, so
 *   that nothing which a script prints can pass for a marker.
 */
export function sessionProgram(nonce: string): string {
  program ??= Deno.readTextFileSync(new URL("session.sh", import.meta.url))
    .replaceAll(/^[ ]+/gm, "")
    .replaceAll(/^(#.*)?\n/gm, "");
  return `ztna_nonce=${nonce}\n${program}`;
}

/** A shell text as the session reads it. */
export function textFrame(text: string): Uint8Array<ArrayBuffer> {
  const bytes = new TextEncoder().encode(text);
  return frame(`${bytes.length}\n`, bytes);
}

/** A part of a script's input as the session reads it. */
export function inputFrame(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  return frame(`:${bytes.length}\n`, bytes);
}

function frame(head: string, body: Uint8Array): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(head.length + body.length);
  new TextEncoder().encodeInto(head, bytes);
  bytes.set(body, head.length);
  return bytes;
}
