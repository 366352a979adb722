/** A place in a text: both count from 1, columns in UTF-16 units. */
export interface TextPosition {
  readonly line: number;
  readonly column: number;
}

/** A JSON value with the places of all its parts. */
export type JsonNode =
  | { readonly kind: "object"; readonly at: TextPosition; readonly members: readonly JsonMember[] }
  | { readonly kind: "array"; readonly at: TextPosition; readonly items: readonly JsonNode[] }
  | { readonly kind: "string"; readonly at: TextPosition; readonly value: string }
  | { readonly kind: "number"; readonly at: TextPosition; readonly value: number }
  | { readonly kind: "boolean"; readonly at: TextPosition; readonly value: boolean }
  | { readonly kind: "null"; readonly at: TextPosition };

/** A member of an object; objects keep all of them, in order, also those of equal names. */
export interface JsonMember {
  readonly name: string;
  readonly at: TextPosition;
  readonly value: JsonNode;
}

/** Why and where a text is not JSON. */
export interface JsonMistake {
  readonly mistake: string;
  readonly at: TextPosition;
}

/** Deepest nesting that is read; configuration needs three, and the reader recurses. */
const maxDepth = 32;

/**
 * Reads JSON (RFC 8259) and remembers where everything stands, which `JSON.parse` doesn't tell. A
 * byte order mark is skipped. Numbers beyond a double's range become infinite.
 */
export function parseJson(text: string): JsonNode | JsonMistake {
  try {
    return new Reader(text).read();
  } catch (error) {
    if (error instanceof Stop) return { mistake: error.message, at: error.at };
    throw error;
  }
}

/** Ends reading at the first mistake; never leaves this file. */
class Stop extends Error {
  constructor(message: string, readonly at: TextPosition) {
    super(message);
  }
}

const space = /[ \t\n\r]*/y;
const numberToken = /-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?/y;
const stringToken = /"(?:[^"\\\p{Cc}]|[\u007f-\u009f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*"/uy;
const wordToken = /[A-Za-z0-9_$+.-]+/y;

class Reader {
  readonly #text: string;
  #offset = 0;
  #line = 1;
  #lineStart = 0;
  /** Up to where lines have been counted. */
  #counted = 0;

  constructor(text: string) {
    this.#text = text;
    if (text.startsWith("\ufeff")) this.#offset = 1;
  }

  read(): JsonNode {
    this.#skipSpace();
    const node = this.#value(0);
    this.#skipSpace();
    if (this.#offset < this.#text.length) this.#stop("the end of the file");
    return node;
  }

  #value(depth: number): JsonNode {
    const at = this.#position();
    const next = this.#text[this.#offset];
    if (depth > maxDepth) throw new Stop(`it is nested deeper than ${maxDepth} levels`, at);
    if (next === "{") return { kind: "object", at, members: this.#members(depth + 1) };
    if (next === "[") return { kind: "array", at, items: this.#items(depth + 1) };
    if (next === '"') return { kind: "string", at, value: this.#string("a string") };
    const number = this.#match(numberToken, false);
    const word = this.#match(wordToken, false);
    if (number !== undefined && number === word) {
      this.#offset += number.length;
      return { kind: "number", at, value: Number(number) };
    }
    if (word !== "true" && word !== "false" && word !== "null") this.#stop("a value");
    this.#offset += word.length;
    return word === "null" ? { kind: "null", at } : { kind: "boolean", at, value: word === "true" };
  }

  #members(depth: number): JsonMember[] {
    const members: JsonMember[] = [];
    this.#offset++;
    this.#skipSpace();
    if (this.#take("}")) return members;
    while (true) {
      const at = this.#position();
      const name = this.#string(
        members.length === 0 ? 'a key in double quotes or "}"' : "a key in double quotes",
      );
      this.#skipSpace();
      if (!this.#take(":")) this.#stop('":"');
      this.#skipSpace();
      members.push({ name, at, value: this.#value(depth) });
      this.#skipSpace();
      if (this.#take("}")) return members;
      if (!this.#take(",")) this.#stop('"," or "}"');
      this.#skipSpace();
    }
  }

  #items(depth: number): JsonNode[] {
    const items: JsonNode[] = [];
    this.#offset++;
    this.#skipSpace();
    if (this.#take("]")) return items;
    while (true) {
      items.push(this.#value(depth));
      this.#skipSpace();
      if (this.#take("]")) return items;
      if (!this.#take(",")) this.#stop('"," or "]"');
      this.#skipSpace();
    }
  }

  #string(expected: string): string {
    if (this.#text[this.#offset] !== '"') this.#stop(expected);
    const token = this.#match(stringToken, true);
    if (token === undefined) {
      throw new Stop(
        "this string has no end, a control character or a wrong escape",
        this.#position(),
      );
    }
    return JSON.parse(token) as string;
  }

  #match(token: RegExp, take: boolean): string | undefined {
    token.lastIndex = this.#offset;
    const found = token.exec(this.#text)?.[0];
    if (take && found !== undefined) this.#offset += found.length;
    return found;
  }

  #take(character: string): boolean {
    if (this.#text[this.#offset] !== character) return false;
    this.#offset++;
    return true;
  }

  #skipSpace(): void {
    this.#match(space, true);
  }

  #stop(expected: string): never {
    const found = this.#offset >= this.#text.length
      ? "the end of the file"
      : JSON.stringify(String.fromCodePoint(this.#text.codePointAt(this.#offset) ?? 0));
    throw new Stop(`${expected} is expected here instead of ${found}`, this.#position());
  }

  #position(): TextPosition {
    for (; this.#counted < this.#offset; this.#counted++) {
      if (this.#text[this.#counted] !== "\n") continue;
      this.#line++;
      this.#lineStart = this.#counted + 1;
    }
    return { line: this.#line, column: this.#offset - this.#lineStart + 1 };
  }
}
