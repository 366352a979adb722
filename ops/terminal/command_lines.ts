import { dim } from "@std/fmt/colors";
import { shellQuote } from "../engine/connection/quote.ts";
import type { ProcessStarted, ScriptStarted } from "../engine/run/event.ts";
import { counted } from "./quantities.ts";
import type { Line } from "./span.ts";

/** Most scripts that are remembered to be shown once only. */
const maxKnownScripts = 1000;
/** Most lines of one script that are shown. */
const maxScriptLines = 2000;
const plainWord = /^[\w@%+=:,./-]+$/;

/** A command as people type it: only what needs quotes has them. */
export function commandText(argv: readonly string[]): string {
  return argv.map((word) => plainWord.test(word) ? word : shellQuote(word)).join(" ");
}

/** Shows what is run to reach hosts and on them. Equal scripts of many hosts are shown once. */
export class CommandLines {
  readonly #showEach: boolean;
  readonly #known = new Map<string, number>();

  /** @param options.showEach Shows every script in full. */
  constructor(options: { readonly showEach: boolean }) {
    this.#showEach = options.showEach;
  }

  /** The command line of a local process, to be copied into a shell. */
  process({ argv }: ProcessStarted): Line {
    return [{ text: `$ ${commandText(argv)}`, paint: dim }];
  }

  /** What a script is for, and its text. */
  script({ what, script }: ScriptStarted): Line[] {
    const number = this.#known.get(script);
    if (number !== undefined && !this.#showEach) {
      return [[{ text: `> ${what} (script ${number} again)`, paint: dim }]];
    }
    const name = `script ${number ?? this.#known.size + 1}`;
    if (number === undefined && this.#known.size < maxKnownScripts) {
      this.#known.set(script, this.#known.size + 1);
    }
    const all = script.replace(/\n+$/, "").split("\n");
    const shown = all.slice(0, maxScriptLines).map((text): Line => [{
      text: `  ${text.replaceAll("\t", "  ")}`,
      paint: dim,
    }]);
    const missing = all.length - shown.length;
    const more: Line[] = missing > 0 ? [[{ text: `  … ${missing} more lines`, paint: dim }]] : [];
    const title = `> ${what} (${name}, ${counted(all.length, "line")})`;
    return [[{ text: title, paint: dim }], ...shown, ...more];
  }
}
