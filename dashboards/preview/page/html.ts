import { escapeControls } from "../../../tunnel/printable.ts";

/** Text that is HTML already: everything in it that came from outside is escaped. */
export class Html {
  readonly text: string;

  /** @param text Taken as it is. Outside this file, only for the output of our own drawing code. */
  constructor(text: string) {
    this.text = text;
  }
}

/** What can stand in a template: text is escaped, `undefined` and `false` are nothing. */
export type HtmlValue = Html | string | number | undefined | false | readonly Html[];

/** A template of HTML, in which every value is escaped that is not HTML itself. */
export function html(parts: TemplateStringsArray, ...values: readonly HtmlValue[]): Html {
  return new Html(parts.map((part, i) => part + written(values[i])).join(""));
}

const entities: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};

/**
 * Text as it stands in HTML, between tags as in quoted attributes. Characters that are not seen, or
 * that reorder what is, are written as `\uXXXX`; a line break remains.
 */
export function escapeHtml(text: string): string {
  return text.split("\n").map(escapeControls).join("\n").replace(
    /[&<>"']/g,
    (character) => entities[character]!,
  );
}

function written(value: HtmlValue): string {
  if (value === undefined || value === false) return "";
  if (value instanceof Html) return value.text;
  if (typeof value === "object") return value.map(({ text }) => text).join("");
  return escapeHtml(String(value));
}
