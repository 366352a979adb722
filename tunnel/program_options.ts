import { isIP } from "node:net";
import { logLevels } from "./log.ts";
import type { SocketAddress } from "./quic/address.ts";

/** Removes the brackets of an IPv6 address: the reference needs them (fault LR29), we do not. */
export function withoutBrackets(address: string): string {
  return address.replace(/^\[(.*)\]$/, "$1");
}

/** Says what is wrong with an address in an option, if anything is. */
export function checkAddress(text: string): string | undefined {
  return isIP(withoutBrackets(text)) === 0 ? "it must be an IPv4 or IPv6 address" : undefined;
}

/** Where a program's admin endpoints are. */
export const metricsBindOption = {
  type: "string",
  key: "metrics_bind",
  flag: "--metrics-bind",
  default: "127.0.0.1",
  placeholder: "ADDRESS",
  check: checkAddress,
  help: "Address of these endpoints, which know no authentication",
  group: "Operation",
} as const;

/** The port of a program's admin endpoints; each program adds its default. */
export const metricsPortOption = {
  type: "port",
  key: "metrics_port",
  flag: "--metrics-port",
  help: "TCP port of /healthz, /readyz, /metrics and /status; 0 turns them off",
  group: "Operation",
} as const;

/** How much a program logs. */
export const logLevelOption = {
  type: "choice",
  key: "log_level",
  flag: "--log-level",
  choices: logLevels,
  default: "info",
  help: "Least gravity of what is logged",
  group: "Operation",
} as const;

/** The address that the two options say; `undefined` when the endpoints are off. */
export function adminAddressOf(
  values: { readonly metricsBind: string; readonly metricsPort: number },
): SocketAddress | undefined {
  const { metricsBind, metricsPort } = values;
  if (metricsPort === 0) return undefined;
  return { hostname: withoutBrackets(metricsBind), port: metricsPort };
}
