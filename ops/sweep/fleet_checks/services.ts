import { connectorsOf, type Fleet, servicesOf } from "../../fleet/fleet.ts";
import type { FleetCheck, FleetVerdict, FleetView, HostView } from "../check.ts";
import { forHost } from "../checks/host_commands.ts";

/** Whether each relay has the connectors that the inventory gives it. */
export const services: FleetCheck = {
  id: "services",
  looksAt: "Whether each service has all its connectors at its relay, and none is there that the " +
    "inventory doesn't know",

  evaluate(view): FleetVerdict[] {
    return [...view.hosts.values()].flatMap((host) => {
      const relay = host.facts.programs?.relay;
      // Without an account of its own there is nothing to look at: other checks say why.
      if (host.host.relay === undefined || !relay?.active || relay.instance === null) return [];
      const connectors = new Map(relay.services.map((service) => [
        service.id,
        service.connectors ?? 0,
      ]));
      return [
        ...wantedVerdicts(view, host, connectors),
        ...strangeVerdicts(view, host, connectors),
      ];
    });
  },
};

/** Services by how many connectors provide them at a relay now. */
type Connectors = ReadonlyMap<string, number>;

function wantedVerdicts(
  { fleet, hosts }: FleetView,
  { host: relay }: HostView,
  connectors: Connectors,
): FleetVerdict[] {
  return servicesOf(fleet, relay.name).map(({ id }) => {
    const providers = providersOf(fleet, relay.name, id);
    const wanted = providers.length;
    const count = connectors.get(id) ?? 0;
    const about = { host: relay.name, subject: `service ${id}` };
    const measure = { value: count, unit: "count" } as const;
    const value = `${count} of ${wanted} ${wanted === 1 ? "connector" : "connectors"}`;
    if (count >= wanted) return { ...about, status: "ok", value, remedy: "", measure };
    const missing = providers.find((name) => !isRegistered(hosts.get(name), id)) ??
      providers[0]!;
    return {
      ...about,
      status: count === 0 ? "critical" : "warning",
      value: `${value} registered` + (hosts.has(missing) ? "" : `; ${missing} did not answer`),
      remedy: `See what ${missing} says: ${forHost({ name: missing }, "sweep")}`,
      measure,
    };
  });
}

/** Names of the connectors that provide a service by a relay. */
function providersOf(fleet: Fleet, relay: string, serviceId: string): string[] {
  return connectorsOf(fleet, relay)
    .filter(({ connector }) => connector!.services.some(({ id }) => id === serviceId))
    .map(({ name }) => name);
}

function isRegistered(view: HostView | undefined, serviceId: string): boolean {
  return view?.facts.programs?.connector?.services.some(({ id, state }) =>
    id === serviceId && state === "registered"
  ) ?? false;
}

/** Somebody has a certificate for it, but no host of this inventory. */
function strangeVerdicts(
  { fleet }: FleetView,
  { host: relay }: HostView,
  connectors: Connectors,
): FleetVerdict[] {
  const known = new Set(servicesOf(fleet, relay.name).map(({ id }) => id));
  return [...connectors].filter(([id, count]) => count > 0 && !known.has(id))
    .map(([id, count]) => ({
      host: relay.name,
      subject: `service ${id}`,
      status: "warning",
      value: `${count} ${count === 1 ? "connector" : "connectors"}, none of them in the inventory`,
      remedy: `See whose they are: ${forHost(relay, "status")} --json; add them to the ` +
        `inventory, or end them`,
    }));
}
