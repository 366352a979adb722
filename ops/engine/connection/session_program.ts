/** The text that ends a session well; the end of its input without this is an accident. */
export const lastText = "ztna_ended=1";

/** The line that ends a script's input. */
export const inputEnd = bytesOf(".\n");

let program: string | undefined;

/**
 * The text that makes a session of a shell: it says hello, and what it can do is in session.sh. No
 * other may be sent before the hello has come.
 *
 * @param nonce Hexadecimal digits that mark what the session says. They show in no process list, so
 *   that nothing which a script prints can pass for a marker.
 */
export function sessionProgram(nonce: string): string {
  program ??= Deno.readTextFileSync(new URL("session.sh", import.meta.url))
    .replaceAll(/^[ ]+/gm, "")
    .replaceAll(/^(#.*)?\n/gm, "");
  return `ztna_nonce=${nonce}\n${program}`.trimEnd();
}

/** A shell text as a session reads it: whole lines, of commands that are complete. */
export function textLine(text: string): Uint8Array<ArrayBuffer> {
  return bytesOf(`${text}\n`);
}

/** Announces `length` bytes of a script's input. */
export function inputHead(length: number): Uint8Array<ArrayBuffer> {
  return bytesOf(`:${length}\n`);
}

function bytesOf(text: string): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(text);
}
