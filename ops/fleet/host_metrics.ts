import { isIP } from "node:net";
import * as v from "valibot";
import { checkMetricsClient, defaultMetricsClient } from "../../tunnel/metrics_request.ts";
import { isNetwork } from "../engine/resource/network.ts";
import type { VariableReader } from "../engine/inventory/variable_reader.ts";

/** How the metrics of a host's programs are shown to a Prometheus elsewhere. */
export interface HostMetrics {
  /** Address that their listeners bind. */
  readonly bindAddress: string;
  /** Where Prometheus reaches the host: a name or an address; their certificate has it. */
  readonly address: string;
  /** Whose certificate is let in. */
  readonly client: string;
  /** Addresses and networks that the host's firewall lets in; everybody when empty. */
  readonly sources: readonly string[];
}

/**
 * Reads what the inventory says about a host's metrics; `undefined` when they stay on loopback.
 *
 * @param connectionAddress Where this machine reaches the host.
 */
export function readHostMetrics(
  reader: VariableReader,
  connectionAddress: string,
): HostMetrics | undefined {
  const bindAddress = reader.string(
    "ztna_metrics_bind",
    (text) => isIP(text) === 0 ? "it must be an IPv4 or IPv6 address" : undefined,
  );
  const address = reader.string("ztna_metrics_address", hostRule);
  const client = reader.string("ztna_metrics_client", checkMetricsClient) ?? defaultMetricsClient;
  const sources = reader.structure("ztna_metrics_sources", sourcesSchema) ?? [];
  if (bindAddress === undefined) return undefined;
  return {
    bindAddress,
    address: address ?? (isWildcard(bindAddress) ? connectionAddress : bindAddress),
    client,
    sources,
  };
}

/** Whether a listener at this address is reached at every address of its host. */
export function isWildcard(address: string): boolean {
  return address === "0.0.0.0" || /^[0:]+$/.test(address);
}

/** Whether an address or a name is one that only the host itself reaches. */
export function isLoopback(address: string): boolean {
  return address === "localhost" || /^127\./.test(address) && isIP(address) === 4 ||
    /^[0:]*:0*1$/.test(address) && isIP(address) === 6;
}

const sourcesSchema = v.pipe(
  v.array(
    v.pipe(v.string(), v.check(isNetwork, "it must be an address or a network such as 10.0.0.0/8")),
  ),
  v.maxLength(32),
);

function hostRule(text: string): string | undefined {
  return isIP(text) !== 0 || /^[A-Za-z0-9_][A-Za-z0-9._-]{0,252}$/.test(text)
    ? undefined
    : "it must be a host name or an address, without a port";
}
