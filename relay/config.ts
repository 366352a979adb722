import manifest from "../deno.json" with { type: "json" };
import { ConfigError } from "../tunnel/errors.ts";
import type { LogLevel } from "../tunnel/log.ts";
import type { MetricsListenerConfig } from "../tunnel/metrics_listener.ts";
import type { ProgramCommand } from "../tunnel/program.ts";
import {
  adminAddressOf,
  checkAddress,
  logLevelOption,
  metricsBindOption,
  metricsListenerOf,
  metricsPortOption,
  metricsTlsOptions,
  metricsTlsPortOption,
  withoutBrackets,
} from "../tunnel/program_options.ts";
import { defineProgram, type OptionValues, parseOptions } from "../tunnel/options.ts";
import { maxConnections } from "../tunnel/quic/limits.ts";
import { defaultDrainTimeoutSeconds } from "./limits.ts";
import { readRetryKey } from "./retry_key.ts";

/** The version of this checkout. */
export const version = (manifest as { readonly version?: string }).version ?? "0.0.0";

/** A relay's configuration, checked and complete. */
export interface RelayConfig {
  /** Numeric addresses to bind, at least one. */
  readonly bindAddresses: readonly string[];
  /** UDP port; 0 takes any free one. */
  readonly port: number;
  /** PEM files of the relay's own certificate chain and key. */
  readonly certificateFile: string;
  readonly keyFile: string;
  /** PEM file of the authorities that issue client certificates. */
  readonly caFile?: string | undefined;
  /** The address that clients reach the relay at, behind 1:1 NAT. */
  readonly externalAddress?: string | undefined;
  /** Whether clients must present a certificate. */
  readonly requireClientCertificate: boolean;
  /** Whether clients prove their address before anything is stored for them. */
  readonly retry: boolean;
  /** 32 bytes that relays and restarts may share; random when not given. */
  readonly retryKey?: Uint8Array | undefined;
  /** Where the admin endpoints listen; port 0 takes any free one. No admin endpoints without it. */
  readonly admin?: { readonly hostname: string; readonly port: number } | undefined;
  /** Where metrics are served over TLS; nowhere without it. */
  readonly metricsListener?: MetricsListenerConfig | undefined;
  /** How long a shutdown waits for connections to end, in ms. */
  readonly drainTimeoutMs: number;
  readonly maxConnections: number;
  readonly logLevel: LogLevel;
}

function checkAddresses(text: string): string | undefined {
  return text.split(",").every((address) => checkAddress(address) === undefined)
    ? undefined
    : "it must be an IPv4 or IPv6 address, or several with commas between them";
}

/** The relay's command line and configuration file; the reference's, and ours after them. */
export const relayProgram = defineProgram({
  name: "deno task relay",
  summary: "The relay: pairs agents and connectors by service and forwards their packets",
  version,
  configFiles: ["/etc/ztna/relay.json", "/etc/ztna/intermediate.json", "intermediate.json"],
  options: {
    port: {
      type: "port",
      key: "port",
      flag: "--port",
      positional: 1,
      default: 4433,
      help: "UDP port",
      group: "Network",
    },
    certPath: {
      type: "string",
      key: "cert_path",
      flag: "--cert",
      positional: 2,
      default: "certs/cert.pem",
      placeholder: "FILE",
      help: "The relay's certificate, with its chain after it (PEM)",
      group: "Certificates",
    },
    keyPath: {
      type: "string",
      key: "key_path",
      flag: "--key",
      positional: 3,
      default: "certs/key.pem",
      placeholder: "FILE",
      help: "The key of the relay's certificate (PEM)",
      group: "Certificates",
    },
    bindAddr: {
      type: "string",
      key: "bind_addr",
      flag: "--bind",
      positional: 4,
      default: "0.0.0.0",
      placeholder: "ADDRESS,…",
      check: checkAddresses,
      help: "Address to listen on, or several; :: takes IPv4 clients as well",
      group: "Network",
    },
    externalIp: {
      type: "string",
      key: "external_ip",
      flag: "--external-ip",
      positional: 5,
      placeholder: "ADDRESS",
      check: checkAddress,
      help: "Address that clients reach the relay at, behind 1:1 NAT",
      group: "Network",
    },
    caCertPath: {
      type: "string",
      key: "ca_cert_path",
      flag: "--ca-cert",
      placeholder: "FILE",
      help: "Certificates of the authorities that issue client certificates (PEM)",
      group: "Certificates",
    },
    verifyPeer: {
      type: "boolean",
      key: "verify_peer",
      flag: "--verify-peer",
      default: true,
      help: "Ask clients for a certificate; without this, none can be required",
      group: "Certificates",
    },
    requireClientCert: {
      type: "boolean",
      key: "require_client_cert",
      flag: "--require-client-cert",
      default: true,
      help: "Admit only clients with a certificate; without this, anybody may use everything",
      group: "Certificates",
      legacy: "The reference's default is false",
    },
    disableRetry: {
      type: "boolean",
      key: "disable_retry",
      flag: "--disable-retry",
      default: false,
      help: "Accept clients without proof of their address",
      group: "Network",
    },
    retryKeyPath: {
      type: "string",
      key: "retry_key_path",
      flag: "--retry-key",
      placeholder: "FILE",
      help:
        "32 bytes, or 64 hexadecimal digits, that relays and restarts share, so that they accept each other's address proofs and end connections that a crash has left; random without it",
      group: "Network",
    },
    maxConnections: {
      type: "integer",
      key: "max_connections",
      flag: "--max-connections",
      min: 1,
      max: 1_000_000,
      default: maxConnections,
      help: "Most connections at a time on each address",
      group: "Network",
    },
    metricsPort: { ...metricsPortOption, default: 9090 },
    metricsBind: { ...metricsBindOption, legacy: "The reference listens on bind_addr" },
    ...metricsTlsOptions,
    metricsTlsPort: { ...metricsTlsPortOption, default: 9490 },
    drainTimeout: {
      type: "number",
      key: "drain_timeout",
      flag: "--drain-timeout",
      max: 3600,
      default: defaultDrainTimeoutSeconds,
      placeholder: "SECONDS",
      help: "How long a shutdown waits for connections to end",
      group: "Operation",
    },
    logLevel: logLevelOption,
  },
});

