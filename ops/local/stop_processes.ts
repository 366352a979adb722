import { readRunFile } from "./facts.ts";
import { isRunning, type ProcessIdentity, signalProcess } from "../process_identity.ts";
import type { StatePaths } from "./state_paths.ts";
import { stopGraceMs } from "./supervisor/supervision.ts";
import { pollUntil } from "../waiting.ts";

/** How long a killed process may take to be gone, in ms. */
const killGraceMs = 5000;

/**
 * Ends a process: asks it to, and kills it when it takes longer than `graceMs`.
 *
 * @throws the signal's reason when that aborts; the process has been asked to end by then.
 */
export async function stopProcess(
  process: ProcessIdentity,
  signal: AbortSignal,
  graceMs: number = stopGraceMs,
): Promise<void> {
  const gone = (): true | undefined => isRunning(process) ? undefined : true;
  if (!signalProcess(process, "SIGTERM")) return;
  if (await pollUntil(gone, graceMs, signal)) return;
  signalProcess(process, "SIGKILL");
  await pollUntil(gone, killGraceMs, signal);
}

/** Ends a supervisor and, if it had to be killed, the programs that it has left behind. */
export async function stopSupervisor(
  paths: StatePaths,
  supervisor: ProcessIdentity,
  signal: AbortSignal,
): Promise<void> {
  // It stops its programs first, and kills those that take too long.
  await stopProcess(supervisor, signal, stopGraceMs + killGraceMs);
  for (const { pid, startedAt } of Object.values(readRunFile(paths)?.programs ?? {})) {
    if (pid !== undefined && startedAt !== undefined) {
      await stopProcess({ pid, startedAt }, signal);
    }
  }
}
