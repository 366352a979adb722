import { BenchError } from "../bench_error.ts";
import type { Command } from "../ops/timed_command.ts";
import { ourCommand, type Tool } from "../ops/tools.ts";

/** How a sweep of the benchmark is called. */
export interface SweepCommandOptions {
  readonly tool: Tool;
  readonly inventory: string;
  readonly forks: number;
  /** Where it writes what happens. */
  readonly events?: string;
  readonly args?: readonly string[];
}

/** Findings, whatever they are: all well, critical, warnings, unreachable. */
const exitCodes = [0, 1, 3, 4];

/** A sweep without probes, which no other tool has. */
export function sweepCommand(
  { tool, inventory, forks, events, args = [] }: SweepCommandOptions,
): Command {
  return {
    argv: ourCommand(
      "sweep",
      ...["-i", inventory, "-f", String(forks), "--no-probe", "--json", "--timeout", "600"],
      ...events === undefined ? [] : ["--events", events],
      ...args,
    ),
    environment: tool.environment,
    exitCodes,
  };
}

/** What of `sweep --json` is of interest here. */
interface SweepJson {
  readonly checks: readonly { readonly check: string; readonly status: string }[];
}

/** @throws {BenchError} unless so many hosts have answered. */
export function expectAnswers(stdout: string, hosts: number): void {
  const { checks } = JSON.parse(stdout) as SweepJson;
  for (const id of ["reachable", "answer"]) {
    const count = checks.filter(({ check, status }) => check === id && status === "ok").length;
    if (count !== hosts) throw new BenchError(`"${id}" is ok of ${count} hosts, not of ${hosts}`);
  }
}

/** What of an event is of interest here. */
interface SweepEvent {
  readonly type: string;
  readonly time: string;
  readonly host?: string;
  readonly script?: string;
}

/** What a sweep has written of what happened. */
export function readEvents(file: string): SweepEvent[] {
  return Deno.readTextFileSync(file).trimEnd().split("\n")
    .map((line) => JSON.parse(line) as SweepEvent);
}

/** The script that it has sent to a host: what else is to be compared with it does the same. */
export function scriptOf(events: readonly SweepEvent[]): string {
  const script = events.find(({ type }) => type === "script_started")?.script;
  if (script === undefined) throw new BenchError("The sweep has asked no host");
  return script;
}
