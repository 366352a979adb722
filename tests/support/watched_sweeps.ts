/**
 * A command that watches a fleet which is made up, for tests in a real terminal: in its first sweep
 * there is trouble, then all is well and stays so. With `always` the trouble stays.
 */

import { runCommand } from "../../ops/command.ts";
import { ReportFiles } from "../../ops/sweep/report/report_files.ts";
import { ReportWriter } from "../../ops/sweep/report/report_writer.ts";
import { again, quietSweep, troubledSweep } from "../../ops/sweep/report/test_sweep.ts";
import { watchSweeps } from "../../ops/sweep/report/watch_sweeps.ts";

const [mode] = Deno.args;

if (import.meta.main) {
  await runCommand(async (context) => {
    const files = new ReportFiles({}, { json: false, watch: true });
    const writer = new ReportWriter({
      ...{ context, files, json: false, isCompact: true, verbosity: 0, again },
    });
    let sweeps = 0;
    return await watchSweeps({ context, writer, intervalMs: 1000 }, async (_, show) => {
      const isTroubled = sweeps++ === 0 || mode === "always";
      return await show(isTroubled ? troubledSweep() : quietSweep());
    });
  });
}
