import { ConfigError } from "../../../../tunnel/errors.ts";
import { escapeControls, quote, truncate } from "../../../../tunnel/printable.ts";
import { maxScriptErrorBytes, maxSourceBytes } from "../limits.ts";

/** How an executable inventory is run. */
export interface ScriptOptions {
  /** How long one run may take, in ms. */
  readonly timeoutMs: number;
  /** Ends the run, and rejects with its reason. */
  readonly signal?: AbortSignal | undefined;
}

/** What a run has written. */
export interface ScriptOutput {
  readonly stdout: Uint8Array;
  /** Lines that are not empty, safe to print, the first 64 KiB of them. */
  readonly stderrLines: readonly string[];
}

/**
 * Runs an executable inventory to its end, without input. When it takes too long or writes too
 * much, it and what it has started are ended.
 *
 * @throws {ConfigError} when it can't be run, fails, takes too long or writes too much.
 */
export async function runScript(
  path: string,
  args: readonly string[],
  { timeoutMs, signal }: ScriptOptions,
): Promise<ScriptOutput> {
  signal?.throwIfAborted();
  const command = `${quote(path)} ${args.map((arg) => quote(arg)).join(" ")}`;
  const cannot = (rule: string): ConfigError =>
    new ConfigError(`Cannot use the executable inventory ${command} as ${rule}`);
  const child = startScript(path, args, cannot);
  let failure: unknown;
  const end = (reason: unknown): void => {
    failure ??= reason;
    killGroup(child.pid);
  };
  const timer = setTimeout(
    () => end(cannot(`it must answer within ${timeoutMs / 1000} s`)),
    timeoutMs,
  );
  const abort = (): void => end(signal?.reason);
  signal?.addEventListener("abort", abort);
  try {
    const [stdout, stderr, status] = await Promise.all([
      readUpTo(child.stdout, maxSourceBytes, () => {
        end(cannot(`its answer must have at most ${maxSourceBytes} bytes`));
      }),
      readUpTo(child.stderr, maxScriptErrorBytes, () => {}),
      child.status,
    ]);
    if (failure !== undefined) throw failure;
    const stderrLines = printableLines(stderr);
    if (status.success) return { stdout, stderrLines };
    const how = status.signal === null ? `code ${status.code}` : `signal ${status.signal}`;
    const last = stderrLines.slice(-5).map((line) => `\n  ${line}`).join("");
    throw cannot(`it must end with code 0: it ended with ${how}${last}`);
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener("abort", abort);
  }
}

function startScript(
  path: string,
  args: readonly string[],
  cannot: (rule: string) => ConfigError,
): Deno.ChildProcess {
  try {
    return new Deno.Command(path, {
      args: [...args],
      stdin: "null",
      stdout: "piped",
      stderr: "piped",
      // A process group of its own: what it starts can be ended with it.
      detached: true,
    }).spawn();
  } catch (error) {
    throw cannot(`it must be possible to start it: ${error instanceof Error ? error.message : ""}`);
  }
}

function killGroup(pid: number): void {
  try {
    Deno.kill(Deno.build.os === "windows" ? pid : -pid, "SIGKILL");
  } catch (error) {
    // It has just ended by itself.
    if (!(error instanceof Deno.errors.NotFound) && !(error instanceof TypeError)) throw error;
  }
}

/** Reads to the end, keeps at most `maxBytes`, and says once when there are more. */
async function readUpTo(
  stream: ReadableStream<Uint8Array>,
  maxBytes: number,
  onMore: () => void,
): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let room = maxBytes;
  for await (const chunk of stream) {
    if (chunk.length > room && room >= 0) onMore();
    if (room > 0) chunks.push(chunk.subarray(0, room));
    room = chunk.length > room ? -1 : room - chunk.length;
  }
  return await new Blob(chunks as BlobPart[]).bytes();
}

function printableLines(bytes: Uint8Array): string[] {
  return new TextDecoder().decode(bytes).split("\n").filter((line) => line.trim() !== "")
    .map((line) => truncate(escapeControls(line.trimEnd()), 500));
}
