/** Widths of letters as shares of the font's height, for Inter and Arial: the wider of both. */
const widths: readonly (readonly [letters: RegExp, width: number])[] = [
  [/[ ijlI|.,:;'!`]/, 0.3],
  [/[frt()[\]/\\-]/, 0.38],
  [/[ckszvxyJ]/, 0.56],
  [/[mwMW@%—…]/, 0.95],
  [/[A-Z&]/, 0.75],
  [/[ -~µ]/, 0.62],
];
/** Of all other letters; as wide as high, as Chinese ones are. */
const otherWidth = 1.05;

/**
 * Size of the letters in charts for which there is room, in px: what the style sheet makes of 12 px
 * on smaller pages, where charts shrink and words must not.
 */
export const letterPx = 14;

/** About how wide a text is in a chart, in px; none of a page's fonts makes it wider. */
export function textWidth(text: string): number {
  let width = 0;
  for (const letter of text) {
    width += widths.find(([letters]) => letters.test(letter))?.[1] ?? otherWidth;
  }
  return width * letterPx;
}

/** As much of a text as fits, a letter at least, with `…` for the rest. */
export function fitText(text: string, width: number): string {
  const room = width - textWidth("…");
  let used = 0;
  let fitting = "";
  for (const letter of text) {
    used += textWidth(letter);
    if (used > width) return `${fitting}…`;
    if (used <= room || fitting === "") fitting += letter;
  }
  return text;
}
