import type { HostCheck } from "../check.ts";
import { certificate } from "./certificate.ts";
import { clockSkew } from "./clock_skew.ts";
import { configuration } from "./configuration.ts";
import { diskSpace, inodes, readOnlyDisk } from "./disk_space.ts";
import { drain } from "./drain.ts";
import { exposure } from "./exposure.ts";
import { fileDescriptors } from "./file_descriptors.ts";
import { journalErrors } from "./journal_errors.ts";
import { keyPermissions } from "./key_permissions.ts";
import { load } from "./load.ts";
import { memory, memoryKills, memoryPressure } from "./memory.ts";
import { pendingReboot, pendingRestart } from "./pending_reboot.ts";
import { ports } from "./ports.ts";
import { privileges } from "./privileges.ts";
import { healthz, readyz } from "./ready.ts";
import { release, releaseAge, unfinishedRun } from "./release.ts";
import { restarts } from "./restarts.ts";
import { udpBuffers } from "./udp_buffers.ts";
import { udpErrors } from "./udp_errors.ts";
import { unit } from "./unit.ts";
import { uplinks } from "./uplinks.ts";

/** All checks of a host by its answer, in the order in which they are shown. */
export const hostChecks: readonly HostCheck[] = [
  privileges,
  clockSkew,
  diskSpace,
  inodes,
  readOnlyDisk,
  memory,
  memoryPressure,
  memoryKills,
  load,
  fileDescriptors,
  udpBuffers,
  udpErrors,
  ports,
  exposure,
  journalErrors,
  pendingReboot,
  pendingRestart,
  unit,
  restarts,
  healthz,
  readyz,
  drain,
  uplinks,
  release,
  releaseAge,
  unfinishedRun,
  certificate,
  keyPermissions,
  configuration,
];
