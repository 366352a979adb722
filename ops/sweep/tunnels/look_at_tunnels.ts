import { ZtnaError } from "../../../tunnel/errors.ts";
import { forEachLimited } from "../../engine/run/for_each_limited.ts";
import { probeCredentialFiles } from "../../fleet/credentials.ts";
import { type Fleet, type FleetHost, type FleetService, servicesOf } from "../../fleet/fleet.ts";
import type { FleetPaths } from "../../fleet/fleet_paths.ts";
import { TunnelProber } from "../../fleet/tunnel.ts";
import { RelayUnreachableError } from "../../probe/agent_errors.ts";
import { lookAtMetrics } from "./look_at_metrics.ts";
import type { ServedCertificate, ServiceProbe, TunnelLook } from "./tunnel_look.ts";

/** Probes under way at a time: each has a connection, and packets that must not wait for others'. */
const probesAtOnce = 16;
/** Most services of a fleet that one sweep probes: at half a second each, 16 at a time. */
const maxProbes = 500;

/** What {@linkcode lookAtTunnels} works with. */
export interface TunnelLookOptions {
  readonly fleet: Fleet;
  readonly paths: FleetPaths;
  /** Ends it: what has not been looked at by then is told to be so. */
  readonly limit: AbortSignal;
  /** Ends the sweep. */
  readonly signal: AbortSignal;
}

/** One service by one relay. */
interface Tunnel {
  readonly relay: FleetHost;
  readonly service: FleetService;
}

/**
 * Sends packets through the tunnels that the selected hosts have to do with, and looks at the
 * certificates that their relays present. From this machine, and in a bounded time. What does not
 * work is part of what is returned.
 *
 * @throws the signal's reason when the sweep is interrupted.
 */
export async function lookAtTunnels(options: TunnelLookOptions): Promise<TunnelLook> {
  const { fleet, paths, limit, signal } = options;
  const ready = await load(paths);
  if (typeof ready === "string") {
    return { probes: [], served: new Map(), omitted: 0, ranOutOfTime: false, unavailable: ready };
  }
  const tunnels = tunnelsOf(fleet);
  const chosen = chooseSome(tunnels, Math.random);
  const relays = [...tunnels.map(({ relay }) => relay), ...selectedRelays(fleet)];
  const served = new Map<string, ServedCertificate>();
  const probes = new Map<Tunnel, ServiceProbe>();
  const unreachable = new Map<FleetHost, string>();
  const either = AbortSignal.any([limit, signal]);
  const lookingAtMetrics = lookAtMetrics(fleet, paths, either);
  await Promise.all([
    forEachLimited(new Set(relays), probesAtOnce, async (relay) => {
      const found = await servedBy(ready, relay, either);
      if (!either.aborted) served.set(relay.name, found);
    }),
    forEachLimited(chosen, probesAtOnce, async (tunnel) => {
      if (either.aborted) return;
      const found = await probe(ready, tunnel, unreachable, either);
      if (!either.aborted) probes.set(tunnel, found);
    }),
  ]);
  signal.throwIfAborted();
  return {
    // In the fleet's order, whoever was first.
    probes: tunnels.flatMap((tunnel) => probes.get(tunnel) ?? []),
    served,
    servedMetrics: await lookingAtMetrics,
    omitted: tunnels.length - probes.size,
    ranOutOfTime: probes.size < chosen.length,
  };
}

/** The prober; or why there is none, for people. */
async function load(paths: FleetPaths): Promise<TunnelProber | string> {
  const files = Object.values(probeCredentialFiles(paths));
  const missing = files.find((file) => !isThere(file));
  if (missing !== undefined) return `this machine has no ${missing}`;
  try {
    return await TunnelProber.load(paths);
  } catch (error) {
    if (error instanceof ZtnaError) return error.message;
    throw error;
  }
}

function isThere(path: string): boolean {
  try {
    return Deno.statSync(path).isFile;
  } catch {
    return false;
  }
}

function selectedRelays({ hosts, selected }: Fleet): FleetHost[] {
  return hosts.filter(({ name, relay }) => relay !== undefined && selected.has(name));
}

/** All services of selected relays, and those of selected connectors; each once by each relay. */
function tunnelsOf(fleet: Fleet): Tunnel[] {
  const { hosts, selected } = fleet;
  const wantedOf = (relay: FleetHost): (id: string) => boolean => {
    if (selected.has(relay.name)) return () => true;
    const ids = new Set(
      hosts.filter(({ name, connector }) => selected.has(name) && connector?.relay === relay.name)
        .flatMap(({ connector }) => connector!.services.map(({ id }) => id)),
    );
    return (id) => ids.has(id);
  };
  return hosts.filter(({ relay }) => relay !== undefined).flatMap((relay) => {
    const isWanted = wantedOf(relay);
    return servicesOf(fleet, relay.name).filter(({ id }) => isWanted(id))
      .map((service) => ({ relay, service }));
  });
}

/** Of too many, others at each sweep. */
function chooseSome(tunnels: readonly Tunnel[], random: () => number): readonly Tunnel[] {
  if (tunnels.length <= maxProbes) return tunnels;
  const first = Math.floor(random() * tunnels.length);
  return [...tunnels.slice(first), ...tunnels.slice(0, first)].slice(0, maxProbes);
}

async function servedBy(
  prober: TunnelProber,
  relay: FleetHost,
  signal: AbortSignal,
): Promise<ServedCertificate> {
  try {
    return { der: await prober.certificateOf(relay, signal) };
  } catch (error) {
    return { error: messageOf(error) };
  }
}

/** @param unreachable Relays that don't answer: that is found out once, and takes seconds. */
async function probe(
  prober: TunnelProber,
  { relay, service }: Tunnel,
  unreachable: Map<FleetHost, string>,
  signal: AbortSignal,
): Promise<ServiceProbe> {
  const about = { relay: relay.name, serviceId: service.id };
  const failed = (error: string): ServiceProbe => (
    { ...about, sent: 0, lost: 0, p99Seconds: null, error }
  );
  const known = unreachable.get(relay);
  if (known !== undefined) return failed(known);
  try {
    return { ...about, ...await prober.measure(relay, service, signal) };
  } catch (error) {
    const message = messageOf(error);
    if (error instanceof RelayUnreachableError) unreachable.set(relay, message);
    return failed(message);
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
