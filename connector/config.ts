import manifest from "../deno.json" with { type: "json" };
import { ConfigError } from "../tunnel/errors.ts";
import type { LogLevel } from "../tunnel/log.ts";
import { defineProgram, type OptionValues, parseOptions } from "../tunnel/options.ts";
import { quote } from "../tunnel/printable.ts";
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
} from "../tunnel/program_options.ts";
import type { TlsIdentity } from "../tunnel/quic/tls_config.ts";
import { encodeServiceId } from "../tunnel/wire/datagram_message.ts";
import { parseIpv4Address } from "../tunnel/wire/ipv4.ts";
import { isWireError } from "../tunnel/wire/wire_error.ts";
import { connectorLimits } from "./limits.ts";
import { chooseServices, type ServiceConfig, serviceProtocols } from "./service_config.ts";
import { hostKind, parseHost, parseTarget, type Target, TargetProblem } from "./target.ts";

/** The version of this checkout. */
export const version = (manifest as { readonly version?: string }).version ?? "0.0.0";

/**
 * The name in relays' certificates for those who reach them by a number: existing agents expect it
 * (protocol section 1.1), so every relay's certificate carries it.
 */
export const defaultServerName = "ztna-server";

/** A connector's configuration, checked and complete. */
export interface ConnectorConfig {
  /** The relay. */
  readonly server: Target;
  /** The name that the relay's certificate must carry. */
  readonly serverName: string;
  /** PEM file of the authorities that are trusted beside the system's. */
  readonly caFile?: string | undefined;
  /** Whether the relay's chain and name must be valid. */
  readonly verifyPeer: boolean;
  /** The certificate that the connector presents. */
  readonly identity?: TlsIdentity | undefined;
  /** At least one; IDs differ. */
  readonly services: readonly ServiceConfig[];
  /** Most UDP flows of all services together. */
  readonly maxUdpFlows?: number | undefined;
  /** Where the admin endpoints listen; port 0 takes any free one. No admin endpoints without it. */
  readonly admin?: { readonly hostname: string; readonly port: number } | undefined;
  /** Where metrics are served over TLS; nowhere without it. */
  readonly metricsListener?: MetricsListenerConfig | undefined;
  /** The certificate for direct connections, which this version checks but does not use. */
  readonly p2pIdentity?: TlsIdentity | undefined;
  readonly logLevel: LogLevel;
}

function checkTarget(text: string): string | undefined {
  const target = parseTarget(text);
  return target instanceof TargetProblem ? `it ${target.rule}` : undefined;
}

function checkHost(text: string): string | undefined {
  const host = parseHost(text);
  return host instanceof TargetProblem ? `it ${host.rule}` : undefined;
}

function checkServerName(text: string): string | undefined {
  return checkHost(text) ??
    (hostKind(text) === "name" ? undefined : "it must be a name, not an address");
}

function checkIpv4(text: string): string | undefined {
  return parseIpv4Address(text) === undefined ? "it must be an IPv4 address" : undefined;
}

function checkServiceId(text: string): string | undefined {
  const bytes = encodeServiceId(text);
  return isWireError(bytes) ? "it must have at most 255 bytes of UTF-8" : undefined;
}

