import type { Lifecycle } from "../tunnel/lifecycle.ts";
import type { Drain, DrainStatus } from "./drain.ts";
import { maxStatusConnectors, maxStatusServices } from "./limits.ts";
import type { Peer } from "./peer.ts";
import type { Registry } from "./registry.ts";
import type { Service } from "./service.ts";

/** What `/status` says of one connector of a service. */
export interface ConnectorStatus {
  /** The common name of its certificate; `null` when it is anonymous. */
  readonly identity: string | null;
  readonly connectedSeconds: number;
  /** Flows that are pinned to it. */
  readonly flows: number;
}

/** What `/status` says of one service. */
export interface ServiceStatus {
  readonly agents: number;
  /** Those that new flows go to; at most 50 are listed. */
  readonly connectors: readonly ConnectorStatus[];
}

/** What `/status` answers. */
export interface RelayStatus {
  readonly version: string;
  /** ID of the release, or `dev` for a checkout. */
  readonly release: string;
  /** What names this process in connection IDs, in hexadecimal. */
  readonly instance: string;
  readonly uptimeSeconds: number;
  readonly ready: boolean;
  readonly phase: string;
  /** `false`: anybody may use every service. */
  readonly requireClientCert: boolean;
  readonly connections: {
    /** Half-open ones included. */
    readonly total: number;
    readonly agents: number;
    readonly connectors: number;
  };
  /** At most 500 services are listed. */
  readonly services: Readonly<Record<string, ServiceStatus>>;
  /** Services that are not listed. */
  readonly servicesOmitted: number;
  readonly drain: DrainStatus;
}

/** Where the status comes from. */
export interface StatusSources {
  readonly build: { readonly version: string; readonly release: string; readonly instance: string };
  readonly lifecycle: Lifecycle;
  readonly registry: Registry<Peer>;
  /** QUIC connections, half-open ones included. */
  readonly connections: number;
  /** Those of them whose clients are admitted. */
  readonly clients: number;
  /** Attempts to connect that were refused. */
  readonly refusedConnections: number;
  readonly drain: Drain;
  readonly requireClientCertificate: boolean;
  /** The relay's clock now, and when it started, in ms. */
  readonly nowMs: number;
  readonly startedAtMs: number;
}

/** The data of `/status`, bounded in size. */
export function relayStatus(sources: StatusSources): RelayStatus {
  const { build, lifecycle, registry, connections, nowMs, startedAtMs } = sources;
  const { agentCount: agents, connectorCount: connectors } = registry;
  const services: [string, ServiceStatus][] = [];
  for (const [id, service] of registry.services) {
    if (services.length >= maxStatusServices) break;
    services.push([id, serviceStatus(service, nowMs)]);
  }
  return {
    ...build,
    uptimeSeconds: seconds(nowMs - startedAtMs),
    ready: lifecycle.readiness().ready,
    phase: lifecycle.phase,
    requireClientCert: sources.requireClientCertificate,
    connections: { total: connections, agents, connectors },
    // Entries, so that a service called "__proto__" is one like any other.
    services: Object.fromEntries(services),
    servicesOmitted: registry.services.size - services.length,
    drain: sources.drain.status({
      connections: sources.clients,
      agents,
      connectors,
      refusedConnections: sources.refusedConnections,
    }),
  };
}

function serviceStatus(service: Service<Peer>, nowMs: number): ServiceStatus {
  return {
    agents: service.agents.size,
    connectors: service.serving.slice(0, maxStatusConnectors).map((registration) => ({
      identity: registration.certifiedName ?? null,
      connectedSeconds: seconds(nowMs - (registration.owner?.connectedAtMs ?? nowMs)),
      flows: registration.flows,
    })),
  };
}

function seconds(ms: number): number {
  return Math.round(ms) / 1000;
}
