import { shellQuote } from "../connection/quote.ts";
import { parseHttpAnswer } from "./http_answer.ts";
import type { ProgramQuestion, WatchedProgram } from "./program_question.ts";
import {
  type ConnectionCounts,
  type DrainHealth,
  parseStatusAnswer,
  type ServiceHealth,
} from "./program_status.ts";
import { lastValue, type OutputRecord, readRecords } from "./records.ts";
import { questionText, shellFunctions } from "./shell_functions.ts";
import { describeUnit, parseUnitState, type UnitState, unknownUnit } from "./unit_state.ts";

/** How a program of a host is. Texts are the host's: escape them before printing. */
export interface UnitHealth {
  readonly unit: string;
  /** Whether its process runs. */
  readonly active: boolean;
  /** Whether it says that it wants traffic. */
  readonly ready: boolean;
  /** Why it is not ready; `null` when it is. */
  readonly reason: string | null;
  readonly release: string | null;
  readonly instance: string | null;
  readonly uptimeSeconds: number | null;
  /** Of a relay. */
  readonly connections: ConnectionCounts | null;
  readonly services: readonly ServiceHealth[];
  readonly drain: DrainHealth | null;
  readonly state: UnitState;
}

/** Longest reason that is kept, in characters. */
const maxReasonLength = 300;

/**
 * A shell script that looks at each program once: at its unit, and at what it says itself. It
 * changes nothing, and takes a few seconds at most for programs that are down or hang.
 */
export function unitHealthScript(programs: readonly WatchedProgram[]): string {
  return shellFunctions +
    programs.map(({ unit, question }) =>
      `printf %s ${shellQuote(unit)} | record unit
show ${shellQuote(unit)} | record show
${questionText(question)}`
    ).join("");
}

/**
 * Reads what {@linkcode unitHealthScript} has printed. There is an answer for each program, in
 * their order, whatever the host has printed.
 */
export function parseUnitHealth(
  programs: readonly WatchedProgram[],
  output: string,
): UnitHealth[] {
  const byUnit = new Map<string, OutputRecord[]>();
  let current: OutputRecord[] = [];
  for (const record of readRecords(output)) {
    if (record.name === "unit") byUnit.set(record.value, current = []);
    else current.push(record);
  }
  return programs.map((program) => readHealth(program, byUnit.get(program.unit) ?? []));
}

function readHealth({ unit, question }: WatchedProgram, records: OutputRecord[]): UnitHealth {
  const show = lastValue(records, "show");
  const state = show === undefined ? unknownUnit : parseUnitState(show);
  const active = state.active === "active" || state.active === "reloading";
  const status = parseStatusAnswer(lastValue(records, "status") ?? "");
  const reason = active
    ? notReadyReason(question, records)
    : show === undefined || show === ""
    ? "the host does not say how it is"
    : describeUnit(state);
  return {
    unit,
    active,
    ready: reason === null,
    reason: reason?.slice(0, maxReasonLength) ?? null,
    release: status?.release ?? null,
    instance: status?.instance ?? null,
    uptimeSeconds: status?.uptimeSeconds ?? null,
    connections: status?.connections ?? null,
    services: status?.services ?? [],
    drain: status?.drain ?? null,
    state,
  };
}

function notReadyReason(
  question: ProgramQuestion,
  records: readonly OutputRecord[],
): string | null {
  if (question.kind === "unit") return null;
  const at = `${question.address}, port ${question.port}`;
  if (question.kind === "echo") {
    return lastValue(records, "echo") === "yes\n" ? null : `no echo from ${at} (UDP)`;
  }
  const answer = parseHttpAnswer(lastValue(records, "readyz") ?? "");
  if (answer === undefined) return `no answer from its admin endpoints (${at})`;
  if (answer.status === 200) return null;
  return answer.body.trim() || `/readyz answers with status ${answer.status}`;
}
