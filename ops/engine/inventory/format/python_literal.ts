import type { VariableValue } from "../inventory.ts";
import { maxDepth } from "../limits.ts";

/**
 * Reads a text as the Python literal that it may be: Ansible types the values of INI inventories by
 * `ast.literal_eval`, and leaves those that are none as they are. So do values here that have no
 * JSON form (sets, complex numbers, integers that a double can't hold): no digit gets lost.
 *
 * @returns `undefined` when it stays a text.
 */
export function readPythonLiteral(text: string): { readonly value: VariableValue } | undefined {
  try {
    return { value: new LiteralReader(text.replace(/^[ \t]+/, "")).read() };
  } catch (error) {
    if (error instanceof NoLiteral) return undefined;
    throw error;
  }
}

/** Ends reading; never leaves this file. */
class NoLiteral extends Error {}

const space = /[ \t\f]*(?:#.*)?/y;
const name = /[\p{L}_][\p{L}\p{N}_]*/uy;
const stringStart = /(br|rb|[bru])?("""|'''|"|')/iy;
const floatNumber =
  /(?:(?:\d(?:_?\d)*)?\.\d(?:_?\d)*|\d(?:_?\d)*\.)(?:e[+-]?\d(?:_?\d)*)?|\d(?:_?\d)*e[+-]?\d(?:_?\d)*/iy;
const integerNumber = /0x(?:_?[\da-f])+|0o(?:_?[0-7])+|0b(?:_?[01])+|[1-9](?:_?\d)*|0(?:_?0)*/iy;
/** What must not follow a number: Python would take it for a part of it. */
const numberGoesOn = /[\p{L}\p{N}_]/uy;
const words: Readonly<Record<string, boolean | null>> = { True: true, False: false, None: null };

interface StringParts {
  readonly isBytes: boolean;
  readonly text: string;
}

class LiteralReader {
  readonly #text: string;
  #offset = 0;
  #depth = 0;

  constructor(text: string) {
    this.#text = text;
  }

  read(): VariableValue {
    this.#skipSpace();
    const bytes = this.#bytesAlone();
    if (bytes !== undefined) return bytes;
    const value = this.#listOrSingle("");
    if (this.#offset < this.#text.length) throw new NoLiteral();
    return value;
  }

  /** Bytes become text, but only where they are the whole value: JSON has none. */
  #bytesAlone(): string | undefined {
    if (!/^(?:br?|rb)["']/i.test(this.#text)) return undefined;
    const { text } = this.#strings();
    if (this.#offset < this.#text.length) throw new NoLiteral();
    const bytes = Uint8Array.from(text, (character) => character.charCodeAt(0));
    try {
      return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
    } catch {
      throw new NoLiteral();
    }
  }

  /** What stands between parentheses, or at the top: a tuple where there is a comma. */
  #listOrSingle(end: string): VariableValue {
    const first = this.#value();
    if (!this.#take(",")) return first;
    return [first, ...this.#items(end)];
  }

  #items(end: string): VariableValue[] {
    const items: VariableValue[] = [];
    while (!this.#atEnd(end)) {
      items.push(this.#value());
      if (!this.#take(",")) break;
    }
    return items;
  }

  #value(): VariableValue {
    const next = this.#text[this.#offset];
    switch (next) {
      case "[":
      case "(":
      case "{":
        return this.#bracketed(next);
      case '"':
      case "'":
        return this.#string();
      case "+":
      case "-":
        this.#take(next);
        return this.#signed(next);
    }
    if (next !== undefined && /[\d.]/.test(next)) return this.#number();
    stringStart.lastIndex = this.#offset;
    if (stringStart.test(this.#text)) return this.#string();
    const word = this.#match(name);
    if (word === undefined || !Object.hasOwn(words, word)) throw new NoLiteral();
    this.#skipSpace();
    return words[word] ?? null;
  }

  #bracketed(opening: "[" | "(" | "{"): VariableValue {
    if (++this.#depth > maxDepth) throw new NoLiteral();
    this.#take(opening);
    const closing = { "[": "]", "(": ")", "{": "}" }[opening];
    let value: VariableValue;
    if (opening === "[") value = this.#items(closing);
    else if (opening === "{") value = this.#dictionary();
    else value = this.#atEnd(closing) ? [] : this.#listOrSingle(closing);
    if (!this.#take(closing)) throw new NoLiteral();
    this.#depth--;
    return value;
  }

  #dictionary(): VariableValue {
    const entries: [string, VariableValue][] = [];
    while (!this.#atEnd("}")) {
      const isFloat = this.#matchesFloat();
      const key = keyText(this.#value(), isFloat);
      if (!this.#take(":")) throw new NoLiteral();
      entries.push([key, this.#value()]);
      if (!this.#take(",")) break;
    }
    return Object.fromEntries(entries);
  }

  /** A sign is taken once, and in front of a number, which may be in parentheses. */
  #signed(sign: "+" | "-"): number {
    let open = 0;
    for (; this.#take("("); open++);
    const next = this.#text[this.#offset];
    if (next === undefined || !/[\d.]/.test(next)) throw new NoLiteral();
    const number = this.#number();
    for (; open > 0; open--) if (!this.#take(")")) throw new NoLiteral();
    // Integers have no minus zero.
    return sign === "-" ? -number + 0 : number;
  }

  #number(): number {
    const float = this.#match(floatNumber);
    const digits = float ?? this.#match(integerNumber);
    if (digits === undefined) throw new NoLiteral();
    numberGoesOn.lastIndex = this.#offset;
    if (numberGoesOn.test(this.#text)) throw new NoLiteral();
    this.#skipSpace();
    const value = Number(digits.replaceAll("_", ""));
    const isExact = float === undefined ? Number.isSafeInteger(value) : Number.isFinite(value);
    if (!isExact) throw new NoLiteral();
    return value;
  }

  #matchesFloat(): boolean {
    floatNumber.lastIndex = this.#offset;
    return floatNumber.test(this.#text);
  }

  #string(): string {
    const { isBytes, text } = this.#strings();
    if (isBytes) throw new NoLiteral();
    return text;
  }

  /** Strings that follow each other are one. */
  #strings(): StringParts {
    let all: StringParts | undefined;
    while (true) {
      const part = this.#stringPart();
      if (part === undefined) break;
      if (all !== undefined && all.isBytes !== part.isBytes) throw new NoLiteral();
      all = { isBytes: part.isBytes, text: (all?.text ?? "") + part.text };
      this.#skipSpace();
    }
    if (all === undefined) throw new NoLiteral();
    return all;
  }

  #stringPart(): StringParts | undefined {
    stringStart.lastIndex = this.#offset;
    const [opening, prefix = "", mark = ""] = stringStart.exec(this.#text) ?? [];
    if (opening === undefined) return undefined;
    const isRaw = /r/i.test(prefix);
    const isBytes = /b/i.test(prefix);
    let text = "";
    let at = this.#offset + opening.length;
    for (; !this.#text.startsWith(mark, at); at++) {
      const character = this.#text[at];
      if (character === undefined) throw new NoLiteral();
      if (isBytes && character > "\x7f") throw new NoLiteral();
      if (character !== "\\") {
        text += character;
        continue;
      }
      const following = this.#text[at + 1];
      if (following === undefined) throw new NoLiteral();
      if (isRaw) {
        text += character + following;
        at++;
      } else {
        const { length, meaning } = escapeAt(this.#text, at, isBytes);
        text += meaning;
        at += length - 1;
      }
    }
    this.#offset = at + mark.length;
    return { isBytes, text };
  }

  #atEnd(end: string): boolean {
    const next = this.#text[this.#offset];
    return end === "" ? next === undefined : next === end;
  }

  #take(character: string): boolean {
    if (this.#text[this.#offset] !== character) return false;
    this.#offset++;
    this.#skipSpace();
    return true;
  }

  #match(token: RegExp): string | undefined {
    token.lastIndex = this.#offset;
    const found = token.exec(this.#text)?.[0];
    if (found !== undefined) this.#offset += found.length;
    return found;
  }

  #skipSpace(): void {
    this.#match(space);
  }
}

const simpleEscapes: Readonly<Record<string, string>> = {
  "\\": "\\",
  "'": "'",
  '"': '"',
  a: "\x07",
  b: "\b",
  f: "\f",
  n: "\n",
  r: "\r",
  t: "\t",
  v: "\v",
};
const numericEscape = /\\(?:x([\da-fA-F]{2})|u([\da-fA-F]{4})|U([\da-fA-F]{8})|([0-7]{1,3}))/y;

/** The escape at `at`. Unknown ones stay as they are, as in Python. */
function escapeAt(text: string, at: number, isBytes: boolean): { length: number; meaning: string } {
  const letter = text[at + 1] ?? "";
  const simple = Object.hasOwn(simpleEscapes, letter) ? simpleEscapes[letter] : undefined;
  if (simple !== undefined) return { length: 2, meaning: simple };
  const asIs = { length: 2, meaning: `\\${letter}` };
  if (isBytes && "uUN".includes(letter)) return asIs;
  // Names of characters are the one thing here that would take a table of them all.
  if (letter === "N") throw new NoLiteral();
  if (!/[xuU0-7]/.test(letter)) return asIs;
  numericEscape.lastIndex = at;
  const [all, byte, short, long, octal] = numericEscape.exec(text) ?? [];
  if (all === undefined) throw new NoLiteral();
  const code = octal === undefined ? parseInt(byte ?? short ?? long ?? "", 16) : parseInt(octal, 8);
  if (code > 0x10ffff) throw new NoLiteral();
  return { length: all.length, meaning: String.fromCodePoint(isBytes ? code & 0xff : code) };
}

/** A key of a dictionary as Python's `json` writes it. */
function keyText(key: VariableValue, isFloat: boolean): string {
  if (typeof key === "object" && key !== null) throw new NoLiteral();
  if (typeof key !== "number" || !isFloat) return String(key);
  return Number.isInteger(key) ? `${key}.0` : String(key);
}
