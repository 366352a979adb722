import { escapeControls, quote } from "../../../tunnel/printable.ts";
import { decodeBase64 } from "./base64.ts";
import type { Change } from "./change.ts";
import { maxFailureBytes } from "./limits.ts";
import type { Plan } from "./plan.ts";
import type { Handler } from "./resource.ts";

/** Why a change or a handler failed. */
export interface ApplyFailure {
  /** Exit code of its script. */
  readonly code: number;
  /** The end of what it wrote, with line breaks, otherwise escaped; may be empty. */
  readonly output: string;
}

/** What happens while a plan is applied. */
export type ApplyEvent =
  | { readonly type: "change_started" | "change_done"; readonly change: Change }
  | { readonly type: "change_failed"; readonly change: Change; readonly failure: ApplyFailure }
  | { readonly type: "handler_started" | "handler_done"; readonly handler: Handler }
  | { readonly type: "handler_failed"; readonly handler: Handler; readonly failure: ApplyFailure };

/** What applying a plan has come to. */
export interface ApplyOutcome {
  /** The changes that were made. */
  readonly changed: readonly Change[];
  /** The handlers that ran. */
  readonly handled: readonly Handler[];
  /** What ended it early; `undefined` when everything was done. */
  readonly failed: Extract<ApplyEvent, { failure: ApplyFailure }> | undefined;
  /** Whether the script came to its own end, with or without a failure. */
  readonly complete: boolean;
}

/**
 * Follows the output of `applyScript`, line by line. Lines that are not ours are ignored, and a
 * host that prints ours in a wrong order is not believed: nothing counts as done that had not begun.
 */
export class ApplyProgress {
  readonly #plan: Plan;
  readonly #nonce: string;
  readonly #changed: Change[] = [];
  readonly #handled: Handler[] = [];
  /** What has begun and not ended. */
  #current: { readonly kind: "change" | "handler"; readonly index: number } | undefined;
  #output = "";
  #failed: ApplyOutcome["failed"];
  #hasEnded = false;

  constructor(plan: Plan, nonce: string) {
    this.#plan = plan;
    this.#nonce = nonce;
  }

  /** Takes a line of standard output; returns what it says. */
  read(line: string): ApplyEvent | undefined {
    const [nonce, kind, index, word, rest = ""] = line.split(" ");
    if (nonce !== this.#nonce || this.#failed !== undefined) return undefined;
    if (kind === "end" && this.#isAtEnd()) this.#hasEnded = true;
    if (kind !== "change" && kind !== "handler") return undefined;
    switch (word) {
      case "begin":
        return this.#begin(kind, Number(index));
      case "output":
        // Twice the bound: base64 is longer than its bytes.
        if (this.#output.length < 2 * maxFailureBytes) this.#output += rest;
        return undefined;
      case "done":
      case "failed":
        return this.#end(kind, Number(index), word === "done" ? undefined : Number(rest));
    }
  }

  /** What has been seen so far. */
  get outcome(): ApplyOutcome {
    return {
      changed: [...this.#changed],
      handled: [...this.#handled],
      failed: this.#failed,
      complete: this.#hasEnded || this.#failed !== undefined,
    };
  }

  /** What was under way when the output ended, in words. */
  get position(): string {
    if (this.#current === undefined) return "between two changes";
    const { kind, index } = this.#current;
    const name = kind === "change"
      ? this.#plan.changes[index]?.summary
      : this.#plan.handlers[index]?.summary;
    return `during ${quote(name ?? "")}`;
  }

  #isAtEnd(): boolean {
    return this.#current === undefined && this.#changed.length === this.#plan.changes.length &&
      this.#handled.length === this.#plan.handlers.length;
  }

  #begin(kind: "change" | "handler", index: number): ApplyEvent | undefined {
    const { changes, handlers } = this.#plan;
    const isNext = kind === "change"
      ? index === this.#changed.length
      : index === this.#handled.length && this.#changed.length === changes.length;
    if (!isNext || this.#current !== undefined) return undefined;
    const change = kind === "change" ? changes[index] : undefined;
    const handler = kind === "handler" ? handlers[index] : undefined;
    if (change === undefined && handler === undefined) return undefined;
    this.#current = { kind, index };
    this.#output = "";
    return change === undefined
      ? { type: "handler_started", handler: handler! }
      : { type: "change_started", change };
  }

  #end(
    kind: "change" | "handler",
    index: number,
    code: number | undefined,
  ): ApplyEvent | undefined {
    if (this.#current?.kind !== kind || this.#current.index !== index) return undefined;
    this.#current = undefined;
    const change = this.#plan.changes[index];
    const handler = this.#plan.handlers[index];
    if (code !== undefined) {
      const failure = { code, output: printable(this.#output) };
      this.#failed = kind === "change"
        ? { type: "change_failed", change: change!, failure }
        : { type: "handler_failed", handler: handler!, failure };
      return this.#failed;
    }
    if (kind === "change") {
      this.#changed.push(change!);
      return { type: "change_done", change: change! };
    }
    this.#handled.push(handler!);
    return { type: "handler_done", handler: handler! };
  }
}

function printable(encoded: string): string {
  const bytes = decodeBase64(encoded);
  if (bytes === undefined) return "(its output was lost)";
  return new TextDecoder().decode(bytes).trimEnd().split("\n").map(escapeControls).join("\n");
}
