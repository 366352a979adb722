import { ZtnaError } from "../tunnel/errors.ts";
import {
  type OptionDeclarations,
  type ParsedOptions,
  parseOptions,
  type ProgramDeclaration,
} from "../tunnel/options.ts";
import { checkout } from "./checkout.ts";
import { processOutput, Report } from "./report.ts";
import { processTerminal, Screen } from "./terminal/screen.ts";

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
  /** What the report writes to; shows how far a run is where that is a terminal. */
  readonly screen: Screen;
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
  enterCallersDirectory();
  const screen = new Screen(processOutput(), processTerminal(Deno.env));
  const report = new Report(screen, options);
  const end = (code: number): never => {
    screen.endLive();
    Deno.exit(code);
  };
  const controller = new AbortController();
  const interrupt = (): void => {
    if (controller.signal.aborted) end(130);
    controller.abort(new InterruptedError());
  };
  for (const signal of ["SIGINT", "SIGTERM"] as const) {
    if (Deno.build.os !== "windows" || signal === "SIGINT") {
      Deno.addSignalListener(signal, interrupt);
    }
  }
  if (Deno.build.os !== "windows") {
    // The shell that gets the terminal back wants a cursor in it.
    Deno.addSignalListener("SIGTSTP", () => {
      screen.suspend();
      Deno.kill(Deno.pid, "SIGSTOP");
    });
  }
  try {
    return end(await run({ report, screen, signal: controller.signal }));
  } catch (error) {
    const shown = controller.signal.aborted ? controller.signal.reason : error;
    report.error(errorText(shown));
    return end(exitCodeOf(shown));
  }
}

/** The exit code of `--check` when something would be changed; 0 when nothing would. */
export const wouldChangeExitCode = 3;

/** The values of a command line, and where each came from. */
export type Parsed<D extends OptionDeclarations> = Extract<ParsedOptions<D>, { kind: "run" }>;

/**
 * Runs a command whose command line is declared, as {@linkcode runCommand} does; `--help` and
 * `--version` are answered here.
 */
export function runDeclared<const D extends OptionDeclarations>(
  program: ProgramDeclaration<D>,
  run: (context: CommandContext, parsed: Parsed<D>) => Promise<number>,
): Promise<never> {
  return runCommand((context) => {
    const parsed = parseOptions(program, Deno.args);
    if (parsed.kind === "run") return run(context, parsed);
    context.report.result(parsed.text);
    return Promise.resolve(0);
  });
}

/**
 * `deno task` starts commands in the checkout: paths on a command line are relative to where the
 * user is.
 */
function enterCallersDirectory(): void {
  const from = Deno.env.get("INIT_CWD");
  if (from !== undefined && Deno.cwd() === checkout) Deno.chdir(from);
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
