import { isIP } from "node:net";
import { logLevels } from "./log.ts";
import type { MetricsListenerConfig } from "./metrics_listener.ts";
import { checkMetricsClient, defaultMetricsClient } from "./metrics_request.ts";
import type { OptionValues } from "./options.ts";
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

/** Where a program shows its metrics over TLS, and to whom; each program adds its default port. */
export const metricsTlsOptions = {
  metricsTlsBind: {
    type: "string",
    key: "metrics_tls_bind",
    flag: "--metrics-tls-bind",
    placeholder: "ADDRESS",
    check: checkAddress,
    help: "Address at which /metrics is served to Prometheus over TLS; off without it",
    group: "Monitoring",
  },
  metricsTlsCert: {
    type: "string",
    key: "metrics_tls_cert",
    flag: "--metrics-tls-cert",
    placeholder: "FILE",
    help: "The certificate that is shown there, with its chain after it (PEM)",
    group: "Monitoring",
  },
  metricsTlsKey: {
    type: "string",
    key: "metrics_tls_key",
    flag: "--metrics-tls-key",
    placeholder: "FILE",
    help: "The key of that certificate (PEM)",
    group: "Monitoring",
  },
  metricsTlsCa: {
    type: "string",
    key: "metrics_tls_ca",
    flag: "--metrics-tls-ca",
    placeholder: "FILE",
    help: "Certificates of the authorities that issue Prometheus' certificate (PEM)",
    group: "Monitoring",
  },
  metricsTlsClient: {
    type: "string",
    key: "metrics_tls_client",
    flag: "--metrics-tls-client",
    placeholder: "NAME",
    default: defaultMetricsClient,
    check: checkMetricsClient,
    help: "Who may read them: whose certificate has the name metrics.NAME.ztna",
    group: "Monitoring",
  },
} as const;

/** The port of that listener; each program adds its default. */
export const metricsTlsPortOption = {
  type: "port",
  key: "metrics_tls_port",
  flag: "--metrics-tls-port",
  help: "TCP port of that listener",
  group: "Monitoring",
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

/**
 * The listener that the options describe; `undefined` when it is off.
 *
 * @param mistakes Gets one message for each option that it lacks.
 */
export function metricsListenerOf(
  values: OptionValues<typeof metricsTlsOptions> & { readonly metricsTlsPort: number },
  mistakes: string[],
): MetricsListenerConfig | undefined {
  const { metricsTlsBind, metricsTlsPort, metricsTlsClient } = values;
  if (metricsTlsBind === undefined) return undefined;
  const fileOf = (name: "metricsTlsCert" | "metricsTlsKey" | "metricsTlsCa"): string => {
    const file = values[name];
    const { flag, key, help } = metricsTlsOptions[name];
    if (file === undefined) {
      mistakes.push(
        `Cannot serve metrics over TLS ("--metrics-tls-bind", "metrics_tls_bind") as "${flag}" ` +
          `("${key}") must be given, too: ${help}`,
      );
    }
    return file ?? "";
  };
  return {
    hostname: withoutBrackets(metricsTlsBind),
    port: metricsTlsPort,
    certificateFile: fileOf("metricsTlsCert"),
    keyFile: fileOf("metricsTlsKey"),
    caFile: fileOf("metricsTlsCa"),
    client: metricsTlsClient,
  };
}
