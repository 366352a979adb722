import { existsSync } from "node:fs";
import { spawnDetached } from "../../ops/local/spawn_detached.ts";
import type { ControlGroup } from "./control_group.ts";
import { LabError } from "./lab_error.ts";
import { lastLines } from "./program.ts";
import { waitUntil } from "./wait_until.ts";

/** Where system programs are, whatever the caller's environment says. */
const systemPath = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/** Lines of a log that a message shows: a stack trace with what it is about. */
const logLines = 12;

/** A program that goes on when this process has ended. */
export interface BackgroundProgram {
  /** What it is, for messages: "the gateway". */
  readonly what: string;
  /** The group that it runs in, and by which it is found and ended. It must be there. */
  readonly group: ControlGroup;
  readonly command: readonly string[];
  /** Takes all that it says, appended. */
  readonly logFile: string;
  /** Whether it does what it is for. */
  readonly isReady: () => boolean;
  /** How long it may take until it is ready, in ms. */
  readonly timeoutMs: number;
}

/**
 * Starts a program, and waits until it is ready.
 *
 * @throws {LabError} with the end of its log, when it has ended or takes too long.
 * @throws the signal's reason when that aborts; the program goes on.
 */
export async function startInBackground(
  program: BackgroundProgram,
  signal?: AbortSignal,
): Promise<void> {
  const { what, group, logFile, isReady, timeoutMs } = program;
  const [shell, ...args] = group.enter(...program.command);
  const { exited, unref } = spawnDetached({
    command: `/bin/${shell}`,
    args,
    environment: { PATH: systemPath, LC_ALL: "C", NO_COLOR: "1" },
    directory: "/",
    logFile,
    ownSession: true,
  });
  unref();
  let ended = false;
  void exited.then(() => ended = true);
  const ready = await waitUntil(() => isReady() || ended, timeoutMs, signal);
  if (ready && !ended) return;
  const log = existsSync(logFile) ? Deno.readTextFileSync(logFile) : "";
  throw new LabError(
    `Cannot start ${what} as it ${
      ended ? "has ended" : `is not ready after ${timeoutMs} ms`
    }; the ` +
      `end of "${logFile}":\n${lastLines(log, logLines)}`,
  );
}

/** The command that runs one of the lab's programs by this Deno. */
export function denoCommand(
  program: URL,
  permissions: readonly string[],
  args: readonly string[],
): string[] {
  const { pathname } = program;
  return [
    Deno.execPath(),
    "run",
    "--no-check",
    "--quiet",
    ...permissions,
    decodeURIComponent(pathname),
    ...args,
  ];
}
