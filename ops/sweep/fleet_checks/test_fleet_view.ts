import type { Fleet, FleetHost } from "../../fleet/fleet.ts";
import { everyRoleHost } from "../../fleet/test_fleet_host.ts";
import type { FleetCheck, FleetView } from "../check.ts";
import type { HostFacts } from "../facts/fact_sources.ts";
import type { FindingStatus } from "../finding.ts";
import { testView } from "../test_view.ts";
import type { TunnelLook } from "../tunnels/tunnel_look.ts";

/** A relay without other roles. */
export const relayHost: FleetHost = {
  ...everyRoleHost,
  ...{ name: "relay1", connector: undefined, application: undefined, metrics: undefined },
};

/** A connector of {@linkcode relayHost} that provides the service `web`. */
export function connectorHost(name: string): FleetHost {
  const connector = { ...everyRoleHost.connector!, relay: relayHost.name };
  return { ...everyRoleHost, name, relay: undefined, application: undefined, connector };
}

/** A relay and two connectors. */
export const testFleet: Fleet = {
  name: "f",
  hosts: [relayHost, connectorHost("c1"), connectorHost("c2")],
  selected: new Set(["relay1", "c1", "c2"]),
};

/** What is known of the fleet: of the hosts that have told something. */
export function fleetView(
  facts: Readonly<Record<string, HostFacts>>,
  change: Partial<FleetView> = {},
): FleetView {
  const hosts = testFleet.hosts.flatMap((host) => {
    const told = facts[host.name];
    return told === undefined
      ? []
      : [[host.name, testView({ fleet: testFleet, host, facts: told })] as const];
  });
  return {
    fleet: testFleet,
    hosts: new Map(hosts),
    tunnels: undefined,
    hasCredentials: true,
    nowMs: 1_800_000_000_000,
    ...change,
  };
}

/** What was seen of the tunnels, for tests: nothing. */
export function tunnelLook(change: Partial<TunnelLook> = {}): TunnelLook {
  return { probes: [], served: new Map(), omitted: 0, ranOutOfTime: false, ...change };
}

/** The verdicts of a check in short: host, subject and status. */
export function fleetStatuses(
  check: FleetCheck,
  view: FleetView,
): [string | null, string, FindingStatus][] {
  return check.evaluate(view).map(({ host, subject, status }) => [host, subject, status]);
}
