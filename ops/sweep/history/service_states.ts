import type { Finding } from "../finding.ts";

/** How findings about a service name it: `service web`, perhaps with more words. */
const servicePattern = /^service (\S+)/;

/** The check that sends packets to a service: it knows best. */
const probeCheck = "tunnel-probe";

/**
 * Which services a sweep has looked at, and whether each was up. A probe through the tunnel decides;
 * without one, a service is up as long as somebody has it registered. A warning is up: slow, or
 * with one relay fewer than wanted.
 */
export function serviceStates(findings: readonly Finding[]): Map<string, boolean> {
  const byService = Map.groupBy(findings, ({ subject }) => serviceOf(subject));
  const states = new Map<string, boolean>();
  for (const [service, about] of byService) {
    if (service === undefined) continue;
    const isUp = ({ status }: Finding): boolean => status !== "critical";
    const probes = about.filter(({ check }) => check === probeCheck);
    states.set(service, probes.length > 0 ? probes.every(isUp) : about.some(isUp));
  }
  return states;
}

/** The service that a finding's subject is about, if any. */
export function serviceOf(subject: string): string | undefined {
  return servicePattern.exec(subject)?.[1];
}
