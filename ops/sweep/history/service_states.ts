import type { Finding } from "../finding.ts";

/** How findings about a service name it: `service web`, perhaps with more words. */
const servicePattern = /^service (\S+)/;

/** The checks that tell whether a service works, the one that knows best first. */
export const serviceChecks = ["tunnel-probe", "services"] as const;

/**
 * Which services a sweep has looked at, and whether each was up: by every relay that has it, as
 * agents have one relay only. Probes through the tunnel decide; without them, whether connectors
 * have it registered. A warning is up: some loss, or a connector fewer than wanted.
 */
export function serviceStates(findings: readonly Finding[]): Map<string, boolean> {
  const byService = Map.groupBy(findings, ({ subject }) => serviceOf(subject));
  const states = new Map<string, boolean>();
  for (const [service, about] of byService) {
    if (service === undefined) continue;
    const [deciding] = serviceChecks.map((id) => about.filter(({ check }) => check === id))
      .filter((found) => found.length > 0);
    if (deciding === undefined) continue;
    states.set(service, deciding.every(({ status }) => status !== "critical"));
  }
  return states;
}

/** The service that a finding's subject is about, if any. */
export function serviceOf(subject: string): string | undefined {
  return servicePattern.exec(subject)?.[1];
}
