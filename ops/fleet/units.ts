import { shellQuote } from "../engine/connection/quote.ts";
import { type ProgramName, unitOf } from "./fleet.ts";

/** The unit file of each program: a template, so that a handover can start a second instance. */
export const unitTemplates: Readonly<Record<ProgramName, string>> = {
  application: "ztna-application@.service",
  relay: "ztna-relay@.service",
  connector: "ztna-connector@.service",
};

/** A script that restarts a program and, where that fails, ends with what its journal says. */
export function restartScript(program: ProgramName): string {
  const unit = shellQuote(unitOf(program));
  return `systemctl restart ${unit} || {
  code=$?
  journalctl --quiet --no-pager --output=cat --lines=10 --unit=${unit} >&2
  exit $code
}
`;
}

/** Reads the unit files of a checkout, by their names. */
export function readUnits(checkout: string): Record<string, string> {
  return Object.fromEntries(
    Object.values(unitTemplates).map((name) => [
      name,
      Deno.readTextFileSync(`${checkout}/deploy/systemd/${name}`),
    ]),
  );
}
