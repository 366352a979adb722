/** A colour of a terminal: one of the 16 named ones, by number, or a fixed one. */
export type TerminalColor = number | `#${string}`;

/** How a character looks; `undefined` colours are the terminal's own. */
export interface CellStyle {
  readonly foreground: TerminalColor | undefined;
  readonly background: TerminalColor | undefined;
  readonly bold: boolean;
  readonly dim: boolean;
  readonly italic: boolean;
  readonly underline: boolean;
  readonly inverse: boolean;
}

/** How characters look at first, and after `ESC [ 0 m`. */
export const plainStyle: CellStyle = {
  foreground: undefined,
  background: undefined,
  bold: false,
  dim: false,
  italic: false,
  underline: false,
  inverse: false,
};

/** What each parameter of SGR changes (ECMA-48, 8.3.117); colours come on top. */
const changes: ReadonlyMap<number, Partial<CellStyle>> = new Map([
  [0, plainStyle],
  [1, { bold: true }],
  [2, { dim: true }],
  [3, { italic: true }],
  [4, { underline: true }],
  [7, { inverse: true }],
  [22, { bold: false, dim: false }],
  [23, { italic: false }],
  [24, { underline: false }],
  [27, { inverse: false }],
  [39, { foreground: undefined }],
  [49, { background: undefined }],
  ...Array.from({ length: 8 }, (_, i): [number, Partial<CellStyle>][] => [
    [30 + i, { foreground: i }],
    [40 + i, { background: i }],
    [90 + i, { foreground: 8 + i }],
    [100 + i, { background: 8 + i }],
  ]).flat(),
]);

/** The style after an SGR sequence with these parameters. */
export function styleAfter(style: CellStyle, parameters: readonly number[]): CellStyle {
  let next = style;
  for (let i = 0; i < parameters.length; i++) {
    const code = parameters[i]!;
    if (code !== 38 && code !== 48) {
      next = { ...next, ...changes.get(code) };
      continue;
    }
    const isIndexed = parameters[i + 1] === 5;
    const color = isIndexed ? indexed(parameters[i + 2] ?? 0) : direct(parameters.slice(i + 2));
    next = { ...next, ...(code === 38 ? { foreground: color } : { background: color }) };
    i += isIndexed ? 2 : 4;
  }
  return next;
}

/** One of 256: the 16 named ones, a cube of 6 by 6 by 6, and 24 greys, as xterm has them. */
function indexed(index: number): TerminalColor {
  if (index < 16) return index;
  if (index >= 232) {
    const grey = 8 + (Math.min(index, 255) - 232) * 10;
    return direct([grey, grey, grey]);
  }
  const level = (value: number): number => value === 0 ? 0 : 55 + value * 40;
  const cube = index - 16;
  return direct([Math.floor(cube / 36), Math.floor(cube / 6) % 6, cube % 6].map(level));
}

function direct([red = 0, green = 0, blue = 0]: readonly number[]): `#${string}` {
  const digits = [red, green, blue].map((value) =>
    Math.min(255, value).toString(16).padStart(2, "0")
  );
  return `#${digits.join("")}`;
}
