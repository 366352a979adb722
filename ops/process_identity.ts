/**
 * A process by number *and* start: numbers are used again, so a number from a file may be somebody
 * else's process by now, which must not be signalled.
 */
export interface ProcessIdentity {
  readonly pid: number;
  /** When it started, as this machine tells it; compared, never computed with. */
  readonly startedAt: string;
}

/** Whether `value` (read from a file) has the shape of a {@linkcode ProcessIdentity}. */
export function isProcessIdentity(value: unknown): value is ProcessIdentity {
  if (typeof value !== "object" || value === null) return false;
  const { pid, startedAt } = value as Record<string, unknown>;
  return Number.isSafeInteger(pid) && (pid as number) > 1 && typeof startedAt === "string" &&
    startedAt !== "";
}

/** The identity of a running process; `undefined` when there is none of that number (a zombie is none). */
export function identifyProcess(pid: number): ProcessIdentity | undefined {
  const startedAt = Deno.build.os === "linux" ? linuxStart(pid) : psStart(pid);
  return startedAt === undefined ? undefined : { pid, startedAt };
}

/** Whether exactly this process still runs. */
export function isRunning(identity: ProcessIdentity): boolean {
  return identifyProcess(identity.pid)?.startedAt === identity.startedAt;
}

/**
 * Sends a signal to exactly this process.
 *
 * @returns false when it does not run any more.
 * @throws {Deno.errors.PermissionDenied} when it belongs to another user.
 */
export function signalProcess(identity: ProcessIdentity, signal: Deno.Signal): boolean {
  if (!isRunning(identity)) return false;
  try {
    Deno.kill(identity.pid, signal);
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound || !isRunning(identity)) return false;
    throw error;
  }
}

/**
 * Start time in clock ticks since boot (field 22) and the state (field 3) of a Linux
 * `/proc/PID/stat`; `undefined` when it is none. The name in field 2 may contain anything.
 */
export function parseProcStat(text: string): { state: string; startTicks: string } | undefined {
  const fields = text.slice(text.lastIndexOf(")") + 1).trim().split(" ");
  const [state, startTicks] = [fields[0], fields[19]];
  if (state === undefined || startTicks === undefined || !/^\d+$/.test(startTicks)) {
    return undefined;
  }
  return { state, startTicks };
}

function linuxStart(pid: number): string | undefined {
  const stat = readIfThere(`/proc/${pid}/stat`);
  const parsed = stat === undefined ? undefined : parseProcStat(stat);
  if (parsed === undefined || parsed.state === "Z" || parsed.state === "X") return undefined;
  // Ticks count from boot: without the boot's ID a process after a reboot could have the same.
  const boot = readIfThere("/proc/sys/kernel/random/boot_id")?.trim() ?? "";
  return `${boot}:${parsed.startTicks}`;
}

/** macOS and others: `ps`, to the second. */
function psStart(pid: number): string | undefined {
  const { success, stdout } = new Deno.Command("ps", {
    args: ["-o", "state=,lstart=", "-p", String(pid)],
    env: { LC_ALL: "C", TZ: "UTC" },
    stdout: "piped",
    stderr: "null",
  }).outputSync();
  const match = /^(\S+)\s+(\S.*\S)\s*$/.exec(new TextDecoder().decode(stdout).trim());
  if (!success || match === null || match[1]!.startsWith("Z")) return undefined;
  return match[2]!.replaceAll(/\s+/g, " ");
}

function readIfThere(path: string): string | undefined {
  try {
    return Deno.readTextFileSync(path);
  } catch {
    return undefined; // it has ended, or it ended while its file was read
  }
}
