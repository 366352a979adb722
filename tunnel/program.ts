import { ConfigError, ZtnaError } from "./errors.ts";
import { type LifecycleState, type ProcessControl, systemControl } from "./lifecycle.ts";
import { type Logger, loggerFor, type LogLevel } from "./log.ts";
import { RateLimitedLogger } from "./rate_limited_log.ts";
import { serviceManager } from "./service_manager.ts";

/** What a command line asks of a program. */
export type ProgramCommand<Config> =
  /** Print `text` and exit with 0. */
  | { readonly kind: "help" | "version"; readonly text: string }
  | { readonly kind: "run"; readonly config: Config; readonly configFile: string | undefined };

/** What a program gets of the process that it runs in. */
export interface Surroundings {
  readonly logger: Logger;
  readonly control: ProcessControl;
  /** To be told after every change of phase or readiness. */
  readonly onChange: (state: LifecycleState) => void;
  /** ID of the release, or `dev` for a checkout. */
  readonly release: string;
}

/** How a program is run. */
export interface ProgramDefinition<Config extends { readonly logLevel: LogLevel }> {
  /** How it is called, for messages: `deno task relay`. */
  readonly name: string;
  /** @throws ConfigError with one line for each mistake. */
  readonly read: (argv: readonly string[]) => ProgramCommand<Config>;
  /** @throws ZtnaError when it can't be started. */
  readonly start: (config: Config, surroundings: Surroundings) => Promise<{
    /** Resolves with the exit code when it has stopped. */
    readonly stopped: Promise<number>;
  }>;
}

/**
 * Runs a program until it is told to stop.
 *
 * @returns the exit code: 0 stopped, 1 failed, 2 the command line or configuration is wrong.
 */
export async function runProgram<Config extends { readonly logLevel: LogLevel }>(
  program: ProgramDefinition<Config>,
  argv: readonly string[],
): Promise<number> {
  try {
    const command = program.read(argv);
    if (command.kind !== "run") {
      write(Deno.stdout, command.text);
      return 0;
    }
    const logger = loggerFor({ level: command.config.logLevel });
    keepRunning(logger);
    if (command.configFile !== undefined) {
      logger.info("configuration_read", { file: command.configFile });
    }
    const manager = serviceManager(Deno.env.get("NOTIFY_SOCKET"));
    const running = await program.start(command.config, {
      logger,
      control: systemControl,
      onChange: manager.changed,
      release: Deno.env.get("ZTNA_RELEASE") ?? "dev",
    });
    manager.ready();
    return await running.stopped;
  } catch (error) {
    if (!(error instanceof ZtnaError)) {
      const stack = error instanceof Error ? error.stack ?? error.message : String(error);
      write(Deno.stderr, `Cannot go on as something unexpected happened: ${stack}`);
      return 1;
    }
    write(Deno.stderr, error.message);
    if (error instanceof ConfigError) write(Deno.stderr, `See "${program.name} --help"`);
    return error.exitCode;
  }
}

/** A fault of ours in a timer or a promise must not end the tunnels of everybody. */
function keepRunning(logger: Logger): void {
  const limited = new RateLimitedLogger(logger);
  globalThis.addEventListener("error", (event) => {
    event.preventDefault();
    limited.error("unexpected_error", { error: event.error });
  });
  globalThis.addEventListener("unhandledrejection", (event) => {
    event.preventDefault();
    limited.error("unexpected_error", { error: event.reason });
  });
}

function write(output: { writeSync(bytes: Uint8Array): number }, text: string): void {
  output.writeSync(new TextEncoder().encode(`${text}\n`));
}
