import { shellQuote } from "../engine/connection/quote.ts";
import { type ProgramName, unitOf } from "./fleet.ts";

/** The unit file of each program: a template, so that a handover can start a second instance. */
export const unitTemplates: Readonly<Record<ProgramName, string>> = {
  application: "ztna-application@.service",
  relay: "ztna-relay@.service",
  connector: "ztna-connector@.service",
};

/**
 * A script that restarts a program, also one that systemd has given up, and, where that fails, ends
 * with what its journal says.
 */
export function restartScript(program: ProgramName): string {
  const unit = shellQuote(unitOf(program));
  return `systemctl reset-failed --quiet ${unit} 2> /dev/null || :
systemctl restart ${unit} || {
  code=$?
  journalctl --sync || :
  journalctl --quiet --no-pager --output=cat --lines=10 --unit=${unit} >&2
  exit $code
}
`;
}

/**
 * What a program's unit needs to bind a port below 1024 (the rest of its confinement stays). It goes
 * into a drop-in file.
 */
export const privilegedPortDropIn = `[Service]
AmbientCapabilities=CAP_NET_BIND_SERVICE
CapabilityBoundingSet=CAP_NET_BIND_SERVICE
PrivateUsers=no
`;

/** Reads the unit files of a checkout, by their names. */
export function readUnits(checkout: string): Record<string, string> {
  return Object.fromEntries(
    Object.values(unitTemplates).map((name) => [
      name,
      Deno.readTextFileSync(`${checkout}/deploy/systemd/${name}`),
    ]),
  );
}
