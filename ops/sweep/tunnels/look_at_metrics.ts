import { forEachLimited } from "../../engine/run/for_each_limited.ts";
import { storedPrometheus } from "../../fleet/credentials.ts";
import { type Fleet, metricsTargetsOf, selectedHosts } from "../../fleet/fleet.ts";
import type { FleetPaths } from "../../fleet/fleet_paths.ts";
import type { ServedMetricsCertificate } from "./tunnel_look.ts";

/** Connections that are tried at a time: a firewall may have each wait. */
const connectionsAtOnce = 32;
/** How long one may take, in ms. Programs let ten strangers a second in, and this is one of them. */
const timeoutMs = 3000;

/**
 * Looks at the certificates that the selected hosts' programs present to who reads their metrics.
 * Who can't be reached is left out: metrics are for those that the firewall lets in.
 */
export async function lookAtMetrics(
  fleet: Fleet,
  paths: FleetPaths,
  signal: AbortSignal,
): Promise<ServedMetricsCertificate[]> {
  const targets = selectedHosts(fleet).flatMap((host) =>
    metricsTargetsOf(host).map(({ program, port }) => ({ host, program, port }))
  );
  const credential = targets.length === 0 ? undefined : storedPrometheus(paths);
  if (credential === undefined) return [];
  const { servedMetricsCertificate } = await import("./served_metrics_certificate.ts");
  const found = new Map<typeof targets[number], ServedMetricsCertificate>();
  await forEachLimited(targets, connectionsAtOnce, async (target) => {
    const { host, program, port } = target;
    try {
      const der = await servedMetricsCertificate({
        ...{ hostname: host.metrics!.address, port },
        certificatePem: credential.certificatePem,
        keyPem: credential.key.reveal(),
      }, { timeoutMs, signal });
      found.set(target, { host: host.name, program, der });
    } catch {
      // Then there is nothing to say of it.
    }
  });
  return targets.flatMap((target) => found.get(target) ?? []);
}
