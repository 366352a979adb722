import { connectorsOf, type Fleet } from "../../fleet/fleet.ts";
import type { FleetView, HostView } from "../check.ts";
import { workerOn } from "../checks/at_work.ts";

/** Names of the connectors that provide a service by a relay. */
export function providersOf(fleet: Fleet, relay: string, serviceId: string): string[] {
  return connectorsOf(fleet, relay)
    .filter(({ connector }) => connector!.services.some(({ id }) => id === serviceId))
    .map(({ name }) => name);
}

/**
 * Why a service does not work by a relay, as far as other findings tell it: what to mend first.
 * `undefined` when nothing is known to be wrong at either end.
 */
export function serviceCause(
  { fleet, hosts }: Pick<FleetView, "fleet" | "hosts">,
  relay: string,
  serviceId: string,
): string | undefined {
  return faultOf(relay, "relay", hosts.get(relay)) ??
    providersOf(fleet, relay, serviceId).map((name) =>
      faultOf(name, "connector", hosts.get(name)) ?? uplinkFault(name, serviceId, hosts.get(name))
    ).find((fault) => fault !== undefined);
}

/** Who changes an end of a service's tunnel right now, for people. */
export function serviceWorker(
  { fleet, hosts }: Pick<FleetView, "fleet" | "hosts">,
  relay: string,
  serviceId: string,
): string | undefined {
  return [relay, ...providersOf(fleet, relay, serviceId)].map((name) => {
    const view = hosts.get(name);
    return view && workerOn(view);
  }).find((worker) => worker !== undefined);
}

function faultOf(
  host: string,
  program: "relay" | "connector",
  view: HostView | undefined,
): string | undefined {
  if (view === undefined) return `${host} has not been heard of`;
  const health = view.facts.programs?.[program];
  if (health === undefined) return undefined;
  if (!health.active) return `the ${program} of ${host} does not run`;
  if (health.drain?.draining === true) return `the ${program} of ${host} is draining`;
  const isAdministered = view.host[program]!.adminPort !== 0;
  return isAdministered && health.healthz === null
    ? `the ${program} of ${host} does not answer`
    : undefined;
}

function uplinkFault(
  host: string,
  serviceId: string,
  view: HostView | undefined,
): string | undefined {
  const service = view?.facts.programs?.connector?.services.find(({ id }) => id === serviceId);
  return service === undefined || service.state === "registered"
    ? undefined
    : `${host} has not registered it`;
}
