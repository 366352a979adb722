import type { Report } from "../report.ts";
import { DeploymentLock } from "../deployment_lock.ts";
import { readProcesses } from "./facts.ts";
import type { StatePaths } from "./state_paths.ts";
import { stopProcess, stopSupervisor } from "./stop_processes.ts";

/** What to remove. */
export interface RemoveLocalOptions {
  readonly paths: StatePaths;
  /** Leaves the authority and the certificates for the next deployment. */
  readonly keepCertificates: boolean;
  readonly report: Report;
  readonly signal: AbortSignal;
}

/**
 * Stops everything that the local deployment runs and removes its state.
 *
 * @returns whether there was anything to remove.
 * @throws {LockedError} while a deployment is being changed.
 */
export async function removeLocal(options: RemoveLocalOptions): Promise<boolean> {
  const { paths, keepCertificates, report, signal } = options;
  if (!exists(paths.root)) return false;
  let removed = false;
  {
    using _lock = DeploymentLock.take(paths.lockFile, "down");
    const { supervisor, programs } = readProcesses(paths);
    if (supervisor !== undefined) {
      report.step(`Stop the supervisor (process ${supervisor.pid}) and its programs`);
      await stopSupervisor(paths, supervisor, signal);
      removed = true;
    }
    for (const [name, { process }] of Object.entries(programs)) {
      if (process === undefined) continue;
      await stopProcess(process, signal);
      report.done(`the ${name} has stopped`);
      removed = true;
    }
    const directories = [paths.run, paths.config, paths.log];
    if (!keepCertificates) directories.push(paths.tls);
    for (const directory of directories) {
      signal.throwIfAborted();
      if (!exists(directory)) continue;
      Deno.removeSync(directory, { recursive: true });
      report.done(`removed ${directory}`);
      removed = true;
    }
  }
  // Only what is empty by now: whatever else is there is not ours.
  for (const directory of [paths.root, paths.root.replace(/\/[^/]*$/, "")]) {
    try {
      Deno.removeSync(directory);
    } catch {
      break;
    }
  }
  return removed;
}

function exists(path: string): boolean {
  try {
    Deno.lstatSync(path);
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}
