import { ZtnaError } from "../../../tunnel/errors.ts";
import type { Connection } from "../../engine/connection/connection.ts";
import { forEachLimited } from "../../engine/run/for_each_limited.ts";
import { probeCredentialFiles } from "../../fleet/credentials.ts";
import type { Fleet, FleetHost } from "../../fleet/fleet.ts";
import type { FleetPaths } from "../../fleet/fleet_paths.ts";
import { TunnelProber } from "../../fleet/tunnel.ts";
import { chooseTunnels, type FleetTunnel, selectedRelays, tunnelsOf } from "./fleet_tunnels.ts";
import { lookAtMetrics } from "./look_at_metrics.ts";
import { probesAtOnce, probeTunnels } from "./probe_tunnels.ts";
import type { ServedCertificate, ServiceProbe, TunnelLook } from "./tunnel_look.ts";

/** What {@linkcode lookAtTunnels} works with. */
export interface TunnelLookOptions {
  readonly fleet: Fleet;
  readonly paths: FleetPaths;
  /** Opens a connection to the host that probes; by default this machine does. */
  readonly probeFrom?: ((signal: AbortSignal) => Promise<Connection>) | undefined;
  /** Ends it: what has not been looked at by then is told to be so. */
  readonly limit: AbortSignal;
  /** Ends the sweep. */
  readonly signal: AbortSignal;
}

/**
 * Sends packets through the tunnels that the selected hosts have to do with, and looks at the
 * certificates that their programs present to this machine. In a bounded time. What does not work is
 * part of what is returned.
 *
 * @throws the signal's reason when the sweep is interrupted.
 */
export async function lookAtTunnels(options: TunnelLookOptions): Promise<TunnelLook> {
  const { fleet, paths, limit, signal } = options;
  const prober = await load(paths);
  const tunnels = tunnelsOf(fleet);
  const chosen = chooseTunnels(tunnels);
  const either = AbortSignal.any([limit, signal]);
  const [served, servedMetrics, probes] = await Promise.all([
    typeof prober === "string" ? new Map() : lookAtRelays(prober, fleet, tunnels, either),
    lookAtMetrics(fleet, paths, either),
    probeAll(options, prober, chosen, either),
  ]);
  signal.throwIfAborted();
  if (typeof probes === "string") {
    return {
      probes: [],
      served,
      servedMetrics,
      omitted: 0,
      ranOutOfTime: false,
      unavailable: probes,
    };
  }
  const byTunnel = new Map(probes.map((probe) => [keyOf(probe.relay, probe.serviceId), probe]));
  return {
    // In the fleet's order, whoever was first.
    probes: tunnels.flatMap(({ relay, service }) =>
      byTunnel.get(keyOf(relay.name, service.id)) ?? []
    ),
    served,
    servedMetrics,
    omitted: tunnels.length - probes.length,
    ranOutOfTime: probes.length < chosen.length,
  };
}

const keyOf = (relay: string, serviceId: string): string => JSON.stringify([relay, serviceId]);

/** What probes have found; or why there are none, for people. */
async function probeAll(
  { paths, probeFrom }: TunnelLookOptions,
  prober: TunnelProber | string,
  tunnels: readonly FleetTunnel[],
  signal: AbortSignal,
): Promise<ServiceProbe[] | string> {
  if (probeFrom === undefined) {
    return typeof prober === "string" ? prober : await probeTunnels(prober, tunnels, signal);
  }
  const { probeFromHost } = await import("./probe_from_host.ts");
  return await probeFromHost({ connect: () => probeFrom(signal), tunnels, paths, signal });
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

/** What relays present, those of the tunnels included. */
async function lookAtRelays(
  prober: TunnelProber,
  fleet: Fleet,
  tunnels: readonly FleetTunnel[],
  signal: AbortSignal,
): Promise<Map<string, ServedCertificate>> {
  const relays = new Set([...tunnels.map(({ relay }) => relay), ...selectedRelays(fleet)]);
  const served = new Map<string, ServedCertificate>();
  await forEachLimited(relays, probesAtOnce, async (relay) => {
    const found = await servedBy(prober, relay, signal);
    if (!signal.aborted) served.set(relay.name, found);
  });
  return served;
}

async function servedBy(
  prober: TunnelProber,
  relay: FleetHost,
  signal: AbortSignal,
): Promise<ServedCertificate> {
  try {
    return { der: await prober.certificateOf(relay, signal) };
  } catch (error) {
    return { error: error instanceof Error ? error.message : String(error) };
  }
}
