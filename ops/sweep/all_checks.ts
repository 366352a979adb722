import type { CheckDeclaration } from "./check.ts";
import { answer, internal, reachable } from "./checks/answer_checks.ts";
import { hostChecks } from "./checks/host_checks.ts";
import { fleetChecks } from "./fleet_checks/fleet_checks.ts";

/** All checks, in the order of their findings. */
export const allChecks: readonly CheckDeclaration[] = [
  reachable,
  answer,
  ...hostChecks,
  ...fleetChecks,
  internal,
];
