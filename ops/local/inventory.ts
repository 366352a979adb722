import {
  type CertificateRequest,
  clientCertificate,
  serverCertificate,
} from "../pki/certificate_request.ts";
import type { WantedPort } from "./port_check.ts";

/** The only host of the local deployment. */
export const localHost = "localhost";
/** Everything listens here and nowhere else. */
export const localAddress = "127.0.0.1";
/** The service that the sample application is reached by; the one existing agents ask for first. */
export const localServiceId = "echo-service";

/** The ports of a deployment. */
export interface LocalPorts {
  /** The relay: UDP. */
  readonly relay: number;
  /** `/readyz`, `/metrics` and so on of the relay: TCP. */
  readonly relayAdmin: number;
  /** The same of the connector: TCP. */
  readonly connectorAdmin: number;
  /** The sample application: UDP and TCP. */
  readonly application: number;
}

/** What is taken where no flag says otherwise. */
export const defaultPorts: LocalPorts = {
  relay: 4433,
  relayAdmin: 9090,
  connectorAdmin: 9091,
  application: 9999,
};

/** The flag that chooses each port. */
export const portFlags = {
  relay: "--relay-port",
  relayAdmin: "--relay-admin-port",
  connectorAdmin: "--connector-admin-port",
  application: "--app-port",
} as const satisfies Record<keyof LocalPorts, `--${string}`>;

/** Names of the programs, in the order of their start. */
export type ProgramName = "application" | "relay" | "connector";

/** What listens on which port. */
export function wantedPorts(ports: LocalPorts): (WantedPort & { program: ProgramName })[] {
  const hostname = localAddress;
  const listen = (
    program: ProgramName,
    transport: "udp" | "tcp",
    which: keyof LocalPorts,
  ): WantedPort & { program: ProgramName } => ({
    program,
    transport,
    hostname,
    port: ports[which],
    flag: portFlags[which],
  });
  return [
    listen("relay", "udp", "relay"),
    listen("relay", "tcp", "relayAdmin"),
    listen("connector", "tcp", "connectorAdmin"),
    listen("application", "udp", "application"),
    listen("application", "tcp", "application"),
  ];
}

/** The certificates of the deployment, by file name. */
export const localCertificates: Readonly<Record<string, CertificateRequest>> = {
  relay: serverCertificate("relay", "relay.local", ["localhost", localAddress]),
  connector: clientCertificate("connector", "connector.local", [localServiceId]),
  probe: clientCertificate("agent", "probe.local", [localServiceId]),
};
