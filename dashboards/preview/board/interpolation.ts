import type { TimeRange } from "../data/source.ts";
import type { Variable } from "./board.ts";

/** What is chosen for a variable: nothing for All. */
export type Choice = readonly string[];

/** What the variables of a dashboard stand for while a panel is drawn. */
export interface Scope {
  readonly variables: readonly Variable[];
  /** Chosen values by the variable's name. */
  readonly choices: ReadonlyMap<string, Choice>;
  readonly range: TimeRange;
  /** Seconds between two values of a series. */
  readonly step: number;
  /** Seconds between two scrapes. */
  readonly scrapeInterval: number;
}

/** `$name`, `${name}`, `${name:format}` and `[[name]]`. */
const reference = /\$(\w+)|\$\{(\w+)(?:\.[^:}]+)?(?::(\w+))?\}|\[\[(\w+)(?::(\w+))?\]\]/g;

/** An expression as Prometheus gets it. */
export function interpolateQuery(expression: string, scope: Scope): string {
  return replaceReferences(expression, (name, format) => {
    const time = timeVariable(name, scope);
    if (time !== undefined) return time;
    const variable = scope.variables.find((known) => known.name === name);
    if (variable === undefined) return undefined;
    const chosen = scope.choices.get(name) ?? [];
    if (chosen.length === 0) return variable.allValue ?? ".*";
    if (format === "raw") return chosen.join(",");
    const escaped = chosen.map(escapeForRegex);
    return escaped.length === 1 ? escaped[0] : `(${escaped.join("|")})`;
  });
}

/** A title or a text with the variables' values as a reader expects them. */
export function interpolateText(text: string, scope: Scope): string {
  return replaceReferences(text, (name) => {
    const time = timeVariable(name, scope);
    if (time !== undefined) return time;
    if (!scope.variables.some((known) => known.name === name)) return undefined;
    return choiceText(scope.choices.get(name));
  });
}

/** A choice in words. */
export function choiceText(choice: Choice | undefined): string {
  return choice === undefined || choice.length === 0 ? "All" : choice.join(" + ");
}

function replaceReferences(
  text: string,
  valueOf: (name: string, format: string | undefined) => string | undefined,
): string {
  return text.replace(reference, (whole, ...groups: (string | undefined)[]) => {
    const [plain, braced, bracedFormat, bracketed, bracketedFormat] = groups;
    return valueOf(plain ?? braced ?? bracketed ?? "", bracedFormat ?? bracketedFormat) ?? whole;
  });
}

/** Grafana's own variables of the time range, as its Prometheus data source counts them. */
function timeVariable(name: string, { range, step, scrapeInterval }: Scope): string | undefined {
  const seconds = Math.round(range.end - range.start);
  switch (name) {
    case "__interval":
      return `${step}s`;
    case "__interval_ms":
      return `${step * 1000}`;
    case "__rate_interval":
      return `${rateInterval(step, scrapeInterval)}s`;
    case "__rate_interval_ms":
      return `${rateInterval(step, scrapeInterval) * 1000}`;
    case "__range":
      return `${seconds}s`;
    case "__range_s":
      return `${seconds}`;
    case "__range_ms":
      return `${seconds * 1000}`;
    default:
      return undefined;
  }
}

/** At least four scrapes, so that one that is missed leaves a rate. */
function rateInterval(step: number, scrapeInterval: number): number {
  return Math.max(step + scrapeInterval, 4 * scrapeInterval);
}

/** A label's value within a quoted regular expression: backslashes count twice there. */
function escapeForRegex(value: string): string {
  return value.replace(/[\\^$*+?.()|[\]{}]/g, "\\\\$&").replaceAll('"', '\\"');
}

/** Steps that people read easily, in seconds. */
const roundSteps = [
  ...[1, 2, 5, 10, 15, 20, 30, 60, 120, 300, 600, 900, 1200, 1800],
  ...[3600, 7200, 10_800, 21_600, 43_200, 86_400, 604_800],
];

/** Seconds between the values of a series that has at most `maxPoints` of them. */
export function stepFor(range: TimeRange, maxPoints: number, minimum: number): number {
  const exact = Math.max((range.end - range.start) / maxPoints, minimum);
  const longest = roundSteps.at(-1)!;
  const round = roundSteps.find((step) => step >= exact) ?? Math.ceil(exact / longest) * longest;
  return exact === minimum ? minimum : round;
}
