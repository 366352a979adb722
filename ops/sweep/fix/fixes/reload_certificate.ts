import { programsOf } from "../../../fleet/fleet.ts";
import { differsFromDisk } from "../../fleet_checks/served_certificate.ts";
import type { Fix, Treatment } from "../fix.ts";

/** Has relays read the certificate that they have on their disk. */
export const reloadCertificate: Fix = {
  check: "served-certificate",
  does:
    "Has the relay read its certificate again when it presents another than the one on its disk",
  treat: reload,
};

/** Has programs read the certificate with which they show their metrics. */
export const reloadMetricsCertificate: Fix = {
  check: "served-metrics-certificate",
  does:
    "Has the program read its certificates again when it presents another than the one on its " +
    "disk",
  treat: reload,
};

function reload(
  ...[{ subject, value }, { host }]: Parameters<Fix["treat"]>
): Treatment | undefined {
  if (!value.startsWith(differsFromDisk)) return undefined;
  const program = programsOf(host).find((name) => name === subject);
  if (program === undefined || program === "application") return undefined;
  return { mend: { reload: program } };
}
