/**
 * Probes services through the tunnel from a host of the fleet: what to probe is in files beside it
 * (see {@linkcode remoteProbeFiles}), what was found goes to standard output. Every module that this
 * imports is brought to the host, so they should stay few.
 */

import { runProbe } from "../../probe/probe.ts";
import type { ServiceProbe } from "./tunnel_look.ts";

/** One service by one relay. */
export interface RemoteProbeTarget {
  /** Name of the relay's host. */
  readonly relay: string;
  readonly hostname: string;
  readonly port: number;
  readonly serverName: string;
  readonly serviceId: string;
  readonly protocol: "icmp" | "udp";
}

/** What the program is told. */
export interface RemoteProbeOrder {
  readonly targets: readonly RemoteProbeTarget[];
  /** Probes under way at a time. */
  readonly atOnce: number;
  /** What each sends, and how long it waits; see `ProbeOptions`. */
  readonly count: number;
  readonly intervalMs: number;
  readonly lingerMs: number;
  readonly connectTimeoutMs: number;
}

/** The files of the program, in the directory that it is started in. */
export const remoteProbeFiles = {
  /** A {@linkcode RemoteProbeOrder}. */
  order: "order.json",
  authority: "ca.pem",
  certificate: "probe.pem",
  key: "probe.key",
} as const;

async function main(): Promise<void> {
  const order = JSON.parse(Deno.readTextFileSync(remoteProbeFiles.order)) as RemoteProbeOrder;
  const queue = order.targets.values();
  const output = Deno.stdout.writable.getWriter();
  const encoder = new TextEncoder();
  const worker = async (): Promise<void> => {
    // A line each, so that what comes late does not keep back what is known.
    for (const target of queue) {
      const found = await probe(target, order);
      await output.write(encoder.encode(`${JSON.stringify(found)}\n`));
    }
  };
  await Promise.all(Array.from({ length: order.atOnce }, worker));
}

async function probe(
  { relay, hostname, port, serverName, serviceId, protocol }: RemoteProbeTarget,
  { count, intervalMs, lingerMs, connectTimeoutMs }: RemoteProbeOrder,
): Promise<ServiceProbe> {
  const { authority, certificate, key } = remoteProbeFiles;
  try {
    const { sent, lost, rttMs } = await runProbe({
      ...{ relay: { hostname, port }, serverName, serviceId, protocol },
      ...{ count, intervalMs, lingerMs, connectTimeoutMs },
      tls: {
        identity: { certificateFile: certificate, keyFile: key },
        caFile: authority,
        verifyPeer: true,
      },
    });
    return {
      relay,
      serviceId,
      sent,
      lost,
      p99Seconds: rttMs.p99 === null ? null : rttMs.p99 / 1000,
    };
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    return { relay, serviceId, sent: 0, lost: 0, p99Seconds: null, error: message };
  }
}

if (import.meta.main) await main();
