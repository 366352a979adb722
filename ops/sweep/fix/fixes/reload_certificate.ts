import { differsFromDisk } from "../../fleet_checks/served_certificate.ts";
import type { Fix } from "../fix.ts";

/** Has relays read the certificate that they have on their disk. */
export const reloadCertificate: Fix = {
  check: "served-certificate",
  does:
    "Has the relay read its certificate again when it presents another than the one on its disk",

  treat: ({ value }) =>
    value.startsWith(differsFromDisk) ? { mend: { reload: "relay" } } : undefined,
};
