import type { Finding } from "../finding.ts";

/** How findings about a service call it: `service web`. */
const servicePattern = /^service (\S+)$/;

/** The check that sends packets to a service: it knows best. */
const probeCheck = "tunnel-probe";

/**
 * Which services a sweep has looked at, and whether each was up. A probe through the tunnel decides;
 * without one, a service is up as long as somebody has it registered. A warning is up: slow, or
 * with one relay fewer than wanted.
 */
export function serviceStates(findings: readonly Finding[]): Map<string, boolean> {
  const byService = Map.groupBy(findings, ({ subject }) => servicePattern.exec(subject)?.[1]);
  const states = new Map<string, boolean>();
  for (const [service, about] of byService) {
    if (service === undefined) continue;
    const isUp = ({ status }: Finding): boolean => status !== "critical";
    const probes = about.filter(({ check }) => check === probeCheck);
    states.set(service, probes.length > 0 ? probes.every(isUp) : about.some(isUp));
  }
  return states;
}
