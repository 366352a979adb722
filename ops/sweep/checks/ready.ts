import { watchedProgram } from "../../fleet/programs_health.ts";
import { type FleetHost, type ProgramName, programsOf, unitOf } from "../../fleet/fleet.ts";
import type { HostCheck } from "../check.ts";
import type { ProgramFacts } from "../facts/programs.ts";
import { fine, type Verdict } from "../finding.ts";
import { allowForWork, workerOn } from "./at_work.ts";
import { onHost } from "./host_commands.ts";

/** Whether programs answer, and say that they work. */
export const healthz: HostCheck = {
  id: "healthz",
  looksAt: "Whether each program that runs answers, and says that it works (`/healthz`)",

  evaluate(view): Verdict[] {
    const { host, facts } = view;
    return programsOf(host).flatMap((program): Verdict[] => {
      const health = facts.programs?.[program];
      const { question } = watchedProgram(host, program);
      if (question.kind !== "admin" || !health?.active) return [];
      if (health.healthz === 200) return [fine(program, "works")];
      const remedy = `See what it does, then restart it: ${
        onHost(host, "systemctl", "restart", unitOf(program))
      }`;
      if (health.healthz !== null) {
        const value = `/healthz answers with status ${health.healthz}`;
        return [{ subject: program, status: "critical", value, remedy }];
      }
      const { address, port } = question;
      const value = `runs, but does not answer at ${address}, port ${port}: hung or stopped`;
      return [{ subject: program, status: "critical", value, remedy }];
    }).map((verdict) => allowForWork(workerOn(view), verdict));
  },
};

/** Whether programs want traffic. */
export const readyz: HostCheck = {
  id: "readyz",
  looksAt: "Whether each program that works also wants traffic (`/readyz`; the application echoes)",

  evaluate(view): Verdict[] {
    const { host, facts } = view;
    return programsOf(host).flatMap((program): Verdict[] => {
      const health = facts.programs?.[program];
      if (health === undefined || !isAskable(host, program, health)) return [];
      if (health.ready) return [fine(program, "ready")];
      if (health.drain?.draining === true) return [fine(program, "draining")];
      const waitsForServices = program === "connector" &&
        health.services.some(({ state }) => state !== "registered");
      if (waitsForServices) return [fine(program, "waits for services")];
      return [{
        subject: program,
        status: "critical",
        value: `not ready: ${health.reason ?? "no reason given"}`,
        remedy: `See why: ${onHost(host, "journalctl", "-n", "50", "-u", unitOf(program))}`,
      }];
    }).map((verdict) => allowForWork(workerOn(view), verdict));
  },
};

/** Whether its readiness is what is to be told: not when the unit is down, or nothing answers. */
function isAskable(host: FleetHost, program: ProgramName, health: ProgramFacts): boolean {
  if (!health.active) return false;
  const { question } = watchedProgram(host, program);
  return question.kind !== "admin" || health.healthz !== null;
}
