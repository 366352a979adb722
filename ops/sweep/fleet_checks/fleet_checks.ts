import type { CheckDeclaration, FleetCheck } from "../check.ts";
import { answerChecks } from "../checks/answer_checks.ts";
import { hostChecks } from "../checks/host_checks.ts";
import { credentials } from "./credentials.ts";
import { servedCertificate, servedMetricsCertificate } from "./served_certificate.ts";
import { services } from "./services.ts";
import { silencesCheck } from "./silences.ts";
import { tunnelProbe, tunnelRoundTrip } from "./tunnel_probe.ts";

/** All checks for which more than one host's answer is needed, in the order of their findings. */
export const fleetChecks: readonly FleetCheck[] = [
  services,
  servedCertificate,
  servedMetricsCertificate,
  tunnelProbe,
  tunnelRoundTrip,
  credentials,
  silencesCheck(() => sweepChecks()),
];

/** Everything that a finding can be of. */
export function sweepChecks(): readonly CheckDeclaration[] {
  return [...answerChecks, ...hostChecks, ...fleetChecks];
}
