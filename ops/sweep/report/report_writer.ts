import type { CommandContext } from "../../command.ts";
import { formatLines, type Line } from "../../terminal/span.ts";
import { sweepExitCode } from "../sweep_result.ts";
import type { ReportedSweep } from "./reported_sweep.ts";
import type { ReportFiles } from "./report_files.ts";
import { sweepJson } from "./sweep_json.ts";
import { sweepLines, type SweepTextOptions } from "./sweep_text.ts";

/** Where and how sweeps are reported. */
export interface ReportWriterOptions extends Pick<SweepTextOptions, "verbosity" | "again"> {
  readonly context: CommandContext;
  readonly files: ReportFiles;
  readonly json: boolean;
  /** JSON in one line. */
  readonly isCompact: boolean;
}

/** Reports sweeps as the command line wants it. */
export class ReportWriter {
  readonly #options: ReportWriterOptions;

  constructor(options: ReportWriterOptions) {
    this.#options = options;
  }

  /** Whether standard output has something else than the report for people. */
  get isForPrograms(): boolean {
    const { json, files } = this.#options;
    return json || files.hasStandardOutput;
  }

  /** The report for people, in lines. */
  lines(
    reported: ReportedSweep,
    layout: Pick<SweepTextOptions, "columns" | "breaksCommands"> = {},
  ): Line[] {
    const { verbosity, again } = this.#options;
    return sweepLines(reported, { verbosity, again, ...layout });
  }

  /** Reports one sweep everywhere, and gives the exit code. */
  async write(reported: ReportedSweep): Promise<number> {
    const { context: { screen } } = this.#options;
    screen.endLive();
    if (!this.isForPrograms) {
      const columns = Deno.stdout.isTerminal() ? screen.size().columns : undefined;
      this.print(this.lines(reported, { columns }));
    }
    return await this.writeForPrograms(reported);
  }

  /** Writes lines to standard output. */
  print(lines: readonly Line[]): void {
    const { report, screen } = this.#options.context;
    screen.stdout(formatLines(lines, { color: report.color }));
  }

  /** Reports one sweep in files and as JSON, and gives the exit code. */
  async writeForPrograms(reported: ReportedSweep): Promise<number> {
    const { context: { report, screen }, files, json, isCompact } = this.#options;
    if (json && isCompact) screen.stdout(`${JSON.stringify(sweepJson(reported))}\n`);
    else if (json) report.json(sweepJson(reported));
    const mistakes = await files.write(reported, screen.stdout);
    for (const mistake of mistakes) report.error(mistake);
    const exitCode = sweepExitCode(reported.result);
    // A report that is missing must not look like good news.
    return mistakes.length > 0 && (exitCode === 0 || exitCode === 3) ? 1 : exitCode;
  }
}
