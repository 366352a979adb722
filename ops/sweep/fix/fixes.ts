import type { Fix } from "./fix.ts";
import { endDrain } from "./fixes/end_drain.ts";
import { protectKeys } from "./fixes/protect_keys.ts";
import { pruneReleaseFiles, pruneReleases } from "./fixes/prune_releases.ts";
import { reloadCertificate, reloadMetricsCertificate } from "./fixes/reload_certificate.ts";
import { renewCertificate } from "./fixes/renew_certificate.ts";
import { setUdpBuffers } from "./fixes/set_udp_buffers.ts";
import { startUnit } from "./fixes/start_unit.ts";

/** All fixes; a check has one at most. How a host differs from the plan is mended by a deploy. */
export const allFixes: readonly Fix[] = [
  pruneReleases,
  pruneReleaseFiles,
  setUdpBuffers,
  startUnit,
  endDrain,
  renewCertificate,
  reloadCertificate,
  reloadMetricsCertificate,
  protectKeys,
];
