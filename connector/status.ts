import { formatSocketAddress } from "../tunnel/quic/address.ts";
import type { Uplink } from "./uplink.ts";
import type { UplinkState } from "./uplink_machine.ts";

/** What `/status` says of one service. */
export interface ServiceStatus {
  readonly id: string;
  /** `host:port` as configured. */
  readonly backend: string;
  readonly state: UplinkState;
  /** The relay's `address:port`; `null` while there is neither a connection nor an attempt. */
  readonly relay: string | null;
  /** Where the relay sees the connection; `null` until it has told. */
  readonly observedAddress: string | null;
  /** How long the service has been registered; `null` when it is not. */
  readonly registeredSeconds: number | null;
  readonly flows: number;
}

/** What `/status` answers. */
export interface ConnectorStatus {
  readonly version: string;
  /** ID of the release, or `dev` for a checkout. */
  readonly release: string;
  /** Names this process, in hexadecimal. */
  readonly instance: string;
  readonly uptimeSeconds: number;
  /** Whether every service is registered. */
  readonly ready: boolean;
  readonly phase: string;
  readonly services: readonly ServiceStatus[];
  readonly drain: DrainStatus;
}

/**
 * What `/status` says of the connector's departure. Only the relay can send flows elsewhere, so a
 * draining connector still serves whatever comes.
 */
export interface DrainStatus {
  readonly draining: boolean;
  /** Since when, ISO 8601 in UTC; `null` while it is not. */
  readonly since: string | null;
  /** Services that are registered with a relay now. */
  readonly connections: number;
  /** Flows of all services now. */
  readonly flows: number;
}

/** One service's part of `/status`. */
export function serviceStatus(uplink: Uplink): ServiceStatus {
  const { service, state, relay, observedAddress, registeredForMs, flows } = uplink;
  return {
    id: service.id,
    backend: service.backend.name,
    state,
    relay: relay ?? null,
    observedAddress: observedAddress === undefined ? null : formatSocketAddress(observedAddress),
    registeredSeconds: registeredForMs === undefined ? null : seconds(registeredForMs),
    flows,
  };
}

/** The departure's part of `/status`. */
export function drainStatus(since: Date | undefined, uplinks: readonly Uplink[]): DrainStatus {
  return {
    draining: since !== undefined,
    since: since?.toISOString() ?? null,
    connections: uplinks.filter(({ state }) => state === "registered").length,
    flows: uplinks.reduce((sum, { flows }) => sum + flows, 0),
  };
}

/**
 * Why not every service is registered, or `undefined` when all are. Names at most five, as one
 * line is for people.
 */
export function unregisteredReason(uplinks: readonly Uplink[]): string | undefined {
  const missing = uplinks.filter(({ state }) => state !== "registered");
  if (missing.length === 0) return undefined;
  const named = missing.slice(0, 5).map(({ service, state, deniedStatus }) =>
    `"${service.id}" (${state}${deniedStatus === undefined ? "" : `, status ${deniedStatus}`})`
  );
  const others = missing.length - named.length;
  return `not registered: ${named.join(", ")}${others > 0 ? ` and ${others} more` : ""}`;
}

/** Milliseconds as seconds with three decimals. */
export function seconds(ms: number): number {
  return Math.round(ms) / 1000;
}
