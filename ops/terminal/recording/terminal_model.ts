import { characterWidth } from "../text_width.ts";
import type { TerminalSize } from "../screen.ts";
import { type CellStyle, plainStyle, styleAfter } from "./cell_style.ts";

/** A place of the screen. The place behind a wide character holds an empty text. */
export interface Cell {
  readonly text: string;
  readonly style: CellStyle;
}

/** Most lines that are kept; older ones are forgotten. */
const maxLines = 10_000;
const blank: Cell = { text: " ", style: plainStyle };
/** The next control or escape sequence, or the next character. */
const token =
  // deno-lint-ignore no-control-regex -- control sequences are what it is for
  /\x1b\[([0-?]*)[ -/]*([@-~])|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)|\x1b[ -/]*[0-~]|[\s\S]/gu;
/** The beginning of a sequence that has not come whole. */
// deno-lint-ignore no-control-regex -- control sequences are what it is for
const incomplete = /\x1b(?:\[[0-?]*[ -/]*|\][^\x07\x1b]*\x1b?|[ -/]*)?$/u;

/**
 * A terminal as far as our programs use one: text, colours, moving the cursor and erasing, with the
 * lines that have scrolled out at the top. Sequences that it does not know change nothing.
 */
export class TerminalModel {
  readonly #columns: number;
  readonly #rows: number;
  /** All lines, the screen's last; a line ends with its last character. */
  #lines: Cell[][] = [[]];
  #row = 0;
  #column = 0;
  #style = plainStyle;
  #isCursorVisible = true;
  #rest = "";

  constructor({ columns, rows }: TerminalSize) {
    this.#columns = columns;
    this.#rows = rows;
  }

  /** Whether the cursor shows. */
  get isCursorVisible(): boolean {
    return this.#isCursorVisible;
  }

  /** Where the cursor is: row, from the screen's top on, and column, both from 0 on. */
  get cursor(): { readonly row: number; readonly column: number } {
    return { row: this.#row, column: Math.min(this.#column, this.#columns - 1) };
  }

  /** All lines, those included that have scrolled out. */
  get lines(): readonly (readonly Cell[])[] {
    return this.#lines;
  }

  /** The lines of the screen. */
  get screen(): readonly (readonly Cell[])[] {
    return this.#lines.slice(this.#top);
  }

  /** All lines as text, without spaces at their ends and empty lines at the end. */
  get text(): string {
    return this.#lines.map((line) => line.map(({ text }) => text).join("").trimEnd()).join("\n")
      .trimEnd();
  }

  /** Takes what a program writes. */
  write(data: string): void {
    const text = this.#rest + data;
    const end = incomplete.exec(text)?.index ?? text.length;
    this.#rest = text.slice(end);
    for (const [whole, parameters, final] of text.slice(0, end).matchAll(token)) {
      if (final !== undefined) this.#control(final, parameters ?? "");
      else if (whole.length > 1 && whole.startsWith("\x1b")) continue;
      else this.#character(whole);
    }
  }

  get #top(): number {
    return Math.max(0, this.#lines.length - this.#rows);
  }

  #character(character: string): void {
    switch (character) {
      case "\r":
        this.#column = 0;
        return;
      case "\n":
        return this.#lineFeed();
      case "\b":
        this.#column = Math.max(0, this.#column - 1);
        return;
      case "\t":
        this.#column = Math.min(this.#columns - 1, (Math.floor(this.#column / 8) + 1) * 8);
        return;
    }
    if (character < " " || character === "\x7f") return;
    const width = characterWidth(character);
    if (width === 0) return this.#combine(character);
    if (this.#column + width > this.#columns) {
      this.#column = 0;
      this.#lineFeed();
    }
    this.#put({ text: character, style: this.#style });
    if (width === 2) this.#put({ text: "", style: this.#style });
  }

  #put(cell: Cell): void {
    const line = this.#line;
    while (line.length < this.#column) line.push(blank);
    line[this.#column++] = cell;
  }

  #combine(mark: string): void {
    const line = this.#line;
    const index = line[this.#column - 1]?.text === "" ? this.#column - 2 : this.#column - 1;
    const base = line[index];
    if (base !== undefined) line[index] = { ...base, text: base.text + mark };
  }

  get #line(): Cell[] {
    const index = this.#top + this.#row;
    while (this.#lines.length <= index) this.#lines.push([]);
    return this.#lines[index]!;
  }

  #lineFeed(): void {
    if (this.#row < this.#rows - 1) {
      this.#row++;
      void this.#line;
      return;
    }
    this.#lines.push([]);
    if (this.#lines.length > maxLines) this.#lines.shift();
  }

  #control(final: string, parameters: string): void {
    if (parameters.startsWith("?")) {
      if (parameters === "?25") this.#isCursorVisible = final === "h";
      return;
    }
    const numbers = parameters.split(/[;:]/).map((text) => text === "" ? 0 : Number(text));
    const first = numbers[0] ?? 0;
    const count = Math.max(1, first);
    switch (final) {
      case "A":
        return this.#moveTo(this.#row - count, this.#column);
      case "B":
        return this.#moveTo(this.#row + count, this.#column);
      case "C":
        return this.#moveTo(this.#row, this.#column + count);
      case "D":
        return this.#moveTo(this.#row, this.#column - count);
      case "G":
        return this.#moveTo(this.#row, count - 1);
      case "H":
      case "f":
        return this.#moveTo(count - 1, Math.max(1, numbers[1] ?? 1) - 1);
      case "J":
        return this.#eraseScreen(first);
      case "K":
        return this.#eraseLine(first);
      case "m":
        this.#style = styleAfter(this.#style, numbers);
    }
  }

  #moveTo(row: number, column: number): void {
    this.#row = Math.min(this.#rows - 1, Math.max(0, row));
    this.#column = Math.min(this.#columns - 1, Math.max(0, column));
  }

  #eraseLine(mode: number): void {
    const line = this.#line;
    if (mode === 0) line.length = Math.min(line.length, this.#column);
    else if (mode === 1) line.fill(blank, 0, this.#column + 1);
    else line.length = 0;
  }

  #eraseScreen(mode: number): void {
    this.#eraseLine(mode);
    const top = this.#top;
    const current = top + this.#row;
    for (const [i, line] of this.#lines.entries()) {
      if ((mode === 0 && i > current) || (mode !== 0 && i >= top && i < current)) line.length = 0;
      if (mode >= 2 && i > current) line.length = 0;
    }
  }
}