/** The connector's command line and configuration file; the reference's, and ours after them. */
export const connectorProgram = defineProgram({
  name: "deno task connector",
  summary: "The connector: registers services with a relay and forwards their packets to backends",
  version,
  configFiles: ["/etc/ztna/connector.json", "connector.json"],
  options: {
    server: {
      type: "host_port",
      keys: { hostname: "intermediate_server.host", port: "intermediate_server.port" },
      flag: "--server",
      defaultPort: 4433,
      default: { hostname: "127.0.0.1", port: 4433 },
      help: "The relay, by name or by address",
      group: "Relay",
      legacy: "The reference takes numeric addresses only",
    },
    serverName: {
      type: "string",
      key: "intermediate_server.server_name",
      flag: "--server-name",
      placeholder: "NAME",
      check: checkServerName,
      help:
        `The name that the relay's certificate must carry; without it the host of --server, or ${defaultServerName} when that is an address`,
      group: "Relay",
    },
    caCert: {
      type: "string",
      key: "ca_cert",
      flag: "--ca-cert",
      placeholder: "FILE",
      help: "Certificates of authorities that are trusted beside the system's (PEM)",
      group: "Relay",
    },
    verifyPeer: {
      type: "boolean",
      key: "verify_peer",
      flag: "--verify-peer",
      default: true,
      help: "Check the relay's certificate and its name; without this, anybody can be the relay",
      group: "Relay",
      legacy: "The reference checks the chain and no name",
    },
    clientCert: {
      type: "string",
      key: "client_cert",
      flag: "--client-cert",
      placeholder: "FILE",
      help: "This connector's certificate, with its chain after it (PEM)",
      group: "Relay",
    },
    clientKey: {
      type: "string",
      key: "client_key",
      flag: "--client-key",
      placeholder: "FILE",
      help: "The key of this connector's certificate (PEM)",
      group: "Relay",
    },
    services: {
      type: "objects",
      key: "services",
      fields: {
        id: {
          type: "string",
          required: true,
          check: checkServiceId,
          help: "Service ID that agents ask for",
        },
        backend: {
          type: "string",
          check: checkTarget,
          placeholder: "HOST:PORT",
          help: "Where its packets go: a name, an IPv4 or an [IPv6] address",
        },
        protocol: {
          type: "choice",
          choices: serviceProtocols,
          help: "What is forwarded; pings are answered all the same",
        },
        service_ip: {
          type: "string",
          check: checkIpv4,
          placeholder: "IPv4",
          help: "The only destination address that is served",
        },
      },
      help: "The services, each with a relay connection of its own",
      group: "Services",
      legacy: "The reference uses the first one and ignores its protocol",
    },
    service: {
      type: "string",
      flag: "--service",
      placeholder: "ID",
      check: checkServiceId,
      help: "Provide one service; of several in the file, the one of this ID",
      group: "Services",
    },
    forward: {
      type: "string",
      flag: "--forward",
      placeholder: "HOST:PORT",
      check: checkTarget,
      help: "Where the packets of that one service go",
      group: "Services",
    },
    serviceIp: {
      type: "string",
      flag: "--service-ip",
      placeholder: "IPv4",
      check: checkIpv4,
      help: "The only destination address that the one service serves",
      group: "Services",
      legacy: "The reference ignores what is no address, and checks TCP connects only",
    },
    maxUdpFlows: {
      type: "integer",
      key: "max_udp_flows",
      flag: "--max-udp-flows",
      min: 1,
      max: 60_000,
      default: connectorLimits.udpFlows,
      help: "Most UDP flows of all services together, each with a socket; the oldest make room",
      group: "Services",
    },
    p2pCert: {
      type: "string",
      key: "p2p.cert",
      flag: "--p2p-cert",
      placeholder: "FILE",
      help: "Certificate for direct connections, which this version does not offer yet (PEM)",
      group: "Direct connections",
    },
    p2pKey: {
      type: "string",
      key: "p2p.key",
      flag: "--p2p-key",
      placeholder: "FILE",
      help: "The key of that certificate (PEM)",
      group: "Direct connections",
    },
    p2pPort: {
      type: "port",
      key: "p2p.port",
      flag: "--p2p-listen-port",
      default: 4434,
      help: "UDP port for direct connections; not bound by this version",
      group: "Direct connections",
    },
    externalIp: {
      type: "string",
      flag: "--external-ip",
      placeholder: "ADDRESS",
      check: checkAddress,
      help: "Address at which agents reach this connector directly",
      group: "Direct connections",
      legacy: "The reference ignores what is no address",
    },
    metricsPort: { ...metricsPortOption, default: 9091 },
    metricsBind: { ...metricsBindOption, legacy: "The reference listens on all addresses" },
    ...metricsTlsOptions,
    metricsTlsPort: { ...metricsTlsPortOption, default: 9491 },
    logLevel: logLevelOption,
  },
});

/**
 * Reads the connector's command line and configuration file.
 *
 * @param readFile As for `parseOptions`.
 * @throws ConfigError with one line for each mistake.
 */
export function readConnectorCommand(
  argv: readonly string[],
  readFile?: (path: string) => Uint8Array,
): ProgramCommand<ConnectorConfig> {
  const parsed = parseOptions(connectorProgram, argv, readFile);
  if (parsed.kind !== "run") return parsed;
  const { values } = parsed;
  const mistakes: string[] = [];
  const services = chooseServices(values, mistakes);
  const server = relayOf(values, mistakes);
  const identity = pairOf(
    values.clientCert,
    values.clientKey,
    ["--client-cert", "--client-key"],
    mistakes,
  );
  const p2pIdentity = pairOf(values.p2pCert, values.p2pKey, ["--p2p-cert", "--p2p-key"], mistakes);
  const metricsListener = metricsListenerOf(values, mistakes);
  if (mistakes.length > 0) throw new ConfigError(mistakes.join("\n"));
  return {
    kind: "run",
    configFile: parsed.configFile,
    config: {
      server,
      serverName: values.serverName?.toLowerCase() ??
        (hostKind(server.host) === "name" ? server.host : defaultServerName),
      caFile: values.caCert,
      verifyPeer: values.verifyPeer,
      identity,
      services,
      maxUdpFlows: values.maxUdpFlows,
      admin: adminAddressOf(values),
      metricsListener,
      p2pIdentity,
      logLevel: values.logLevel,
    },
  };
}

type Values = OptionValues<typeof connectorProgram.options>;

function relayOf({ server }: Values, mistakes: string[]): Target {
  const host = parseHost(server.hostname);
  if (!(host instanceof TargetProblem)) return { host, port: server.port };
  mistakes.push(
    `Cannot use the relay's host (--server, "intermediate_server.host") as it ${host.rule}: ` +
      `current value is ${quote(server.hostname)}`,
  );
  return { host: "", port: server.port };
}

function pairOf(
  certificateFile: string | undefined,
  keyFile: string | undefined,
  [certificateFlag, keyFlag]: readonly [string, string],
  mistakes: string[],
): TlsIdentity | undefined {
  if (certificateFile !== undefined && keyFile !== undefined) return { certificateFile, keyFile };
  if (certificateFile === undefined && keyFile === undefined) return undefined;
  const [given, missing] = keyFile === undefined
    ? [certificateFlag, keyFlag]
    : [keyFlag, certificateFlag];
  mistakes.push(
    `Cannot use "${given}" as a certificate and its key come together: give "${missing}", too`,
  );
  return undefined;
}
