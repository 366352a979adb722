import { shellQuote } from "../../engine/connection/quote.ts";
import type { TerminalSize } from "../screen.ts";
import type { RecordedOutput, Recording } from "./recording.ts";

/** What is recorded. */
export interface SessionOptions {
  /** Command lines for `sh`, shown behind a prompt and run one after the other. */
  readonly commands: readonly string[];
  /** How a command is shown as typed; as it is by default. */
  readonly shownAs?: (command: string) => string;
  readonly size: TerminalSize;
  readonly directory: string;
  /** Environment variables besides those of this process. */
  readonly environment?: Readonly<Record<string, string>>;
}

const prompt = "\x1b[1;32m$\x1b[0m ";
/** How long a key takes in a recording, and how long one looks at what a command has said, in ms. */
const keyMs = 40;
const afterMs = 1500;

/**
 * Runs commands in a pseudo terminal, by `script` of util-linux, and keeps what they write and when.
 * What is typed is made up, so that it always looks the same.
 *
 * @throws {Deno.errors.NotFound} where there is no `script`.
 */
export async function recordSession(options: SessionOptions): Promise<Recording> {
  const { commands, shownAs = (command) => command, size } = options;
  const output: RecordedOutput[] = [];
  let nowMs = 0;
  for (const command of commands) {
    output.push({ atMs: nowMs, text: prompt });
    for (const key of shownAs(command)) output.push({ atMs: nowMs += keyMs, text: key });
    output.push({ atMs: nowMs += keyMs, text: "\r\n" });
    const startMs = nowMs;
    for await (const { atMs, text } of run(command, options)) {
      output.push({ atMs: nowMs = startMs + atMs, text });
    }
    nowMs += afterMs;
  }
  output.push({ atMs: nowMs, text: prompt });
  return { size, output };
}

async function* run(
  command: string,
  { size, directory, environment }: SessionOptions,
): AsyncGenerator<RecordedOutput> {
  const { columns, rows } = size;
  const inside = `stty cols ${columns} rows ${rows}; exec sh -c ${shellQuote(command)}`;
  const child = new Deno.Command("script", {
    args: ["--quiet", "--flush", "--command", inside, "/dev/null"],
    cwd: directory,
    env: { TERM: "xterm-256color", ...environment },
    stdin: "null",
    stdout: "piped",
    stderr: "inherit",
  }).spawn();
  const startMs = performance.now();
  for await (const text of child.stdout.pipeThrough(new TextDecoderStream())) {
    yield { atMs: performance.now() - startMs, text };
  }
  await child.status;
}
