import { jobs, type ScrapedProgram } from "../../dashboards/catalogue.ts";
import { formatSocketAddress } from "../../tunnel/quic/address.ts";
import { isCertifiableHost } from "../pki/certificate_request.ts";
import { type Fleet, type FleetHost, selectedHosts } from "./fleet.ts";
import { isLoopback, isWildcard } from "./host_metrics.ts";

/** A program that Prometheus reads metrics of. */
export interface ScrapeTarget {
  readonly program: ScrapedProgram;
  readonly scheme: "https" | "http";
  /** `HOST:PORT`, an IPv6 address in brackets. */
  readonly address: string;
  /** Its `job` is that of the file that it is in. */
  readonly labels: ScrapeLabels;
}

/** The labels of all series of a program; `instance` is the name in the inventory. */
export interface ScrapeLabels {
  readonly instance: string;
  readonly fleet: string;
  /** Its groups, but for those of roles, with a comma before and behind each: `,eu,canary,`. */
  readonly groups?: string;
}

/** A program that Prometheus can't get at. */
export interface UnreachableTarget {
  readonly program: ScrapedProgram;
  readonly instance: string;
  /** Why, and what to set: one sentence. */
  readonly reason: string;
}

/** What of a fleet can be scraped, and what can't. */
export interface ScrapeTargets {
  readonly targets: readonly ScrapeTarget[];
  readonly unreachable: readonly UnreachableTarget[];
  /** What is worth knowing of targets all the same. */
  readonly warnings: readonly string[];
}

/** Groups that tell nothing which the job does not tell. */
const roleGroupNames: ReadonlySet<string> = new Set([
  ...["all", "ungrouped", "relays", "connectors", "applications"],
]);

/**
 * The targets of the hosts that a command is about.
 *
 * @param groupsOf The groups of a host in the inventory.
 */
export function scrapeTargets(
  fleet: Fleet,
  groupsOf: (host: string) => readonly string[],
): ScrapeTargets {
  const targets: ScrapeTarget[] = [];
  const unreachable: UnreachableTarget[] = [];
  const warnings: string[] = [];
  for (const host of selectedHosts(fleet)) {
    const groups = groupsOf(host.name).filter((group) => !roleGroupNames.has(group)).toSorted();
    const labels: ScrapeLabels = {
      instance: host.name,
      fleet: fleet.name,
      ...groups.length > 0 && { groups: `,${groups.join(",")},` },
    };
    for (const program of ["relay", "connector"] as const) {
      if (host[program] === undefined) continue;
      const found = endpointOf(host, program);
      if ("reason" in found) {
        unreachable.push({ program, instance: host.name, reason: found.reason });
        continue;
      }
      const { scheme, hostname, port } = found;
      const address = formatSocketAddress({ hostname, port });
      targets.push({ program, scheme, address, labels });
      if (scheme === "http" && !isLoopback(hostname)) {
        warnings.push(
          `The metrics of the ${program} on "${host.name}" are there for everybody who reaches ` +
            `${address}, in clear text: "ztna_metrics_bind" shows them to Prometheus only`,
        );
      }
    }
  }
  return { targets, unreachable, warnings };
}

/** The targets of a program as Prometheus' `file_sd` reads them. */
export function targetFile(targets: readonly ScrapeTarget[]): string {
  const groups = targets.map(({ address, scheme, labels }) => ({
    targets: [address],
    labels: { ...labels, __scheme__: scheme },
  }));
  return `${JSON.stringify(groups, undefined, 2)}\n`;
}

/** A target for people: `https://relay1.example:9490/metrics`. */
export function targetUrl({ scheme, address }: ScrapeTarget): string {
  return `${scheme}://${address}/metrics`;
}

/** What a job's targets are called in tables: `ztna-relay`. */
export function jobOf({ program }: Pick<ScrapeTarget, "program">): string {
  return jobs[program];
}

type Endpoint =
  | { readonly scheme: "https" | "http"; readonly hostname: string; readonly port: number }
  | { readonly reason: string };

function endpointOf(host: FleetHost, program: ScrapedProgram): Endpoint {
  const { adminAddress, adminPort, metricsPort } = host[program]!;
  const { metrics, connection } = host;
  const isHere = connection.transport === "local";
  if (metrics !== undefined) {
    const { address, bindAddress } = metrics;
    if (!isHere && isLoopback(bindAddress) && isLoopback(address)) {
      return {
        reason: 'only the host itself reaches its "ztna_metrics_bind": set another address',
      };
    }
    return { scheme: "https", hostname: address, port: metricsPort };
  }
  if (isLoopback(adminAddress)) {
    return isHere ? { scheme: "http", hostname: adminAddress, port: adminPort } : {
      reason: 'its metrics stay on loopback: set "ztna_metrics_bind" and deploy',
    };
  }
  const hostname = isWildcard(adminAddress) ? connection.address : adminAddress;
  return isCertifiableHost(hostname) ? { scheme: "http", hostname, port: adminPort } : {
    reason: `"${hostname}" is no address of it: set "ansible_host", or "ztna_metrics_bind"`,
  };
}
