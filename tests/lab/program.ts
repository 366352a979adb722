import { LabError } from "./lab_error.ts";

/** What a program has come to. */
export interface Finished {
  /** Exit code; 128 and its number for a signal. */
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** How a program is run. */
export interface RunProgramOptions {
  /** Standard input; none by default. */
  readonly stdin?: string;
  /** Kills it when it aborts. */
  readonly signal?: AbortSignal;
  /** The whole environment; ours by default. */
  readonly environment?: Readonly<Record<string, string>>;
}

/**
 * Runs a program to its end.
 *
 * @throws the signal's reason when that aborts.
 */
export async function runProgram(
  [command, ...args]: readonly [string, ...string[]],
  options: RunProgramOptions = {},
): Promise<Finished> {
  options.signal?.throwIfAborted();
  const child = new Deno.Command(command, {
    args,
    stdin: options.stdin === undefined ? "null" : "piped",
    stdout: "piped",
    stderr: "piped",
    ...(options.environment === undefined
      ? {}
      : { clearEnv: true, env: { ...options.environment } }),
    ...(options.signal === undefined ? {} : { signal: options.signal }),
  }).spawn();
  const output = child.output();
  if (options.stdin !== undefined) await feed(child.stdin, options.stdin);
  const { code, stdout, stderr } = await output;
  options.signal?.throwIfAborted();
  const text = new TextDecoder();
  return { code, stdout: text.decode(stdout), stderr: text.decode(stderr) };
}

/**
 * Runs a program that has to succeed, and gives its standard output.
 *
 * @param what What can't be done when it fails: "make the router".
 * @throws {LabError} with what it said on standard error.
 */
export async function mustRun(
  what: string,
  command: readonly [string, ...string[]],
  options: RunProgramOptions = {},
): Promise<string> {
  const { code, stdout, stderr } = await runProgram(command, options);
  if (code === 0) return stdout;
  throw new LabError(
    `Cannot ${what} as "${command[0]}" has failed with code ${code}: ${
      lastLines(stderr || stdout)
    }`,
  );
}

/** The end of a log, for messages. */
export function lastLines(text: string, count = 5): string {
  return text.trimEnd().split("\n").slice(-count).join("\n");
}

async function feed(stream: WritableStream<Uint8Array>, text: string): Promise<void> {
  const writer = stream.getWriter();
  try {
    await writer.write(new TextEncoder().encode(text));
    await writer.close();
  } catch (error) {
    // It has ended without reading; its code tells why.
    if (!(error instanceof Deno.errors.BrokenPipe)) throw error;
  }
}
