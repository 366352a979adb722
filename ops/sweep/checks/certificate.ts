import { isIP } from "node:net";
import { certificateRequestOf } from "../../fleet/credentials.ts";
import type { FleetHost } from "../../fleet/fleet.ts";
import { authorityFile } from "../../fleet/program_files.ts";
import type { HostCheck, HostView } from "../check.ts";
import { type TlsFacts, type TlsPair, tlsPairsOf } from "../facts/tls.ts";
import { fine, type Verdict } from "../finding.ts";
import { type HostCertificate, isSameDer, readCertificates } from "../host_certificate.ts";
import { judge } from "../judge.ts";
import { forHost } from "./host_commands.ts";

const dayMs = 86_400_000;

/** The certificates that a host has on its disk. */
export const certificate: HostCheck = {
  id: "certificate",
  looksAt: "Whether each certificate on the host's disk is the authority's, names what it must, " +
    "belongs to its key, and when it expires",
  threshold: "certificateExpiry",

  evaluate(view): Verdict[] {
    const { tls } = view.facts;
    const pairs = tlsPairsOf(view.host);
    if (tls === undefined || pairs.length === 0) return [];
    const authorities = readCertificates(tls.certificates[authorityFile] ?? "");
    return [
      authorityVerdict(view, authorities),
      ...pairs.map((pair) => pairVerdict(view, tls, pair, authorities)),
    ];
  },
};

/**
 * What is wrong with a certificate apart from its age; `undefined` when that is nothing.
 *
 * @param authorities Those that the host trusts.
 */
export function certificateFault(
  host: FleetHost,
  { program, certificateFile, keyFile }: TlsPair,
  tls: TlsFacts,
  authorities: readonly HostCertificate[],
): string | undefined {
  const text = tls.certificates[certificateFile];
  if (text === undefined) return `${certificateFile} is missing`;
  const [leaf] = readCertificates(text);
  if (leaf === undefined) return `${certificateFile} is no certificate`;
  if (authorities.length > 0 && !authorities.some((authority) => leaf.isIssuedBy(authority))) {
    return `${certificateFile} is not issued by the authority in ${authorityFile}`;
  }
  const { names } = certificateRequestOf(host, program);
  // Addresses are names of the relay for other clients; ours verify the fixed name.
  const missing = names.filter((name) => isIP(name) === 0 && !leaf.dnsNames.includes(name));
  if (missing.length > 0) return `${certificateFile} lacks ${missing.join(", ")}`;
  const key = tls.publicKeys[keyFile];
  if (key !== undefined && key !== leaf.publicKey) return `${keyFile} is not its key`;
  return undefined;
}

function authorityVerdict(
  { host, authority, facts, receivedMs }: HostView,
  authorities: readonly HostCertificate[],
): Verdict {
  const subject = "authority";
  const deploy = `Deploy again: ${forHost(host, "deploy")}`;
  const [first] = authorities;
  if (first === undefined) {
    const value = `${authorityFile} is missing, or no certificate`;
    return { subject, status: "critical", value, remedy: deploy };
  }
  const [ours] = authority === undefined ? [] : readCertificates(authority);
  if (ours !== undefined && !authorities.some(({ der }) => isSameDer(der, ours.der))) {
    return {
      subject,
      status: "critical",
      value: `${authorityFile} is another than this machine has for the fleet`,
      remedy: `${deploy}; not if another machine is the one that deploys`,
    };
  }
  return ageVerdict(host, subject, first, facts.clock?.nowMs ?? receivedMs, {
    renew: "Begin with a new authority: move its files away on this machine, then " +
      "deno task deploy -i …",
  });
}

function pairVerdict(
  { host, facts, receivedMs }: HostView,
  tls: TlsFacts,
  pair: TlsPair,
  authorities: readonly HostCertificate[],
): Verdict {
  const renew = `Renew it: ${forHost(host, "deploy")}`;
  const fault = certificateFault(host, pair, tls, authorities);
  if (fault !== undefined) {
    return { subject: pair.program, status: "critical", value: fault, remedy: renew };
  }
  const [leaf] = readCertificates(tls.certificates[pair.certificateFile]!);
  return ageVerdict(host, pair.program, leaf!, facts.clock?.nowMs ?? receivedMs, { renew });
}

/**
 * How old a certificate is.
 *
 * @param nowMs The clock of whoever uses it.
 */
export function ageVerdict(
  host: FleetHost,
  subject: string,
  { notBefore, notAfter }: HostCertificate,
  nowMs: number,
  { renew }: { readonly renew: string },
): Verdict {
  const leftMs = notAfter - nowMs;
  const measure = { value: leftMs / 1000, unit: "seconds" } as const;
  const day = new Date(notAfter).toISOString().slice(0, 10);
  if (notBefore > nowMs) {
    const value = `not valid before ${new Date(notBefore).toISOString()} by the host's clock`;
    const remedy = `Set the host's clock, or renew it: ${forHost(host, "deploy")}`;
    return { subject, status: "critical", value, remedy, measure };
  }
  if (leftMs <= 0) {
    const value = `expired on ${day}`;
    return { subject, status: "critical", value, remedy: renew, measure };
  }
  const days = leftMs / dayMs;
  const status = judge(days, host.sweep.thresholds.certificateExpiry);
  const value = `expires on ${day}, in ${Math.floor(days)} days`;
  if (status === "ok") return fine(subject, value, measure);
  return { subject, status, value, remedy: renew, measure };
}
