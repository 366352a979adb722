/** A quantity: a number that stands alone and has a unit, or a noun, behind it. */
const quantity = /(?<![\w.:/+-])\d{1,15}(?:\.\d{1,6})?(?= [%\p{L}])/gu;

/**
 * Texts that differ in one quantity as one text: `40.1 s behind` and `43 s behind` are
 * `40.1 to 43 s behind`.
 *
 * @param texts At least one.
 * @returns `undefined` when they differ in more.
 */
export function foldTexts(texts: readonly string[]): string | undefined {
  const [first = "", ...others] = texts;
  if (others.every((text) => text === first)) return first;
  const pattern = patternOf(first);
  if (others.some((text) => patternOf(text) !== pattern)) return undefined;
  const all = texts.map((text) => text.match(quantity) ?? []);
  if (all.some(({ length }) => length !== all[0]!.length)) return undefined;
  const differing = [...all[0]!.keys()].filter((i) => all.some((each) => each[i] !== all[0]![i]));
  const [place] = differing;
  if (place === undefined || differing.length > 1) return undefined;
  const sorted = all.map((each) => each[place]!).sort((a, b) => Number(a) - Number(b));
  let at = 0;
  return first.replaceAll(
    quantity,
    (number) => at++ === place ? `${sorted[0]} to ${sorted.at(-1)}` : number,
  );
}

/** A text with all its quantities equal: those that are alike may fold. */
export function patternOf(text: string): string {
  return text.replaceAll(quantity, "#");
}
