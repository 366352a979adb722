import type { ProgramName } from "./fleet.ts";

/** The unit file of each program: a template, so that a handover can start a second instance. */
export const unitTemplates: Readonly<Record<ProgramName, string>> = {
  application: "ztna-application@.service",
  relay: "ztna-relay@.service",
  connector: "ztna-connector@.service",
};

/** Reads the unit files of a checkout, by their names. */
export function readUnits(checkout: string): Record<string, string> {
  return Object.fromEntries(
    Object.values(unitTemplates).map((name) => [
      name,
      Deno.readTextFileSync(`${checkout}/deploy/systemd/${name}`),
    ]),
  );
}
