import { type Clock, systemClock } from "../../../tunnel/clock.ts";
import { type CommandContext, errorText, exitCodeOf } from "../../command.ts";
import { Report } from "../../report.ts";
import { Screen } from "../../terminal/screen.ts";
import { changedLines } from "./changed_lines.ts";
import type { ReportedSweep } from "./reported_sweep.ts";
import type { ReportWriter } from "./report_writer.ts";
import { WatchView } from "./watch_view.ts";

/** How sweeps follow each other. */
export interface WatchOptions {
  readonly context: CommandContext;
  readonly writer: Pick<ReportWriter, "isForPrograms" | "lines" | "print" | "writeForPrograms">;
  /** Between one sweep's end and the next one's beginning, in ms. */
  readonly intervalMs: number;
  readonly clock?: Clock;
}

/** Sweeps once, has it shown and gives the exit code that showing it has given. */
export type SweepOnce = (
  context: CommandContext,
  show: (reported: ReportedSweep) => Promise<number>,
) => Promise<number>;

/**
 * Sweeps until it is interrupted, and gives the last sweep's exit code. On a terminal the last sweep
 * fills the screen; elsewhere the first one is told in full, and of each further one what has
 * changed.
 *
 * @throws {InterruptedError} when not even one sweep has come to its end, and what the first one
 *   throws.
 */
export async function watchSweeps(options: WatchOptions, sweepOnce: SweepOnce): Promise<number> {
  const { context, writer, intervalMs, clock = systemClock } = options;
  const { screen, signal } = context;
  const isFull = screen.isLive && !writer.isForPrograms;
  using view = isFull ? new WatchView({ screen, writer, clock }) : undefined;
  // On a full screen there is no room for each run's own lines: all they say is in the findings.
  const sweepContext = isFull ? muted(context) : context;
  let last: number | undefined;
  while (!signal.aborted) {
    view?.begin();
    try {
      last = await sweepOnce(sweepContext, async (reported) => {
        if (view !== undefined) view.show(reported);
        else if (!writer.isForPrograms) {
          const isFirst = last === undefined || reported.changes === undefined;
          writer.print(isFirst ? writer.lines(reported) : changedLines(reported));
        }
        return await writer.writeForPrograms(reported);
      });
    } catch (error) {
      if (last === undefined) throw error;
      if (signal.aborted) break;
      // An inventory that is being edited, say: the next sweep may see it whole.
      context.report.error(errorText(error));
      last = exitCodeOf(error);
    }
    view?.wait(intervalMs);
    await wait(intervalMs, clock, signal);
  }
  view?.end();
  return last ?? exitCodeOf(signal.reason);
}

/** A context for commands that nobody watches. */
function muted({ screen, signal }: CommandContext): CommandContext {
  const silent = new Screen(
    { stdout: () => {}, stderr: () => {}, color: screen.color },
    { isLive: false, size: () => screen.size() },
  );
  return { screen: silent, report: new Report(silent), signal };
}

/** Ends early when the signal aborts. */
async function wait(ms: number, clock: Clock, signal: AbortSignal): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  using _timer = clock.setTimer(resolve, ms);
  signal.addEventListener("abort", () => resolve(), { once: true });
  if (signal.aborted) return;
  await promise;
}
