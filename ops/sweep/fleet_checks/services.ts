import { servicesOf } from "../../fleet/fleet.ts";
import { counted } from "../../terminal/quantities.ts";
import type { FleetCheck, FleetVerdict, FleetView, HostView } from "../check.ts";
import { allowForWork } from "../checks/at_work.ts";
import { forHost } from "../checks/host_commands.ts";
import { providersOf, serviceCause, serviceWorker } from "./service_cause.ts";

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
  view: FleetView,
  { host: relay }: HostView,
  connectors: Connectors,
): FleetVerdict[] {
  return servicesOf(view.fleet, relay.name).map(({ id }) => {
    const wanted = providersOf(view.fleet, relay.name, id).length;
    const count = connectors.get(id) ?? 0;
    const measure = { value: count, unit: "count" } as const;
    const about = { host: relay.name, subject: `service ${id}`, measure };
    const value = `${count} of ${counted(wanted, "connector")} registered`;
    if (count >= wanted) return { ...about, status: "ok", value, remedy: "" };
    const cause = serviceCause(view, relay.name, id);
    const remedy = cause === undefined
      ? `See what the relay says: ${forHost(relay, "logs")}`
      : `Mend first: ${cause}`;
    const status = count === 0 ? "critical" : "warning";
    return allowForWork<FleetVerdict>(
      serviceWorker(view, relay.name, id),
      { ...about, status, value, remedy },
    );
  });
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
      value: `${counted(count, "connector")} that the inventory does not know`,
      remedy: `See whose they are: ${forHost(relay, "status")} --json; add them to the ` +
        `inventory, or end them`,
    }));
}
