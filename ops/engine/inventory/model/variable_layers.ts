import type { VariableValue } from "../inventory.ts";
import type { PlacedVariable } from "../format/statement.ts";
import { placeText, type SourcePlace } from "../mistakes.ts";
import { ancestorsOf, inOrderOfPrecedence } from "./group_graph.ts";
import type { GroupRecord, HostRecord } from "./records.ts";

/** Variables of groups and hosts from the files beside one source. */
export interface VariableFiles {
  readonly groups: ReadonlyMap<string, readonly PlacedVariable[]>;
  readonly hosts: ReadonlyMap<string, readonly PlacedVariable[]>;
}

/** A value, and where it comes from. */
export interface LayeredVariable {
  readonly value: VariableValue;
  readonly place: SourcePlace;
  /** Whom it was set for: `group relays`, `host r1`. */
  readonly layer: string;
}

/** Variables by name. A map, since names come from outside. */
export type LayeredVariables = ReadonlyMap<string, LayeredVariable>;

/** File, line where known, and group or host; safe to print. */
export function originText({ place, layer }: LayeredVariable): string {
  return `${placeText(place)} (${layer})`;
}

/**
 * Merges variables by Ansible's precedence, the weakest first: group `all` in the sources, other
 * groups in the sources (parents before children, then by `ansible_group_priority`, then by name),
 * files of `all`, files of other groups, the host in the sources, files of the host. Files beside
 * later sources win over those beside earlier ones. Values are replaced, not merged.
 */
export class VariableLayers {
  readonly #files: readonly VariableFiles[];
  /** What groups give, by the names of the groups: hosts of equal groups share it. */
  readonly #ofGroups = new Map<string, LayeredVariables>();

  /** @param files Of each source, in their order. */
  constructor(files: readonly VariableFiles[]) {
    this.#files = files;
  }

  ofHost(host: HostRecord): LayeredVariables {
    const layer = `host ${host.name}`;
    const merged = new Map(this.#fromGroups(inOrderOfPrecedence(ancestorsOf(host.groups))));
    put(merged, host.variables.values(), layer);
    for (const { hosts } of this.#files) put(merged, hosts.get(host.name) ?? [], layer);
    return merged;
  }

  /** Those that are set for this very group. */
  ofGroup(group: GroupRecord): LayeredVariables {
    const merged = new Map<string, LayeredVariable>();
    put(merged, group.variables.values(), `group ${group.name}`);
    for (const { groups } of this.#files) this.#putFiles(merged, groups, group);
    return merged;
  }

  /** @param groups In the order of precedence: "all" is the first. */
  #fromGroups(groups: readonly GroupRecord[]): LayeredVariables {
    const key = groups.map(({ name }) => name).join("\n");
    const known = this.#ofGroups.get(key);
    if (known !== undefined) return known;
    const merged = new Map<string, LayeredVariable>();
    for (const group of groups) put(merged, group.variables.values(), `group ${group.name}`);
    for (const { groups: files } of this.#files) {
      for (const all of groups.slice(0, 1)) this.#putFiles(merged, files, all);
    }
    for (const { groups: files } of this.#files) {
      for (const group of groups.slice(1)) this.#putFiles(merged, files, group);
    }
    this.#ofGroups.set(key, merged);
    return merged;
  }

  #putFiles(
    merged: Map<string, LayeredVariable>,
    files: VariableFiles["groups"],
    group: GroupRecord,
  ): void {
    put(merged, files.get(group.name) ?? [], `group ${group.name}`);
  }
}

function put(
  merged: Map<string, LayeredVariable>,
  variables: Iterable<PlacedVariable>,
  layer: string,
): void {
  for (const { name, value, place } of variables) merged.set(name, { value, place, layer });
}
