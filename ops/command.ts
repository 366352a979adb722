import { ZtnaError } from "../tunnel/errors.ts";
import { processOutput, Report } from "./report.ts";

/** The user, or the system, asked the command to end. What it had begun is consistent. */
export class InterruptedError extends ZtnaError {
  override readonly code = "INTERRUPTED";
  override readonly exitCode = 130;

  constructor() {
    super("Interrupted; run the command again to continue");
  }
}

/** What a command works with. */
export interface CommandContext {
  readonly report: Report;
  /** Aborts with an {@linkcode InterruptedError}. */
  readonly signal: AbortSignal;
}

/**
 * Runs a command and ends the process with its exit code (0 done, 1 failed, 2 wrong command line or
 * configuration, 130 interrupted). A first SIGINT or SIGTERM asks it to end, a second one ends it.
 *
 * @param options.quiet No progress on standard error.
 */
export async function runCommand(
  run: (context: CommandContext) => Promise<number>,
  options: { quiet?: boolean } = {},
): Promise<never> {
  const report = new Report(processOutput(), options);
  const controller = new AbortController();
  const interrupt = (): void => {
    if (controller.signal.aborted) Deno.exit(130);
    controller.abort(new InterruptedError());
  };
  for (const signal of ["SIGINT", "SIGTERM"] as const) {
    if (Deno.build.os !== "windows" || signal === "SIGINT") {
      Deno.addSignalListener(signal, interrupt);
    }
  }
  try {
    Deno.exit(await run({ report, signal: controller.signal }));
  } catch (error) {
    const shown = controller.signal.aborted ? controller.signal.reason : error;
    report.error(errorText(shown));
    Deno.exit(exitCodeOf(shown));
  }
}

/** What to tell a user of an error: our own say it all, others need their stack. */
export function errorText(error: unknown): string {
  if (error instanceof ZtnaError) return error.message;
  return error instanceof Error ? error.stack ?? error.message : String(error);
}

/** The exit code that an error stands for. */
export function exitCodeOf(error: unknown): number {
  return error instanceof ZtnaError ? error.exitCode : 1;
}
