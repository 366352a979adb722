import type { ConnectionSettings } from "../engine/connection/connection_settings.ts";
import type { HostMetrics } from "./host_metrics.ts";
import type { SweepSettings } from "./sweep_settings.ts";

/** A host name or address with a port. */
export interface Endpoint {
  readonly hostname: string;
  readonly port: number;
}

/** A host's relay, from its variables. */
export interface RelayRole {
  /** What it binds, UDP. */
  readonly bindAddresses: string;
  readonly port: number;
  /** Where connectors and agents reach it. */
  readonly address: Endpoint;
  /** Where the laptop's probe reaches it; the same unless the laptop has another way. */
  readonly probeAddress: Endpoint;
  readonly adminAddress: string;
  readonly adminPort: number;
  /** TCP port of its metrics, where the host shows them. */
  readonly metricsPort: number;
  /** Further names and addresses in its certificate. */
  readonly certificateNames: readonly string[];
  /** How long a drain waits for its peers to leave, in seconds; 0 goes without. */
  readonly drainTimeoutSeconds: number;
  /** Further keys of its configuration file, which win over ours. */
  readonly extraConfig: JsonObject;
}

/** A service as the connector's configuration has it. */
export interface FleetService {
  readonly id: string;
  readonly backend: string;
  readonly protocol: "any" | "udp" | "tcp";
  /** What a probe sends: `icmp`, which the connector answers, or `udp`, which the backend must echo. */
  readonly probe: "icmp" | "udp";
}

/** A host's connector, from its variables. */
export interface ConnectorRole {
  /** Inventory name of the relay that it connects to. */
  readonly relay: string;
  readonly services: readonly FleetService[];
  readonly adminAddress: string;
  readonly adminPort: number;
  readonly metricsPort: number;
  readonly extraConfig: JsonObject;
}

/** The sample application, for trying a fleet out. */
export interface ApplicationRole {
  readonly address: string;
  /** UDP and TCP. */
  readonly port: number;
}

/** An object of plain JSON data. */
export type JsonObject = { readonly [name: string]: unknown };

/** A host that has at least one role. */
export interface FleetHost {
  readonly name: string;
  readonly connection: ConnectionSettings;
  readonly relay: RelayRole | undefined;
  readonly connector: ConnectorRole | undefined;
  readonly application: ApplicationRole | undefined;
  /** How Prometheus gets at its metrics; `undefined` when they stay on loopback. */
  readonly metrics: HostMetrics | undefined;
  /** Complete releases that stay on it. */
  readonly keepReleases: number;
  /** Largest and usual size of UDP socket buffers that the kernel gives, in bytes. */
  readonly udpBufferBytes: number;
  /** Whether its firewall lets the relay's port in. */
  readonly openFirewall: boolean;
  /** How long its programs may take to be ready, in seconds. */
  readonly readyTimeoutSeconds: number;
  /** What its sweeps take for good. */
  readonly sweep: SweepSettings;
}

/** The programs that a host may run, in the order in which they start. */
export const programNames = ["application", "relay", "connector"] as const;

/** One of them. */
export type ProgramName = (typeof programNames)[number];

/** All hosts with a role, and which of them a command is about. */
export interface Fleet {
  /** Names its certificate authority and its state on the laptop. */
  readonly name: string;
  /** Of the whole inventory, in its order. */
  readonly hosts: readonly FleetHost[];
  /** Names of those that `--limit` leaves. */
  readonly selected: ReadonlySet<string>;
}

/** The hosts that a command is about. */
export function selectedHosts(fleet: Fleet): FleetHost[] {
  return fleet.hosts.filter(({ name }) => fleet.selected.has(name));
}

/** The programs of a host, in the order in which they start. */
export function programsOf(host: FleetHost): ProgramName[] {
  return programNames.filter((name) => host[name] !== undefined);
}

/** The programs of a host whose metrics Prometheus reads over TLS, and at which ports. */
export function metricsTargetsOf(
  { metrics, relay, connector }: FleetHost,
): { readonly program: "relay" | "connector"; readonly port: number }[] {
  if (metrics === undefined) return [];
  return [
    ...relay === undefined ? [] : [{ program: "relay" as const, port: relay.metricsPort }],
    ...connector === undefined
      ? []
      : [{ program: "connector" as const, port: connector.metricsPort }],
  ];
}

/** The systemd unit of a program: the only instance, until a handover makes a second one. */
export function unitOf(program: ProgramName): string {
  return `ztna-${program}@a.service`;
}

/** A host of the fleet by its name; it must exist. */
export function fleetHost(fleet: Fleet, name: string): FleetHost {
  const host = fleet.hosts.find((candidate) => candidate.name === name);
  if (host === undefined) throw new TypeError(`There is no host "${name}" in the fleet`);
  return host;
}

/** Connectors that connect to `relay`. */
export function connectorsOf(fleet: Fleet, relay: string): FleetHost[] {
  return fleet.hosts.filter(({ connector }) => connector?.relay === relay);
}

/** The services that agents reach through `relay`, each once. */
export function servicesOf(fleet: Fleet, relay: string): FleetService[] {
  const services = new Map<string, FleetService>();
  for (const { connector } of connectorsOf(fleet, relay)) {
    for (const service of connector!.services) {
      if (!services.has(service.id)) services.set(service.id, service);
    }
  }
  return [...services.values()];
}
