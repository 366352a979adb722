import { internal } from "./checks/answer_checks.ts";
import type { Finding } from "./finding.ts";
import { servedCertificate, servedMetricsCertificate } from "./fleet_checks/served_certificate.ts";
import { tunnelProbe, tunnelRoundTrip } from "./fleet_checks/tunnel_probe.ts";
import type { TunnelLook } from "./tunnels/tunnel_look.ts";

/** The checks for which this machine looks at tunnels. */
const tunnelChecks = [servedCertificate, servedMetricsCertificate, tunnelProbe, tunnelRoundTrip];

/**
 * The checks that a sweep has not made, or of a part of their subjects only: what they have not
 * found may still be there.
 *
 * @param tunnels What the sweep has seen of tunnels; `undefined` when it was not to look.
 * @returns IDs.
 */
export function partialChecks(
  findings: readonly Finding[],
  tunnels: TunnelLook | undefined,
): ReadonlySet<string> {
  const failed = findings.filter(({ check }) => check === internal.id)
    .map(({ subject }) => subject);
  const hasAllTunnels = tunnels !== undefined && tunnels.unavailable === undefined &&
    tunnels.omitted === 0;
  return new Set([...failed, ...hasAllTunnels ? [] : tunnelChecks.map(({ id }) => id)]);
}
