import type { DriftedPart } from "../drift.ts";
import type { HostCheck, HostView } from "../check.ts";
import { fine, type Verdict } from "../finding.ts";
import { authorityFile } from "../../fleet/program_files.ts";
import { tlsPairsOf } from "../facts/tls.ts";
import { workerOn } from "./at_work.ts";
import { certificate } from "./certificate.ts";
import { keyPermissions } from "./key_permissions.ts";
import { forHost } from "./host_commands.ts";

/** Whether a host is as a deploy from this checkout and inventory would make it. */
export const configuration: HostCheck = {
  id: "configuration",
  looksAt: "Whether files, units, accounts and firewall are as a deploy would make them",

  evaluate(view): Verdict[] {
    const { host, drift } = view;
    if (drift === undefined) return [];
    const worker = workerOn(view);
    if (worker !== undefined) return [fine("", `${worker} is at work`)];
    const told = drift.parts.length === 0 ? new Set<string>() : toldByOthers(view);
    const parts = drift.parts.filter((part) => !told.has(part.subject)).flatMap(withoutRunning);
    if (parts.length === 0) return [fine("", "as deployed")];
    const remedy = `See the difference: ${forHost(host, "deploy")} --check --diff; ` +
      `without --check it is undone`;
    return parts.map(({ subject, text }) => ({ subject, status: "warning", value: text, remedy }));
  },
};

/** Paths of which another check has said what is wrong with them. */
function toldByOthers(view: HostView): ReadonlySet<string> {
  const bad = (verdicts: readonly Verdict[]): Set<string> =>
    new Set(verdicts.filter(({ status }) => status !== "ok").map(({ subject }) => subject));
  const certificates = bad(certificate.evaluate(view));
  return new Set([
    ...bad(keyPermissions.evaluate(view)),
    ...certificates.has("authority") ? [authorityFile] : [],
    ...tlsPairsOf(view.host).filter(({ program }) => certificates.has(program))
      .flatMap(({ certificateFile, keyFile }) => [certificateFile, keyFile]),
  ]);
}

/** That a unit does not run is told by another check; that it would not after a boot is not. */
function withoutRunning(part: DriftedPart): DriftedPart[] {
  const isOnlyDown = part.kind === "service" && part.properties.length > 0 &&
    part.properties.every((property) => property === "active");
  return isOnlyDown ? [] : [part];
}
