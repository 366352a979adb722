import { BenchError } from "../bench_error.ts";
import { openCLibrary } from "../../tunnel/c_library.ts";

/** A command on this machine. */
export interface Command {
  readonly argv: readonly string[];
  /** Added to this process's environment. */
  readonly environment: Readonly<Record<string, string>>;
  /** Exit codes with which it has done its work; 0 by default. */
  readonly exitCodes?: readonly number[];
}

/** What a command has cost, and what it has said. */
export interface TimedRun {
  /** From its start to its end. */
  readonly seconds: number;
  /** User and system time of it and of all that it has started and waited for. */
  readonly cpuSeconds: number;
  /** The most memory that it has had itself, as far as it was looked at: resident, in bytes. */
  readonly peakBytes: number;
  readonly stdout: string;
}

/** What a failed command's message shows of its output, in UTF-16 units. */
const shownOutput = 2000;
/** How long a command may take to end when it is asked to, in ms. */
const exitGraceMs = 10_000;
/** How often a command's peak of memory is looked at, in ms: the kernel keeps it while it runs. */
const memoryIntervalMs = 20;
/** `RUSAGE_CHILDREN`: children that have ended and were waited for, theirs included. */
const usageOfChildren = -1;

const library = openCLibrary({
  getrusage: { parameters: ["i32", "buffer"], result: "i32" },
});

/**
 * Runs a command and measures it. One at a time: the time of whatever else ends meanwhile is added.
 *
 * @throws {BenchError} with the end of its output when it fails.
 * @throws the signal's reason when it aborts; the command and its children have ended then.
 */
export async function timedRun(command: Command, signal: AbortSignal): Promise<TimedRun> {
  signal.throwIfAborted();
  const [program, ...args] = command.argv;
  const cpuBefore = childrenCpuSeconds();
  const startMs = performance.now();
  const child = new Deno.Command(program!, {
    args,
    env: command.environment,
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
    // A group of its own, so that all of it can be ended.
    detached: true,
  }).spawn();
  const abort = (): void => {
    const kill = (sent: Deno.Signal): void => {
      try {
        Deno.kill(-child.pid, sent);
      } catch (error) {
        if (!(error instanceof Deno.errors.NotFound)) throw error; // All have ended.
      }
    };
    kill("SIGTERM");
    const timer = setTimeout(() => kill("SIGKILL"), exitGraceMs);
    child.status.finally(() => clearTimeout(timer));
  };
  signal.addEventListener("abort", abort, { once: true });
  let peakBytes = 0;
  const timer = setInterval(() => peakBytes = peakOf(child.pid) ?? peakBytes, memoryIntervalMs);
  try {
    const { code, stdout, stderr } = await child.output();
    const seconds = (performance.now() - startMs) / 1000;
    signal.throwIfAborted();
    const text = new TextDecoder().decode(stdout);
    if (!(command.exitCodes ?? [0]).includes(code)) {
      const said = `${text}\n${new TextDecoder().decode(stderr)}`.trim().slice(-shownOutput);
      throw new BenchError(
        `Cannot measure "${command.argv.join(" ")}": exit code ${code}\n${said}`,
      );
    }
    return { seconds, cpuSeconds: childrenCpuSeconds() - cpuBefore, peakBytes, stdout: text };
  } finally {
    clearInterval(timer);
    signal.removeEventListener("abort", abort);
  }
}

/** The most memory that a process has had; `undefined` when it has ended. */
function peakOf(pid: number): number | undefined {
  try {
    const status = Deno.readTextFileSync(`/proc/${pid}/status`);
    const kilobytes = /^VmHWM:\s+(\d+) kB$/m.exec(status)?.[1];
    return kilobytes === undefined ? undefined : Number(kilobytes) * 1024;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}

/** Time of all children that this process has waited for, in seconds. */
function childrenCpuSeconds(): number {
  if (library === undefined) {
    throw new BenchError("Cannot measure CPU time: this needs Linux and glibc");
  }
  // Two times of seconds and microseconds, and 14 other numbers.
  const usage = new BigInt64Array(18);
  library.getrusage(usageOfChildren, new Uint8Array(usage.buffer));
  const [userSeconds, userMicroseconds, systemSeconds, systemMicroseconds] = usage;
  return Number(userSeconds) + Number(systemSeconds) +
    Number(userMicroseconds! + systemMicroseconds!) / 1e6;
}
