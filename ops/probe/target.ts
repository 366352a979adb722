import { isIP } from "node:net";
import { ConfigError } from "../../tunnel/errors.ts";
import type { SocketAddress } from "../../tunnel/quic/address.ts";
import type { ClientTls } from "../../tunnel/quic/tls_config.ts";
import type { ProbeArguments } from "./arguments.ts";

/** What to probe, and with which certificates. */
export interface ProbeTarget {
  readonly relay: SocketAddress;
  readonly serverName: string;
  readonly serviceId: string;
  readonly tls: ClientTls;
}

/** The name in the certificate of every relay (protocol section 1.1). */
const relayName = "ztna-server";

/**
 * The target of a command line. Without `--relay` it is the local deployment, and flags replace
 * single values of it.
 *
 * @param local What the local deployment, if there is one, gives its agents.
 * @throws {ConfigError} when the relay or the service is not known.
 */
export function probeTarget(args: ProbeArguments, local: ProbeTarget | undefined): ProbeTarget {
  const { relay, serviceId, serverName, caFile, identity, verifyPeer } = args;
  if (relay === undefined) {
    if (local === undefined) {
      throw new ConfigError(
        `Cannot probe as no relay is given and nothing is deployed on this machine: ` +
          `give "--relay HOST:PORT", or run "deno task deploy" first`,
      );
    }
    return {
      relay: local.relay,
      serverName: serverName ?? local.serverName,
      serviceId: serviceId ?? local.serviceId,
      tls: {
        ...local.tls,
        ...(caFile === undefined ? {} : { caFile }),
        ...(identity === undefined ? {} : { identity }),
        verifyPeer,
      },
    };
  }
  if (serviceId === undefined) {
    throw new ConfigError(`Cannot probe as no service is given: give "--service ID"`);
  }
  return {
    relay,
    serverName: serverName ?? (isIP(relay.hostname) === 0 ? relay.hostname : relayName),
    serviceId,
    tls: {
      ...(caFile === undefined ? {} : { caFile }),
      ...(identity === undefined ? {} : { identity }),
      verifyPeer,
    },
  };
}
