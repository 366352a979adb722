import { ConfigError } from "../../tunnel/errors.ts";
import { quote } from "../../tunnel/printable.ts";
import type { ProbeTarget } from "../probe/target.ts";
import { probeCredentialFiles } from "./credentials.ts";
import { type Fleet, type FleetHost, servicesOf } from "./fleet.ts";
import { type FleetPaths, fleetPathsOf } from "./fleet_paths.ts";
import { relayServerName } from "./program_config.ts";

/** How an agent of ours reaches a service by a relay of the fleet. */
export function probeTargetOf(paths: FleetPaths, relay: FleetHost, serviceId: string): ProbeTarget {
  const { certificateFile, keyFile, caFile } = probeCredentialFiles(paths);
  return {
    relay: relay.relay!.probeAddress,
    serverName: relayServerName,
    serviceId,
    tls: { identity: { certificateFile, keyFile }, caFile, verifyPeer: true },
  };
}

/**
 * The same for what a command line says of them.
 *
 * @param relayName Name of a host; by default the first relay by which the service is reached.
 * @param serviceId By default the first service of the relay.
 * @throws {ConfigError} when there is no such relay or service.
 */
export function fleetProbeTarget(
  fleet: Fleet,
  relayName: string | undefined,
  serviceId: string | undefined,
): ProbeTarget {
  const relays = fleet.hosts.filter(({ relay }) => relay !== undefined);
  const candidates = relays.filter(({ name }) => relayName === undefined || name === relayName);
  if (candidates.length === 0) {
    throw new ConfigError(
      `Cannot probe as "--relay" must be a host of the group "relays": current value is ` +
        `${quote(relayName ?? "")}; relays are ${relays.map(({ name }) => name).join(", ")}`,
    );
  }
  for (const relay of candidates) {
    const services = servicesOf(fleet, relay.name);
    const service = services.find(({ id }) => serviceId === undefined || id === serviceId);
    if (service !== undefined) {
      return probeTargetOf(fleetPathsOf(Deno.env, fleet.name), relay, service.id);
    }
  }
  throw new ConfigError(
    `Cannot probe as a connector of ${
      candidates.map(({ name }) => name).join(", ")
    } must provide ` +
      `the service: ${serviceId === undefined ? "there is none" : `none has ${quote(serviceId)}`}`,
  );
}
