import { bold, dim, green, red, yellow } from "@std/fmt/colors";
import { escapeControls } from "../tunnel/printable.ts";

/** Where a command writes; tests collect it. */
export interface Output {
  readonly stdout: (text: string) => void;
  readonly stderr: (text: string) => void;
  /** Whether standard error, or standard output, shows colours. */
  readonly color: { readonly stdout: boolean; readonly stderr: boolean };
}

/** This process's output. Colours only on a terminal, and not where `NO_COLOR` is set. */
export function processOutput(): Output {
  const encoder = new TextEncoder();
  const writer = (stream: { writeSync(bytes: Uint8Array): number }) => (text: string): void => {
    const bytes = encoder.encode(text);
    try {
      for (let at = 0; at < bytes.length;) at += stream.writeSync(bytes.subarray(at));
    } catch (error) {
      // Nobody reads any more (`… | head`): that must not end a deployment half-way.
      if (!(error instanceof Deno.errors.BrokenPipe)) throw error;
    }
  };
  return {
    stdout: writer(Deno.stdout),
    stderr: writer(Deno.stderr),
    color: {
      stdout: !Deno.noColor && Deno.stdout.isTerminal(),
      stderr: !Deno.noColor && Deno.stderr.isTerminal(),
    },
  };
}

/**
 * What all commands say, and where: progress and problems go to standard error, results to standard
 * output, so that a pipe gets results only.
 */
export class Report {
  readonly #output: Output;
  readonly #quiet: boolean;

  /** @param options.quiet Leaves progress out; for `--json` where nobody watches. */
  constructor(output: Output, options: { quiet?: boolean } = {}) {
    this.#output = output;
    this.#quiet = options.quiet ?? false;
  }

  /** A part of the work begins. */
  step(text: string): void {
    if (!this.#quiet) this.#line("==>", text, bold);
  }

  /** Something was done, or is as it should be. */
  done(text: string): void {
    if (!this.#quiet) this.#line("  ✓", text, green);
  }

  /** Something that helps to follow. */
  info(text: string): void {
    if (!this.#quiet) this.#line("   ", text, dim);
  }

  /** Something will become a problem. */
  warn(text: string): void {
    this.#line("  !", text, yellow);
  }

  /** A mistake or a failure; several lines stay together. */
  error(text: string): void {
    this.#line("  ✗", text, red);
  }

  /** The command's result for people. Not escaped: pass what strangers wrote through `quote`. */
  result(text: string): void {
    this.#output.stdout(`${text}\n`);
  }

  /** The command's result for programs. */
  json(value: unknown): void {
    this.#output.stdout(`${JSON.stringify(value, undefined, 2)}\n`);
  }

  /** Whether results may be coloured. */
  get color(): boolean {
    return this.#output.color.stdout;
  }

  #line(mark: string, text: string, paint: (text: string) => string): void {
    const shown = this.#output.color.stderr ? paint(mark) : mark;
    const lines = text.split("\n").map(escapeControls);
    this.#output.stderr(lines.map((line, i) => `${i === 0 ? shown : "   "} ${line}\n`).join(""));
  }
}
