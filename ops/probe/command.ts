import { checkTlsFiles } from "../../tunnel/tls_files.ts";
import { errorText, exitCodeOf } from "../command.ts";
import type { Report } from "../report.ts";
import { type ProbeArguments, readProbeCommand } from "./arguments.ts";
import { exceedsLossLimit, formatLossLimit } from "./loss_limit.ts";
import { type ProbeReport, runProbe } from "./probe.ts";
import { ProgressDisplay } from "./progress.ts";
import { formatReport } from "./report_text.ts";
import { type ProbeTarget, probeTarget } from "./target.ts";

/**
 * Version of what `--json` prints: the schema number and all of `ProbeReport`, or, when there is no
 * report, `error` and `exitCode`.
 */
export const probeReportSchema = 1;

/** What the command needs of the outside. */
export interface ProbeCommandContext {
  readonly report: Report;
  /** Ends the run. */
  readonly signal: AbortSignal;
  /** Writes to standard error. */
  readonly writeError: (text: string) => void;
  /** Whether standard error is a terminal. */
  readonly isTerminal: boolean;
  /** What the local deployment, if there is one, gives its agents. */
  readonly localTarget: () => ProbeTarget | undefined;
  /**
   * What the fleet of an inventory gives its agents.
   *
   * @param relay Name of a host of it; the first one with the service by default.
   */
  readonly fleetTarget: (
    inventory: readonly string[],
    relay: string | undefined,
    serviceId: string | undefined,
  ) => Promise<ProbeTarget>;
}

/**
 * `deno task probe`.
 *
 * @returns the exit code: 0 done, 1 more loss than allowed, 130 interrupted (and reported).
 * @throws {ConfigError} (2) for wrong usage, {RelayUnreachableError} (4), and what else `runProbe`
 * throws (1); `signal.reason` when it aborts before there is a connection.
 */
export async function probeCommand(
  argv: readonly string[],
  context: ProbeCommandContext,
): Promise<number> {
  const { report, signal } = context;
  const command = readProbeCommand(argv);
  if (command.kind !== "run") {
    report.result(command.text);
    return 0;
  }
  const args = command.arguments;
  try {
    return await probe(args, context);
  } catch (error) {
    const shown = signal.aborted ? signal.reason : error;
    if (args.json) {
      const exitCode = exitCodeOf(shown);
      report.json({ schema: probeReportSchema, error: errorText(shown), exitCode });
    }
    throw error;
  }
}

async function probe(args: ProbeArguments, context: ProbeCommandContext): Promise<number> {
  const { report } = context;
  const target = await targetOf(args, context);
  for (const warning of checkTlsFiles(target.tls).warnings) report.warn(warning);
  const result = await runAndShow(args, target, context);
  if (args.json) report.json({ schema: probeReportSchema, ...result });
  else report.result(formatReport(result, report.color));
  if (result.interrupted) return 130;
  if (!exceedsLossLimit(args.lossLimit, result.sent, result.lost)) return 0;
  const limit = formatLossLimit(args.lossLimit);
  report.error(`Lost ${result.lost} of ${result.sent} packets: --max-loss is ${limit}`);
  return 1;
}

async function targetOf(args: ProbeArguments, context: ProbeCommandContext): Promise<ProbeTarget> {
  const { inventory, relay, serviceId } = args;
  if (inventory.length === 0) {
    return probeTarget(args, relay === undefined ? context.localTarget() : undefined);
  }
  const fleet = await context.fleetTarget(inventory, relay?.hostname, serviceId);
  return probeTarget({ ...args, relay: undefined }, fleet);
}

async function runAndShow(
  args: ProbeArguments,
  target: ProbeTarget,
  context: ProbeCommandContext,
): Promise<ProbeReport> {
  const { signal, writeError, isTerminal } = context;
  const { protocol, intervalMs, payloadBytes, destination, lingerMs } = args;
  const { count, durationMs } = args;
  using display = new ProgressDisplay(writeError, isTerminal);
  return await runProbe({
    ...target,
    protocol,
    intervalMs,
    payloadBytes,
    destination,
    lingerMs,
    signal,
    ...(count === undefined ? {} : { count }),
    ...(durationMs === undefined ? {} : { durationMs }),
    onProgress: (progress) => display.onProgress(progress),
    onEvent: (event) => display.onEvent(event),
  });
}
