import { ConfigError } from "../../tunnel/errors.ts";
import { defineProgram, type HostPort, parseOptions } from "../../tunnel/options.ts";
import type { TlsIdentity } from "../../tunnel/quic/tls_config.ts";
import { checkout, checkoutVersion } from "../checkout.ts";
import { inventoryOptions } from "../inventory_options.ts";
import { type LossLimit, parseLossLimit } from "./loss_limit.ts";
import { maximumPayloadBytes, minimumPayloadBytes } from "./payload.ts";
import { defaultDestination, type InnerAddress, type ProbeProtocol } from "./probe_flow.ts";

/** A command line, checked. What was not given, and has no default, is `undefined`. */
export interface ProbeArguments {
  /** Where the inventory of the fleet to probe is; empty for none. */
  readonly inventory: readonly string[];
  /** With an inventory, its host name is that of a host there. */
  readonly relay: HostPort | undefined;
  readonly serviceId: string | undefined;
  readonly serverName: string | undefined;
  readonly verifyPeer: boolean;
  readonly caFile: string | undefined;
  readonly identity: TlsIdentity | undefined;
  readonly protocol: ProbeProtocol;
  /** `durationMs` or `count` is given. */
  readonly count: number | undefined;
  readonly durationMs: number | undefined;
  readonly intervalMs: number;
  readonly payloadBytes: number;
  readonly destination: InnerAddress;
  readonly lingerMs: number;
  readonly lossLimit: LossLimit;
  readonly json: boolean;
}

/** What a command line asks for. */
export type ProbeCommand =
  | { readonly kind: "run"; readonly arguments: ProbeArguments }
  /** Print `text`. */
  | { readonly kind: "help" | "version"; readonly text: string };

const defaultCount = 100;

function checkProtocol(text: string): string | undefined {
  if (text === "udp" || text === "icmp") return undefined;
  return text === "tcp"
    ? `it must be "udp" or "icmp" in this version, TCP comes with a later one`
    : `it must be "udp" or "icmp"`;
}

function checkLossLimit(text: string): string | undefined {
  return parseLossLimit(text) === undefined
    ? `it must be a number of packets or a percentage such as "0.5%"`
    : undefined;
}

/** The probe's command line. */
export const probeProgram = defineProgram({
  name: "deno task probe",
  summary: "A synthetic agent: sends numbered packets through the tunnel and counts what comes " +
    "back.\nExit code: 0 done, 1 more loss than --max-loss or refused by the relay, " +
    "2 wrong usage, 4 relay unreachable, 130 interrupted",
  version: checkoutVersion(checkout),
  options: {
    inventory: {
      ...inventoryOptions.inventory,
      group: "Where",
      help: "Inventory of the fleet to probe: --relay is one of its hosts then, and certificates " +
        "are the fleet's",
    },
    relay: {
      type: "host_port",
      flag: "--relay",
      defaultPort: 4433,
      group: "Where",
      help: "The relay; without it, the first one of the inventory, or the local deployment",
    },
    service: {
      type: "string",
      flag: "--service",
      placeholder: "ID",
      group: "Where",
      help: "The service to reach",
    },
    destination: {
      type: "host_port",
      flag: "--destination",
      defaultPort: defaultDestination.port,
      default: { hostname: defaultDestination.address, port: defaultDestination.port },
      group: "Where",
      help: "Address and port inside the tunnel that packets are sent to",
    },
    protocol: {
      type: "string",
      flag: "--proto",
      placeholder: "udp|icmp",
      default: "udp",
      check: checkProtocol,
      group: "What",
      help: "UDP datagrams or ICMP echo requests",
    },
    count: {
      type: "integer",
      flag: "--count",
      min: 1,
      group: "What",
      help: `Packets to send (${defaultCount} when there is no --duration either)`,
    },
    duration: {
      type: "number",
      flag: "--duration",
      placeholder: "SECONDS",
      min: 0.001,
      max: 31_536_000,
      group: "What",
      help: "How long to send; with --count, whichever is over first",
    },
    rate: {
      type: "number",
      flag: "--rate",
      min: 0.001,
      max: 1_000_000,
      default: 20,
      group: "What",
      help: "Packets per second",
    },
    size: {
      type: "integer",
      flag: "--size",
      placeholder: "BYTES",
      min: minimumPayloadBytes,
      max: maximumPayloadBytes,
      default: 64,
      group: "What",
      help: "Payload of each packet, without IP, UDP and ICMP headers",
    },
    wait: {
      type: "number",
      flag: "--wait",
      placeholder: "SECONDS",
      min: 0.001,
      max: 60,
      default: 3,
      group: "Result",
      help: "A reply that takes longer counts as lost",
    },
    maxLoss: {
      type: "string",
      flag: "--max-loss",
      placeholder: "COUNT|PERCENT%",
      default: "0",
      check: checkLossLimit,
      group: "Result",
      help: "Loss that is still a success",
    },
    json: {
      type: "boolean",
      flag: "--json",
      default: false,
      group: "Result",
      help: "Print the report as JSON",
    },
    caFile: {
      type: "string",
      flag: "--ca",
      placeholder: "FILE",
      group: "Certificates",
      help: "PEM file of the authorities that may have issued the relay's certificate",
    },
    certificateFile: {
      type: "string",
      flag: "--cert",
      placeholder: "FILE",
      group: "Certificates",
      help: "PEM file of our own certificate, which must allow the service",
    },
    keyFile: {
      type: "string",
      flag: "--key",
      placeholder: "FILE",
      group: "Certificates",
      help: "PEM file of its private key",
    },
    serverName: {
      type: "string",
      flag: "--server-name",
      placeholder: "NAME",
      group: "Certificates",
      help:
        "The name that the relay's certificate must carry (default: the host name of --relay; " +
        "ztna-server when that is an address)",
    },
    verifyPeer: {
      type: "boolean",
      flag: "--verify-peer",
      default: true,
      group: "Certificates",
      help: "Check the relay's certificate",
    },
  },
});

/**
 * Reads the probe's command line.
 *
 * @throws {ConfigError} with one line for each mistake.
 */
export function readProbeCommand(argv: readonly string[]): ProbeCommand {
  const parsed = parseOptions(probeProgram, argv);
  if (parsed.kind !== "run") return parsed;
  const { values } = parsed;
  const { certificateFile, keyFile, destination } = values;
  if ((certificateFile === undefined) !== (keyFile === undefined)) {
    const [given, missing] = keyFile === undefined ? ["--cert", "--key"] : ["--key", "--cert"];
    throw new ConfigError(
      `Cannot use "${given}" alone as a certificate needs its key: give "${missing}" too`,
    );
  }
  const durationMs = values.duration === undefined ? undefined : values.duration * 1000;
  return {
    kind: "run",
    arguments: {
      inventory: values.inventory,
      relay: values.relay,
      serviceId: values.service,
      serverName: values.serverName,
      verifyPeer: values.verifyPeer,
      caFile: values.caFile,
      identity: certificateFile === undefined || keyFile === undefined
        ? undefined
        : { certificateFile, keyFile },
      protocol: values.protocol === "icmp" ? "icmp" : "udp",
      count: values.count ?? (durationMs === undefined ? defaultCount : undefined),
      durationMs,
      intervalMs: 1000 / values.rate,
      payloadBytes: values.size,
      destination: { address: destination.hostname, port: destination.port },
      lingerMs: values.wait * 1000,
      lossLimit: parseLossLimit(values.maxLoss)!,
      json: values.json,
    },
  };
}