/**
 * Reads the relay's command line, its configuration file and the retry key.
 *
 * @param readFile As for `parseOptions`; the retry key is read with it too.
 * @throws ConfigError with one line for each mistake.
 */
export function readRelayCommand(
  argv: readonly string[],
  readFile?: (path: string) => Uint8Array,
): ProgramCommand<RelayConfig> {
  const parsed = parseOptions(relayProgram, argv, readFile);
  if (parsed.kind !== "run") return parsed;
  const mistakes = contradictions(parsed.values, parsed.sources.requireClientCert === "default");
  let retryKey: Uint8Array | undefined;
  try {
    retryKey = parsed.values.retryKeyPath === undefined
      ? undefined
      : readRetryKey(parsed.values.retryKeyPath, readFile);
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    mistakes.push(error.message);
  }
  const metricsListener = metricsListenerOf(parsed.values, mistakes);
  if (mistakes.length > 0) throw new ConfigError(mistakes.join("\n"));
  return {
    kind: "run",
    config: { ...configOf(parsed.values, retryKey), metricsListener },
    configFile: parsed.configFile,
  };
}

type Values = OptionValues<typeof relayProgram.options>;

const openDoor =
  'write "--no-require-client-cert" (or "require_client_cert": false in the configuration file) ' +
  "to admit every client to every service";

function contradictions(values: Values, isRequiredByDefault: boolean): string[] {
  if (!values.requireClientCert) return [];
  const required = isRequiredByDefault ? "true by default" : "true";
  if (!values.verifyPeer) {
    return [
      `Cannot turn off "verify_peer" as client certificates are required: current value of ` +
      `"require_client_cert" is ${required}; leave "verify_peer" on, or ${openDoor}`,
    ];
  }
  if (values.caCertPath === undefined) {
    return [
      `Cannot require client certificates as their authority must be known: current value of ` +
      `"require_client_cert" is ${required}, and of "ca_cert_path" none; name the file with ` +
      `"--ca-cert" (or "ca_cert_path" in the configuration file), or ${openDoor}`,
    ];
  }
  return [];
}

function configOf(values: Values, retryKey: Uint8Array | undefined): RelayConfig {
  const { externalIp } = values;
  return {
    bindAddresses: values.bindAddr.split(",").map(withoutBrackets),
    port: values.port,
    certificateFile: values.certPath,
    keyFile: values.keyPath,
    caFile: values.verifyPeer ? values.caCertPath : undefined,
    externalAddress: externalIp === undefined ? undefined : withoutBrackets(externalIp),
    requireClientCertificate: values.requireClientCert,
    retry: !values.disableRetry,
    retryKey,
    admin: adminAddressOf(values),
    drainTimeoutMs: values.drainTimeout * 1000,
    maxConnections: values.maxConnections,
    logLevel: values.logLevel,
  };
}
