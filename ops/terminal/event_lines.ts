import { bold, cyan, dim, green, red, yellow } from "@std/fmt/colors";
import type { HostFinished, RunStarted, StampedEvent } from "../engine/run/event.ts";
import { CommandLines } from "./command_lines.ts";
import { compressHosts } from "./host_ranges.ts";
import { counted, formatDuration } from "./quantities.ts";
import type { Line, Span } from "./span.ts";
import { padToWidth, textWidth } from "./text_width.ts";

/** What is said of a run's events in lines that stay. */
export interface EventLineOptions {
  /** -1 only warnings and failures; 0 what hosts come to; 1 commands and changes; 2 all. */
  readonly verbosity: number;
  /** Also lines that scripts write. */
  readonly showOutput: boolean;
  /** Also the hosts that are done; where something else shows them, it need not be said. */
  readonly showDone: boolean;
}

/** Widest column of host names; longer ones push the rest of their line aside. */
const maxHostWidth = 24;
const indent: Span = { text: "    " };

/** Puts events into words: those of a run, in the order in which they come. */
export class EventLines {
  readonly #options: EventLineOptions;
  readonly #commands: CommandLines;
  #hostWidth = 0;
  #batchSinceMs = 0;

  constructor(options: EventLineOptions) {
    this.#options = options;
    this.#commands = new CommandLines({ showEach: options.verbosity > 1 });
  }

  /** A host's name as the column that starts its lines. */
  hostColumn(host: string): Span {
    return { text: `${padToWidth(host, this.#hostWidth)}  `, paint: bold };
  }

  /** The lines of an event; most have none. */
  linesOf(event: StampedEvent): Line[] {
    const { verbosity, showOutput } = this.#options;
    const isQuiet = verbosity < 0;
    switch (event.type) {
      case "run_started":
        this.#hostWidth = widest(event.hosts.map(({ host }) => host));
        return isQuiet ? [] : [step(runTitle(event))];
      case "batch_started": {
        this.#batchSinceMs = event.atMs;
        const title = `Batch ${event.index} of ${event.of}: ${compressHosts(event.hosts)}`;
        return isQuiet || event.of === 1 ? [] : [step(title)];
      }
      case "batch_finished": {
        if (isQuiet || event.of === 1) return [];
        const took = formatDuration(event.atMs - this.#batchSinceMs);
        const title = `batch ${event.index} of ${event.of}`;
        const { failed } = event;
        return failed === 0
          ? [[passed, { text: `${title} done in ${took}` }]]
          : [[broken, { text: `${title}: ${counted(failed, "host")} failed, after ${took}` }]];
      }
      case "step":
        return isQuiet ? [] : [step(event.text)];
      case "note":
        return isQuiet ? [] : this.#textLines(indent, event.host, event.text, dim);
      case "warning":
        return this.#textLines(attention, event.host, event.text);
      case "host_finished":
        return this.#finished(event);
      case "change":
        if (event.state === "failed") {
          const error = event.error === undefined ? "" : `: ${event.error}`;
          return this.#textLines(broken, event.host, `${event.summary}${error}`);
        }
        if (verbosity < 1) return [];
        return this.#textLines(
          event.state === "applied" ? passed : { text: "  ~ ", paint: yellow },
          event.host,
          event.summary,
        );
      case "process_started":
        return verbosity < 1 ? [] : this.#hostLines(event.host, [this.#commands.process(event)]);
      case "script_started":
        return verbosity < 1 ? [] : this.#hostLines(event.host, this.#commands.script(event));
      case "script_finished":
        return verbosity < 1 || (event.code === 0 && verbosity < 2) ? [] : this.#hostLines(
          event.host,
          [[{ text: `< ${event.what}: exit code ${event.code}`, paint: dim }]],
        );
      case "output":
        return showOutput || verbosity > 1
          ? [[
            this.hostColumn(event.host),
            event.stream === "stdout" ? { text: "| ", paint: dim } : { text: "! ", paint: yellow },
            { text: event.line.replaceAll("\t", "    ") },
          ]]
          : [];
      case "run_finished":
        // The error is for the audit: the command itself says it when it ends.
        return event.continueWith === undefined
          ? []
          : [[indent, { text: "To continue: " }, { text: event.continueWith, paint: cyan }]];
      case "host_state":
      case "upload_progress":
        return [];
    }
  }

  #finished(event: HostFinished): Line[] {
    const { host, outcome, changed, error } = event;
    if (outcome === "done" || outcome === "skipped") {
      if (!this.#options.showDone || this.#options.verbosity < 0) return [];
      if (outcome === "skipped") return this.#textLines(indent, host, "skipped", dim);
      return this.#textLines(passed, host, changed === 0 ? "done" : `done, ${changed} changed`);
    }
    const text = `${outcomeWord[outcome]}${error === undefined ? "" : `: ${error}`}`;
    return this.#textLines(broken, host, text);
  }

  #textLines(mark: Span, host: string | undefined, text: string, paint?: Span["paint"]): Line[] {
    const column = host === undefined ? [] : [this.hostColumn(host)];
    const under = { text: " ".repeat(column.reduce((sum, span) => sum + textWidth(span.text), 0)) };
    return text.split("\n").map((part, i) => {
      const span = paint === undefined ? { text: part } : { text: part, paint };
      return i === 0 ? [mark, ...column, span] : [indent, under, span];
    });
  }

  #hostLines(host: string, lines: readonly Line[]): Line[] {
    return lines.map((line) => [indent, this.hostColumn(host), ...line]);
  }
}

/** How outcomes other than `done` are called. */
export const outcomeWord = {
  failed: "failed",
  unreachable: "unreachable",
  skipped: "skipped",
  rolled_back: "rolled back",
} as const;

const passed: Span = { text: "  ✓ ", paint: green };
const broken: Span = { text: "  ✗ ", paint: red };
const attention: Span = { text: "  ! ", paint: yellow };

function step(text: string): Line {
  return [{ text: "==> ", paint: bold }, { text }];
}

function runTitle({ command, fleet, release, hosts, check }: RunStarted): string {
  const what = release === null ? command : `${command} ${release}`;
  const only = check ? " (check: nothing is changed)" : "";
  const where = fleet === "" ? "" : ` of fleet ${fleet}`;
  return `${what}: ${counted(hosts.length, "host")}${where}${only}`;
}

function widest(hosts: readonly string[]): number {
  return Math.min(maxHostWidth, Math.max(0, ...hosts.map(textWidth)));
}
