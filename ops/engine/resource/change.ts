import { escapeControls } from "../../../tunnel/printable.ts";
import type { Resource } from "./resource.ts";

/** One property that is not as it must be. */
export interface Difference {
  /** `contents`, `mode`, `owner`, `enabled`, … */
  readonly property: string;
  /** What it is and what it will be, for people; `null` for nothing. Escaped, secrets masked. */
  readonly from: string | null;
  readonly to: string | null;
}

/** One resource that is not as it must be, and what makes it so. */
export interface Change {
  /** The resource's ID. */
  readonly resource: string;
  readonly kind: Resource["kind"];
  /** In the imperative: `create /etc/ztna/relay.json (mode 0640, root:ztna)`. Escaped. */
  readonly summary: string;
  readonly differences: readonly Difference[];
  /** Unified diff of a file, when it was asked for. Escaped, secrets masked. */
  readonly diff?: string;
  /** Handlers that are due because of it. */
  readonly notify: readonly string[];
  /** Shell script that makes the change, with the functions of `apply_script.ts`. */
  readonly script: string;
  /** What the script reads from the payload. */
  readonly payload?: Payload;
}

/** Contents of files on their way to a host. May be secret, so they don't show in any output. */
export class Payload {
  readonly #files: readonly Uint8Array[];

  constructor(...files: readonly Uint8Array[]) {
    this.#files = files;
  }

  /** Number of bytes. */
  get length(): number {
    return this.#files.reduce((sum, { length }) => sum + length, 0);
  }

  /** The contents, in the order in which they are read; for the one place that sends them. */
  reveal(): readonly Uint8Array[] {
    return this.#files;
  }

  /** What is shown instead. */
  toString(): string {
    return `(${this.length} bytes)`;
  }

  /** What `JSON.stringify` shows instead. */
  toJSON(): string {
    return this.toString();
  }

  [Symbol.for("Deno.customInspect")](): string {
    return this.toString();
  }
}

/** A change as `--json` has it. */
export interface ChangeJson {
  readonly resource: string;
  readonly kind: Resource["kind"];
  readonly summary: string;
  readonly differences: readonly Difference[];
  readonly notify: readonly string[];
  readonly diff?: string;
}

/** What of a change is for the outside: no script and no contents. */
export function changeJson(change: Change): ChangeJson {
  const { resource, kind, summary, differences, notify, diff } = change;
  return { resource, kind, summary, differences, notify, ...(diff === undefined ? {} : { diff }) };
}

/** A change on one line, for people: what is done, and what differs. Escaped. */
export function describeChange(
  { summary, differences }: Pick<Change, "summary" | "differences">,
): string {
  // The summary says what comes, goes, or is replaced by another type.
  const changed = differences.filter(({ property, from, to }) =>
    property !== "type" && from !== null && to !== null
  );
  if (changed.length === 0) return summary;
  const list = changed.map(({ property, from, to }) =>
    property === "contents" ? "contents" : `${property} ${from} -> ${to}`
  );
  return `${summary}: ${list.join(", ")}`;
}

/** A path or another text of one line inside a sentence: quoted only where it could confuse. */
export function shown(text: string): string {
  return /^[\w./:@+=,%~-]+$/.test(text) ? text : escapeControls(JSON.stringify(text));
}

/** Permission bits as `chmod` takes them: `0640`. */
export function shownMode(mode: number): string {
  return mode.toString(8).padStart(4, "0");
}
