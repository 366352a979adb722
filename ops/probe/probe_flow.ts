import { ConfigError } from "../../tunnel/errors.ts";
import { formatIpv4, parseIpv4Address } from "../../tunnel/wire/ipv4.ts";
import { runIdBytes } from "./payload.ts";

/** The protocols that a probe can send. */
export type ProbeProtocol = "udp" | "icmp";

/** An inner address: one that exists inside the tunnel only. */
export interface InnerAddress {
  /** Dotted decimal. */
  readonly address: string;
  /** 0 to 65,535; without meaning for ICMP. */
  readonly port: number;
}

/** What tells the packets of one probe run from all others, addresses as unsigned 32-bit numbers. */
export interface ProbeFlow {
  readonly protocol: ProbeProtocol;
  readonly source: number;
  readonly sourcePort: number;
  readonly destination: number;
  readonly destinationPort: number;
  /** ICMP identifier, 0 to 65,535. */
  readonly identifier: number;
  /** 8 random bytes in every payload. */
  readonly runId: Uint8Array;
}

/** The inner address that agents have by default, as the existing macOS agents do. */
export const defaultSourceAddress = "100.64.0.1";
/** Any address does unless the connector is told to serve one only; port 7 is "echo" (RFC 862). */
export const defaultDestination: InnerAddress = { address: "10.100.0.1", port: 7 };

/**
 * The flow of a new run. What is not given is chosen: the source port and the ICMP identifier at
 * random, so that probes that run at the same time do not get each other's replies.
 *
 * @throws {ConfigError} for an address or a port that is none.
 */
export function createProbeFlow(options: {
  readonly protocol: ProbeProtocol;
  readonly source?: InnerAddress;
  readonly destination?: InnerAddress;
}): ProbeFlow {
  const random = crypto.getRandomValues(new Uint16Array(2));
  const {
    protocol,
    // From the ports that IANA leaves to ephemeral use (RFC 6335 section 6).
    source = { address: defaultSourceAddress, port: 49_152 + random[0]! % 16_384 },
    destination = defaultDestination,
  } = options;
  return {
    protocol,
    source: addressNumber(source.address, "source"),
    sourcePort: checkedPort(source.port, "source"),
    destination: addressNumber(destination.address, "destination"),
    destinationPort: checkedPort(destination.port, "destination"),
    identifier: random[1]!,
    runId: crypto.getRandomValues(new Uint8Array(runIdBytes)),
  };
}

/** One end of a flow as text: `10.100.0.1:7`, or for ICMP the address alone. */
export function formatFlowEnd(flow: ProbeFlow, end: "source" | "destination"): string {
  const address = formatIpv4(flow[end]);
  if (flow.protocol === "icmp") return address;
  return `${address}:${end === "source" ? flow.sourcePort : flow.destinationPort}`;
}

function addressNumber(address: string, name: string): number {
  const number = parseIpv4Address(address);
  if (number === undefined) {
    throw new ConfigError(
      `Cannot probe as the ${name} address must be IPv4 in dotted decimal: ` +
        `current value is "${address}"`,
    );
  }
  return number;
}

function checkedPort(port: number, name: string): number {
  if (!Number.isInteger(port) || port < 0 || port > 65_535) {
    throw new ConfigError(
      `Cannot probe as the ${name} port must be 0 to 65535: current value is ${port}`,
    );
  }
  return port;
}
