import { quote } from "../../../tunnel/printable.ts";
import { type Change, shown } from "./change.ts";
import { parentOf } from "./fact_request.ts";
import type { Facts } from "./facts.ts";
import type { DirectoryResource, FileResource, Resource } from "./resource.ts";

/** Something about a resource that the operator has to know. */
export interface PlanNote {
  /** The resource's ID. */
  readonly resource: string;
  /** A sentence, escaped. */
  readonly text: string;
}

/** How plans are made. */
export interface PlanOptions {
  /** Adds unified diffs; facts must have been gathered with `diff`. */
  readonly diff?: boolean;
}

/** Where systemd reads units from. */
const unitDirectories = ["/etc/systemd/", "/run/systemd/", "/usr/lib/systemd/", "/lib/systemd/"];

/**
 * A plan in the making: what the host has, and what the changes so far will have made of it by the
 * time that the next one is applied.
 */
export class Planning {
  readonly facts: Facts;
  readonly diff: boolean;
  readonly changes: Change[] = [];
  readonly warnings: PlanNote[] = [];
  readonly conflicts: PlanNote[] = [];
  readonly #directories = new Set<string>();
  readonly #accounts = new Set<string>(["root"]);
  /** Whether a change so far may create anything: packages and commands do. */
  #isUnforeseeable = false;
  #hasRefreshedPackages = false;
  readonly #newUnits = new Set<string>();
  #hasNewUnits = false;

  constructor(facts: Facts, { diff = false }: PlanOptions) {
    this.facts = facts;
    this.diff = diff;
  }

  /** Adds the change that a resource needs. */
  add(resource: Resource, change: Omit<Change, "resource" | "kind" | "notify">): void {
    const { id, kind, notify = [] } = resource;
    this.changes.push({ resource: id, kind, notify, ...change });
    switch (resource.kind) {
      case "package":
        this.#hasRefreshedPackages = true;
        this.#isUnforeseeable = true;
        break;
      case "command":
        this.#isUnforeseeable = true;
        break;
      case "user":
        this.#accounts.add(resource.name);
        break;
      case "directory":
      case "link": // it may lead to one
        this.#directories.add(resource.path);
        break;
    }
    if ("path" in resource && unitDirectories.some((path) => resource.path.startsWith(path))) {
      this.#newUnits.add(resource.path.slice(resource.path.lastIndexOf("/") + 1));
      this.#hasNewUnits = true;
    }
  }

  /** Says what keeps a resource from becoming as it must be. Nothing of the plan is applied then. */
  refuse({ id }: Resource, text: string): void {
    this.conflicts.push({ resource: id, text });
  }

  /** Says what the operator has to know. */
  warn({ id }: Resource, text: string): void {
    this.warnings.push({ resource: id, text });
  }

  /** Whether `apt-get update` is still to be run. */
  get needsPackageLists(): boolean {
    return !this.#hasRefreshedPackages;
  }

  /** Whether systemd has to read its units again; asked for once. */
  takeUnitReload(): boolean {
    const hasNewUnits = this.#hasNewUnits;
    this.#hasNewUnits = false;
    return hasNewUnits;
  }

  /** Whether a change so far writes the file of a unit, or of its template. */
  writesUnit(unit: string): boolean {
    return this.#newUnits.has(unit) || this.#newUnits.has(unit.replace(/@.*\./, "@."));
  }

  /** Whether a resource's path can be made; refuses it otherwise. */
  hasParent(resource: Resource & { readonly path: string }): boolean {
    const parent = parentOf(resource.path);
    const exists = this.facts.parents.has(parent) || this.#directories.has(parent);
    if (exists || this.#isUnforeseeable) return true;
    this.refuse(
      resource,
      `Cannot create ${shown(resource.path)} as its directory must exist: there is no ` +
        `${shown(parent)}. Declare it as a directory in front`,
    );
    return false;
  }

  /** Whether a resource's owner and group exist; refuses it otherwise. */
  hasOwners(resource: FileResource | DirectoryResource): boolean {
    const { path, owner, group } = resource;
    const missing = [
      ...(this.facts.users.has(owner) || this.#accounts.has(owner) ? [] : [`user ${quote(owner)}`]),
      ...(this.facts.groups.has(group) || this.#accounts.has(group)
        ? []
        : [`group ${quote(group)}`]),
    ];
    if (missing.length === 0 || this.#isUnforeseeable) return true;
    this.refuse(
      resource,
      `Cannot give ${shown(path)} to ` +
        `${shown(owner)}:${shown(group)} as both must exist on the host: there is no ` +
        `${missing.join(" and no ")}. Declare the user in front`,
    );
    return false;
  }
}
