import { fileBytes } from "./file_bytes.ts";
import { firewallFiles, firewallUnit } from "./firewall_files.ts";
import type { FirewallResource, Play } from "./resource.ts";
import { Secret } from "../secret.ts";

/** What has to be known about a path. */
export interface PathRequest {
  readonly path: string;
  /** Size of the file that must be there: only one of this size needs a digest. */
  readonly bytes?: number;
  /** It may be shown in a diff. */
  readonly showable?: boolean;
  /** Its target counts if it is a link. */
  readonly link?: boolean;
}

/** Everything that a play's resources need to know, in the order in which a host is asked for it. */
export interface FactRequest {
  readonly paths: readonly PathRequest[];
  readonly parents: readonly string[];
  readonly users: readonly string[];
  readonly groups: readonly string[];
  readonly packages: readonly string[];
  readonly sysctls: readonly string[];
  readonly units: readonly string[];
  readonly firewalls: readonly FirewallResource[];
  readonly conditions: readonly { readonly resource: string; readonly unless: string }[];
  /** IDs. */
  readonly handlers: readonly string[];
}

/** What `play` needs to know. The same play gives the same request. */
export function requestFacts({ resources, handlers }: Play): FactRequest {
  const paths: PathRequest[] = [];
  const parents = new Set<string>();
  const users = new Set<string>();
  const groups = new Set<string>();
  const packages = new Set<string>();
  const sysctls = new Set<string>();
  const units = new Set<string>();
  const firewalls: FirewallResource[] = [];
  const conditions: { resource: string; unless: string }[] = [];
  for (const resource of resources) {
    switch (resource.kind) {
      case "file": {
        const { path, contents } = resource;
        const showable = !(contents instanceof Secret);
        paths.push({ path, bytes: fileBytes(contents).length, showable });
        break;
      }
      case "absent":
      case "directory":
        paths.push({ path: resource.path });
        break;
      case "link":
        paths.push({ path: resource.path, link: true });
        break;
      case "user":
        users.add(resource.name);
        groups.add(resource.name);
        break;
      case "package":
        packages.add(resource.name);
        break;
      case "sysctl":
        sysctls.add(resource.name);
        break;
      case "service":
        units.add(resource.unit);
        break;
      case "firewall":
        firewalls.push(resource);
        units.add(firewallUnit(resource));
        for (const { path, contents } of firewallFiles(resource)) {
          paths.push({ path, bytes: fileBytes(contents).length });
        }
        break;
      case "command":
        conditions.push({ resource: resource.id, unless: resource.unless });
    }
    if ("owner" in resource) {
      users.add(resource.owner);
      groups.add(resource.group);
    }
    if ("path" in resource && resource.kind !== "absent") parents.add(parentOf(resource.path));
  }
  return {
    paths,
    parents: [...parents],
    users: [...users],
    groups: [...groups],
    packages: [...packages],
    sysctls: [...sysctls],
    units: [...units],
    firewalls,
    conditions,
    handlers: handlers.map(({ id }) => id),
  };
}

/** The directory that holds a path; `/` at the top. */
export function parentOf(path: string): string {
  return path.slice(0, path.lastIndexOf("/")) || "/";
}
