import { hostPaths } from "../host_paths.ts";
import type { ProgramName } from "./fleet.ts";

/** The configuration file of a program; the application has arguments instead. */
export function configFileOf(program: Exclude<ProgramName, "application">): string {
  return `${hostPaths.config}/${program}.json`;
}

/** Certificate and key of a program on its host. */
export function tlsFilesOf(program: Exclude<ProgramName, "application">): {
  readonly certificateFile: string;
  readonly keyFile: string;
} {
  return {
    certificateFile: `${hostPaths.tls}/${program}.pem`,
    keyFile: `${hostPaths.tls}/${program}.key`,
  };
}

/** Certificate and key with which a host's programs show their metrics. */
export const metricsTlsFiles = {
  certificateFile: `${hostPaths.tls}/metrics.pem`,
  keyFile: `${hostPaths.tls}/metrics.key`,
} as const;

/** The authority that all programs of the fleet trust. */
export const authorityFile = `${hostPaths.tls}/ca.pem`;

/** The key of the Retry tokens that the fleet's relays share. */
export const retryKeyFile = `${hostPaths.tls}/retry.key`;
