import type { UnitHealth } from "../../engine/health/unit_health.ts";
import { parseHttpAnswer } from "../../engine/health/http_answer.ts";
import { reachableAddress } from "../../engine/health/program_question.ts";
import { readRecords } from "../../engine/health/records.ts";
import { maxReadinessBytes } from "../../engine/health/shell_functions.ts";
import { shellQuote } from "../../engine/connection/quote.ts";
import { type FleetHost, type ProgramName, programsOf, unitOf } from "../../fleet/fleet.ts";
import {
  programsHealthScript,
  readProgramsHealth,
  watchedProgram,
} from "../../fleet/programs_health.ts";
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
  script: ({ host }) => programsHealthScript(host, showFunction) + healthzScript(host),

  parse(output, { host }): ProgramsFacts | undefined {
    const records = readRecords(output);
    const names = programsOf(host);
    const units = new Set(
      records.filter(({ name }) => name === "unit").map(({ value }) => value),
    );
    if (!names.every((name) => units.has(unitOf(name)))) return undefined;
    const health = readProgramsHealth(host, output);
    const healthz = new Map<string, number | null>();
    for (const { name, value } of records) {
      const [, program, answer] = name === "healthz"
        ? /^([a-z]{1,20}) ([^]*)$/.exec(value) ?? []
        : [];
      if (program === undefined) continue;
      healthz.set(program, parseHttpAnswer(answer ?? "")?.status ?? null);
    }
    return Object.fromEntries(
      names.map((name) => [name, { ...health[name]!, healthz: healthz.get(name) ?? null }]),
    );
  },
};

/** Asks those that have admin endpoints. */
function healthzScript(host: FleetHost): string {
  const questions = programsOf(host).flatMap((name) => {
    const { question } = watchedProgram(host, name);
    if (question.kind !== "admin") return [];
    const address = shellQuote(reachableAddress(question.address));
    const ask = `ask ${address} ${question.port} /healthz ${maxReadinessBytes}`;
    return [`answer=$(${ask})\nprintf '${name} %s' "$answer" | record healthz\n`];
  });
  return questions.join("");
}
