import { escapeControls, truncate } from "../../tunnel/printable.ts";
import type { HostFinished, HostPhase, RunFinished, StampedEvent } from "../engine/run/event.ts";
import type { Operator } from "../fleet/audit_script.ts";
import { counted } from "../terminal/quantities.ts";

/** An annotation of a time span, as it stands at present. */
export interface RunRegion {
  /** In ms since 1970. */
  readonly time: number;
  /** `undefined` while it lasts. */
  timeEnd: number | undefined;
  /** Safe where Grafana takes it for HTML. */
  text: string;
  readonly tags: readonly string[];
}

/** Tag of everything of ours in Grafana. */
const commonTag = "ztna-fleet";
/** Longest tag, in characters: Grafana's database holds 100 on each side of the colon. */
const maxTagLength = 100;
/** Longest text, in characters; a few words are enough to find the run in the audit. */
const maxTextLength = 500;

/** What a host begins with when its users may notice. */
const interruptingPhases: ReadonlySet<HostPhase> = new Set<HostPhase>([
  ...["switching", "draining", "restarting", "rolling_back"] as const,
]);

const outcomeTexts: Readonly<Record<HostFinished["outcome"], string>> = {
  done: "done",
  failed: "failed",
  unreachable: "host lost",
  skipped: "skipped",
  rolled_back: "failed, rolled back",
};

/**
 * The time spans of a run that graphs should show: the run itself, and each host from when its
 * programs are touched until it is over. Texts and names may come from anywhere, so they are
 * escaped and bounded.
 */
export class RunRegions {
  readonly #operator: Operator;
  #run: RunRegion | undefined;
  #title = "";
  #tags: readonly string[] = [];
  #command = "";
  readonly #hosts = new Map<string, RunRegion>();
  readonly #outcomes = new Map<HostFinished["outcome"], number>();

  /** @param operator Who runs the command. */
  constructor(operator: Operator) {
    this.#operator = operator;
  }

  /** Takes an event. @returns the regions that begin or end with it, the run's first. */
  apply(event: StampedEvent): RunRegion[] {
    const time = Date.parse(event.time);
    switch (event.type) {
      case "run_started": {
        const { command, fleet, release, hosts } = event;
        const { user, machine } = this.#operator;
        this.#command = command;
        this.#tags = [
          commonTag,
          ...fleet === "" ? [] : [tag("fleet", fleet)],
          tag("command", command),
        ];
        const what = `${command}${fleet === "" ? "" : ` of fleet ${fleet}`}` +
          `${release === null ? "" : ` to ${release}`} on ${counted(hosts.length, "host")}`;
        this.#title = `${what}, by ${user}@${machine}`;
        this.#run = { time, timeEnd: undefined, text: shown(this.#title), tags: this.#tags };
        return [this.#run];
      }
      case "host_state":
        return interruptingPhases.has(event.phase) ? this.#begin(event.host, time) : [];
      case "host_finished":
        this.#outcomes.set(event.outcome, (this.#outcomes.get(event.outcome) ?? 0) + 1);
        return this.#end(event.host, time, outcomeTexts[event.outcome]);
      case "run_finished":
        return this.#finish(event, time);
      default:
        return [];
    }
  }

  #begin(host: string, time: number): RunRegion[] {
    if (this.#run === undefined || this.#hosts.has(host)) return [];
    const tags = [...this.#tags, tag("host", host)];
    const text = shown(`${this.#command} of ${host}`);
    const region: RunRegion = { time, timeEnd: undefined, text, tags };
    this.#hosts.set(host, region);
    return [region];
  }

  #end(host: string, time: number, outcome: string): RunRegion[] {
    const region = this.#hosts.get(host);
    if (region === undefined || region.timeEnd !== undefined) return [];
    region.timeEnd = time;
    region.text = shown(`${this.#command} of ${host}: ${outcome}`);
    return [region];
  }

  #finish({ exitCode }: RunFinished, time: number): RunRegion[] {
    const run = this.#run;
    if (run === undefined) return [];
    const outcome = exitCode === 0 ? "done" : exitCode === 130 ? "interrupted" : "failed";
    const counts = [...this.#outcomes].map(([name, count]) => `${count} ${outcomeTexts[name]}`);
    run.timeEnd = time;
    run.text = shown(
      `${this.#title}: ${outcome}${counts.length > 0 ? "; " : ""}` +
        counts.join(", "),
    );
    // Hosts that were at work when the run ended.
    const open = [...this.#hosts.keys()].flatMap((host) => this.#end(host, time, outcome));
    return [run, ...open];
  }
}

function tag(key: string, value: string): string {
  return truncate(`${key}:${escapeControls(value)}`, maxTagLength);
}

/** Grafana shows texts of annotations as HTML. */
function shown(text: string): string {
  const entities: Readonly<Record<string, string>> = { "&": "&amp;", "<": "&lt;", ">": "&gt;" };
  return truncate(escapeControls(text), maxTextLength)
    .replaceAll(/[&<>]/g, (character) => entities[character]!);
}
