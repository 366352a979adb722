import type { WatchedProgram } from "../engine/health/program_question.ts";
import {
  parseUnitHealth,
  type UnitHealth,
  unitHealthScript,
} from "../engine/health/unit_health.ts";
import { type FleetHost, type ProgramName, programNames, programsOf, unitOf } from "./fleet.ts";

/** How the programs of a host are; those that it has. */
export type ProgramsHealth = Readonly<Partial<Record<ProgramName, UnitHealth>>>;

/** How a program of a host is asked how it is. The host must have it. */
export function watchedProgram(host: FleetHost, program: ProgramName): WatchedProgram {
  const unit = unitOf(program);
  if (program === "application") {
    const { address, port } = host.application!;
    return { unit, question: { kind: "echo", address, port } };
  }
  const { adminAddress: address, adminPort: port } = host[program]!;
  return { unit, question: port === 0 ? { kind: "unit" } : { kind: "admin", address, port } };
}

/** A script that looks at every program of a host. */
export function programsHealthScript(host: FleetHost): string {
  return unitHealthScript(watchedPrograms(host));
}

/** Reads what the script of {@linkcode programsHealthScript} printed. Never throws. */
export function readProgramsHealth(host: FleetHost, output: string): ProgramsHealth {
  const health = parseUnitHealth(watchedPrograms(host), output);
  return Object.fromEntries(programsOf(host).map((program, index) => [program, health[index]!]));
}

/** Main process of each program that runs. */
export function mainPidsOf(health: ProgramsHealth): Partial<Record<ProgramName, number>> {
  return Object.fromEntries(
    Object.entries(health)
      .filter(([, { state }]) => state.pid !== null)
      .map(([program, { state }]) => [program, state.pid!]),
  );
}

/** Whether all programs of a host are ready, and those that tell run `release`. */
export function isHealthy(host: FleetHost, health: ProgramsHealth, release: string): boolean {
  return programsOf(host).every((program) => {
    const found = health[program];
    return found?.ready === true && (found.release ?? release) === release;
  });
}

/** Programs that take no new peers any more: only a restart ends that. */
export function drainingPrograms(health: ProgramsHealth): ProgramName[] {
  return programNames.filter((program) => health[program]?.drain?.draining === true);
}

/** IDs of the services that a relay has connectors for. */
export function registeredServices(health: ProgramsHealth): string[] {
  const services = health.relay?.services ?? [];
  return services.filter(({ connectors = 0 }) => connectors > 0).map(({ id }) => id);
}

function watchedPrograms(host: FleetHost): WatchedProgram[] {
  return programsOf(host).map((program) => watchedProgram(host, program));
}
