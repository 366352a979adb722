import type { FleetCheck } from "../check.ts";
import { credentials } from "./credentials.ts";
import { servedCertificate } from "./served_certificate.ts";
import { services } from "./services.ts";
import { tunnelProbe, tunnelRoundTrip } from "./tunnel_probe.ts";

/** All checks for which more than one host's answer is needed, in the order of their findings. */
export const fleetChecks: readonly FleetCheck[] = [
  services,
  servedCertificate,
  tunnelProbe,
  tunnelRoundTrip,
  credentials,
];
