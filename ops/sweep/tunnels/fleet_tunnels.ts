import { type Fleet, type FleetHost, type FleetService, servicesOf } from "../../fleet/fleet.ts";

/** One service by one relay. */
export interface FleetTunnel {
  readonly relay: FleetHost;
  readonly service: FleetService;
}

/** Most services of a fleet that one sweep probes: at half a second each, 16 at a time. */
const maxTunnels = 500;

/** The relays among the hosts that a command is about. */
export function selectedRelays({ hosts, selected }: Fleet): FleetHost[] {
  return hosts.filter(({ name, relay }) => relay !== undefined && selected.has(name));
}

/** All services of selected relays, and those of selected connectors; each once by each relay. */
export function tunnelsOf(fleet: Fleet): FleetTunnel[] {
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

/** Of too many, others at each sweep. @param random 0 up to 1. */
export function chooseTunnels(
  tunnels: readonly FleetTunnel[],
  random: () => number = Math.random,
): readonly FleetTunnel[] {
  if (tunnels.length <= maxTunnels) return tunnels;
  const first = Math.floor(random() * tunnels.length);
  return [...tunnels.slice(first), ...tunnels.slice(0, first)].slice(0, maxTunnels);
}
