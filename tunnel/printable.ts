/**
 * Everything that can move a terminal's cursor, start an escape sequence, break a line or reorder
 * text: C0, DEL and C1 controls, line and paragraph separators, bidirectional controls, zero-width
 * marks, the byte order mark and halves of surrogate pairs.
 */
const unprintable =
  // deno-lint-ignore no-control-regex -- finding control characters is what it is for
  /[\u0000-\u001f\u007f-\u009f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]|\p{Surrogate}/gu;

/** Writes every character that a terminal or a line-based reader could trip over as `\uXXXX`. */
export function escapeControls(text: string): string {
  return text.replace(
    unprintable,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}

/**
 * Cuts `text` to `maxLength` UTF-16 units and marks the cut with an ellipsis and what is missing.
 *
 * @param maxLength Length of what stays of the text, without the mark.
 */
export function truncate(text: string, maxLength: number): string {
  if (text.length <= maxLength) return text;
  // Halving a surrogate pair would leave a character that has no UTF-8 form.
  const last = text.charCodeAt(maxLength - 1);
  const end = last >= 0xd800 && last <= 0xdbff ? maxLength - 1 : maxLength;
  return `${text.slice(0, end)}…(${text.length - end} more)`;
}

/**
 * A value from outside as messages show it: in double quotes, escaped as in JSON, on one line and
 * bounded.
 *
 * @param maxLength Longest part of the text that is shown; 100 by default.
 */
export function quote(text: string, maxLength = 100): string {
  return escapeControls(JSON.stringify(truncate(text, maxLength)));
}
