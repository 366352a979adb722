/**
 * A text that must not show: it prints as asterisks everywhere, and has to be asked for by name.
 * Secrets travel by standard input with mode 0600 at their end, never in arguments or logs.
 */
export class Secret {
  readonly #text: string;

  constructor(text: string) {
    this.#text = text;
  }

  /** The text itself; for the one place that passes it on. */
  reveal(): string {
    return this.#text;
  }

  /** What is shown instead. */
  toString(): string {
    return "********";
  }

  /** What `JSON.stringify` shows instead. */
  toJSON(): string {
    return this.toString();
  }

  [Symbol.for("Deno.customInspect")](): string {
    return this.toString();
  }
}
