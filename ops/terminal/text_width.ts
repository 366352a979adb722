/**
 * Characters that take two columns of a terminal: East Asian wide and full width ones (Unicode 16,
 * EastAsianWidth.txt, W and F) and emoji. Regional indicators count one each: two make a flag.
 */
const wide =
  /(?![\u{1f1e6}-\u{1f1ff}])(?:[\u1100-\u115f\u2329\u232a\u2630-\u2637\u268a-\u268f\u2e80-\u303e\u3041-\u3247\u3250-\u4dbf\u4dc0-\ua4c6\ua960-\ua97c\uac00-\ud7a3\uf900-\ufaff\ufe10-\ufe19\ufe30-\ufe6b\uff01-\uff60\uffe0-\uffe6\u{16fe0}-\u{18d08}\u{1aff0}-\u{1b2fb}\u{1d300}-\u{1d376}\u{1f200}-\u{1f265}\u{20000}-\u{3fffd}]|\p{Emoji_Presentation})/u;

/** Characters that are drawn onto the one in front of them. */
const combining = /[\p{Mn}\p{Me}\u1160-\u11ff]/u;
const printableAscii = /^[\x20-\x7e]*$/;

/** Columns that a text without control characters and escape sequences takes in a terminal. */
export function textWidth(text: string): number {
  if (printableAscii.test(text)) return text.length;
  let width = 0;
  for (const character of text) width += characterWidth(character);
  return width;
}

/** As much of a text's beginning as fits in `columns` columns. */
export function startWithin(text: string, columns: number): string {
  let width = 0;
  let end = 0;
  for (const character of text) {
    width += characterWidth(character);
    if (width > columns) return text.slice(0, end);
    end += character.length;
  }
  return text;
}

/** The text, or its beginning and an ellipsis, in at most `columns` columns (1 or more). */
export function cutToWidth(text: string, columns: number): string {
  return textWidth(text) <= columns ? text : `${startWithin(text, columns - 1)}…`;
}

/** The text with spaces behind it up to `columns` columns. */
export function padToWidth(text: string, columns: number): string {
  return text + " ".repeat(Math.max(0, columns - textWidth(text)));
}

/** Columns of one character. */
export function characterWidth(character: string): number {
  return combining.test(character) ? 0 : wide.test(character) ? 2 : 1;
}
