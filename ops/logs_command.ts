import { escapeControls, quote } from "../tunnel/printable.ts";
import type { CommandContext } from "./command.ts";
import { shellCommand } from "./engine/connection/quote.ts";
import { HostError } from "./engine/errors.ts";
import type { ProgramName } from "./fleet/fleet.ts";
import { runFleetCommand } from "./fleet_command.ts";
import { type HostsCommandValues, requireInventory } from "./hosts_command.ts";

/** What the command line says. */
export interface LogsValues extends HostsCommandValues {
  readonly program: ProgramName | undefined;
  readonly lines: number;
  readonly since: string | undefined;
  readonly grep: string | undefined;
  readonly follow: boolean;
}

/** Output of `journalctl` that is kept for a message, in bytes: lines are shown as they come. */
const maxOutputBytes = 4096;

/** `logs`: prints the journals' lines as they come, to standard output. */
export async function logsCommand(
  context: CommandContext,
  argv: readonly string[],
  values: LogsValues,
): Promise<number> {
  requireInventory("show logs", values.inventory);
  const options = { command: "logs", argv, values };
  return await runFleetCommand(context, options, async ({ run, begin, signal, emit }) => {
    begin(null);
    const script = `exec ${shellCommand(journalCommand(values))}`;
    const width = Math.max(...run.hosts.map(({ name }) => name.length));
    await run.connectAll(async (host) => {
      const prefix = escapeControls(host.name.padEnd(width));
      const print = (line: string): void =>
        context.report.result(lineText(values, host.name, prefix, line));
      emit({ type: "host_state", host: host.name, phase: "running" });
      const { code, stderr } = await host.connection.run(script, {
        what: "read the journal",
        maxOutputBytes,
        signal,
        onLine: (stream, line) => stream === "stdout" ? print(line) : undefined,
      });
      // 1: nothing matches.
      if (code > 1) {
        throw new HostError(
          host.name,
          `Cannot read the journal of ${quote(host.name)}: ${quote(stderr.trim(), 500)}`,
        );
      }
      run.finish(host, "done");
    });
    return run.exitCode;
  });
}

/** A line as text, or as JSON where that is wanted: one object a line. */
function lineText({ json }: LogsValues, host: string, prefix: string, line: string): string {
  return json ? JSON.stringify({ host, line }) : `${prefix} | ${escapeControls(line)}`;
}

function journalCommand({ program, lines, since, grep, follow }: LogsValues): string[] {
  const programs = program === undefined ? "*" : program;
  return [
    ...["journalctl", "--no-pager", "--quiet", "--output=short-iso"],
    `--unit=ztna-${programs}@*.service`,
    `--lines=${lines}`,
    ...since === undefined ? [] : [`--since=${since}`],
    ...grep === undefined ? [] : [`--grep=${grep}`],
    ...follow ? ["--follow"] : [],
  ];
}
