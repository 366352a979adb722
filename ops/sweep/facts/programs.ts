import { shellQuote } from "../../engine/connection/quote.ts";
import { parseHttpAnswer } from "../../engine/health/http_answer.ts";
import { reachableAddress, type WatchedProgram } from "../../engine/health/program_question.ts";
import { readRecords } from "../../engine/health/records.ts";
import {
  maxReadinessBytes,
  maxStatusBytes,
  questionText,
  shellFunctions,
} from "../../engine/health/shell_functions.ts";
import type { UnitHealth } from "../../engine/health/unit_health.ts";
import { type ProgramName, programsOf, unitOf } from "../../fleet/fleet.ts";
import { readProgramsHealth, watchedProgram } from "../../fleet/programs_health.ts";
import type { FactSource } from "./fact_source.ts";
import { showFunction } from "./units.ts";

/** How a program of a host is. */
export interface ProgramFacts extends UnitHealth {
  /** The status of the answer to `/healthz`; `null` when there was none. */
  readonly healthz: number | null;
}

/** How the programs of a host are; those that it has. */
export type ProgramsFacts = Readonly<Partial<Record<ProgramName, ProgramFacts>>>;

/** What systemd says of the programs, and what they say of themselves. */
export const programs: FactSource<ProgramsFacts> = {
  script: ({ host }) =>
    shellFunctions + showFunction + questionsFunction +
    programsOf(host).map((name) => programScript(watchedProgram(host, name))).join(""),

  parse(output, { host }): ProgramsFacts | undefined {
    const names = programsOf(host);
    const healthz = new Map<string, number | null>();
    let unit = "";
    for (const { name, value } of readRecords(output)) {
      if (name === "unit") healthz.set(unit = value, null);
      else if (name === "healthz") healthz.set(unit, parseHttpAnswer(value)?.status ?? null);
    }
    if (!names.every((name) => healthz.has(unitOf(name)))) return undefined;
    const health = readProgramsHealth(host, output);
    return Object.fromEntries(
      names.map((name) => [name, { ...health[name]!, healthz: healthz.get(unitOf(name)) ?? null }]),
    );
  },
};

/** Seconds that all questions to one program may take: one that hangs answers none of them. */
const maxSeconds = 3;

/**
 * A shell function `questions ADDRESS PORT` that prints what admin endpoints say, as records. The
 * same as `ask` for each of them, with a third of the processes: 500 hosts are asked at once.
 */
const questionsFunction = `
questions() {
  timeout ${maxSeconds} bash -p -c '
    question() {
      exec 3<>"/dev/tcp/$1/$2" || exit
      printf "GET /%s HTTP/1.0\\r\\n\\r\\n" "$3" >&3
      printf "%s " "$3"
      head -c "$4" <&3 | base64 -w 0
      echo
      exec 3>&-
    }
    question "$@" readyz ${maxReadinessBytes}
    question "$@" healthz ${maxReadinessBytes}
    question "$@" status ${maxStatusBytes}' questions "$@" 2> /dev/null
  echo
}
`;

/** Prints the records of one program, as `unitHealthScript` does. */
function programScript({ unit, question }: WatchedProgram): string {
  const questions = question.kind === "admin"
    ? `questions ${shellQuote(reachableAddress(question.address))} ${question.port}\n`
    : questionText(question);
  return `echo 'unit ${btoa(unit)}'
show ${shellQuote(unit)} | record show
${questions}`;
}
