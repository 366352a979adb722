/** The connector as a program: `deno task connector --help`. */

import { ConfigError, ZtnaError } from "../tunnel/errors.ts";
import { systemControl } from "../tunnel/lifecycle.ts";
import { type Logger, loggerFor } from "../tunnel/log.ts";
import { RateLimitedLogger } from "../tunnel/rate_limited_log.ts";
import { readConnectorCommand } from "./config.ts";
import { Connector } from "./connector.ts";

/**
 * Runs the connector until it is told to stop.
 *
 * @returns the exit code: 0 stopped, 1 failed, 2 the command line or configuration is wrong.
 */
async function main(argv: readonly string[]): Promise<number> {
  try {
    const command = readConnectorCommand(argv);
    if (command.kind !== "run") {
      write(Deno.stdout, command.text);
      return 0;
    }
    const logger = loggerFor({ level: command.config.logLevel });
    keepRunning(logger);
    if (command.configFile !== undefined) {
      logger.info("configuration_read", { file: command.configFile });
    }
    const connector = await Connector.start(command.config, {
      logger,
      control: systemControl,
      release: Deno.env.get("ZTNA_RELEASE") ?? "dev",
    });
    return await connector.stopped;
  } catch (error) {
    if (!(error instanceof ZtnaError)) {
      const stack = error instanceof Error ? error.stack ?? error.message : String(error);
      write(Deno.stderr, `Cannot go on as something unexpected happened: ${stack}`);
      return 1;
    }
    write(Deno.stderr, error.message);
    if (error instanceof ConfigError) write(Deno.stderr, 'See "deno task connector --help"');
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

if (import.meta.main) Deno.exit(await main(Deno.args));
