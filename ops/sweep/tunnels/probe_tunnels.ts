import { forEachLimited } from "../../engine/run/for_each_limited.ts";
import type { FleetHost } from "../../fleet/fleet.ts";
import type { TunnelProber } from "../../fleet/tunnel.ts";
import { RelayUnreachableError } from "../../probe/agent_errors.ts";
import type { FleetTunnel } from "./fleet_tunnels.ts";
import type { ServiceProbe } from "./tunnel_look.ts";

/** Probes under way at a time: each has a connection, and packets that must not wait for others'. */
export const probesAtOnce = 16;

/** Probes tunnels from this machine; those that are not done when the signal aborts are left out. */
export async function probeTunnels(
  prober: TunnelProber,
  tunnels: readonly FleetTunnel[],
  signal: AbortSignal,
): Promise<ServiceProbe[]> {
  const probes: ServiceProbe[] = [];
  const unreachable = new Map<FleetHost, string>();
  await forEachLimited(tunnels, probesAtOnce, async (tunnel) => {
    if (signal.aborted) return;
    const found = await probe(prober, tunnel, unreachable, signal);
    if (!signal.aborted) probes.push(found);
  });
  return probes;
}

/** @param unreachable Relays that don't answer: that is found out once, and takes seconds. */
async function probe(
  prober: TunnelProber,
  { relay, service }: FleetTunnel,
  unreachable: Map<FleetHost, string>,
  signal: AbortSignal,
): Promise<ServiceProbe> {
  const about = { relay: relay.name, serviceId: service.id };
  const failed = (error: string): ServiceProbe => ({
    ...about,
    ...{ sent: 0, lost: 0, p99Seconds: null, error },
  });
  const known = unreachable.get(relay);
  if (known !== undefined) return failed(known);
  try {
    return { ...about, ...await prober.measure(relay, service, signal) };
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    if (error instanceof RelayUnreachableError) unreachable.set(relay, message);
    return failed(message);
  }
}
