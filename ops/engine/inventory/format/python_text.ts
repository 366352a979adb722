/**
 * What Python takes for white space and for the end of a line; JavaScript takes others. Inventories
 * are split and trimmed by Python's rules, so that both see the same lines.
 */

// deno-lint-ignore no-control-regex -- Python's own list
const lineEnd = /\r\n|[\n\r\v\f\x1c-\x1e\x85\u2028\u2029]/;
// deno-lint-ignore no-control-regex -- Python's own list
const outerSpace = /^[\s\x1c-\x1f\x85]+|[\s\x1c-\x1f\x85]+$/g;

/** The lines of a text, as `str.splitlines()` gives them. */
export function pythonLines(text: string): string[] {
  const lines = text.split(lineEnd);
  if (lines.at(-1) === "") lines.pop();
  return lines;
}

/** Without white space at both ends, as `str.strip()` does it. */
export function pythonStrip(text: string): string {
  return text.replace(outerSpace, "");
}
