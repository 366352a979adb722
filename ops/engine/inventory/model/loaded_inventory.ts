import type { Inventory, InventoryGroup, InventoryHost, Variables } from "../inventory.ts";
import { ancestorsOf, hostsOf } from "./group_graph.ts";
import type { GroupRecord, HostRecord, InventoryRecords } from "./records.ts";
import {
  type LayeredVariables,
  originText,
  type VariableFiles,
  VariableLayers,
} from "./variable_layers.ts";

/** Makes of what was read what everybody else sees. Values are merged when they are asked for. */
export function inventoryOf(
  records: InventoryRecords,
  files: readonly VariableFiles[],
  about: { readonly sources: readonly string[]; readonly warnings: readonly string[] },
): Inventory {
  const layers = new VariableLayers(files);
  const hosts = new Map<string, InventoryHost>();
  for (const [name, host] of records.hosts) hosts.set(name, new LoadedHost(host, layers));
  const groups = new Map<string, InventoryGroup>();
  for (const [name, group] of records.groups) groups.set(name, new LoadedGroup(group, layers));
  return { ...about, hosts, groups };
}

class LoadedHost implements InventoryHost {
  readonly name: string;
  readonly sourceFile: string | undefined;
  readonly #record: HostRecord;
  readonly #layers: VariableLayers;
  #merged: LayeredVariables | undefined;
  #variables: Variables | undefined;

  constructor(record: HostRecord, layers: VariableLayers) {
    this.name = record.name;
    this.sourceFile = record.source.file;
    this.#record = record;
    this.#layers = layers;
  }

  get groups(): readonly string[] {
    return [...ancestorsOf(this.#record.groups)].map(({ name }) => name);
  }

  get variables(): Variables {
    return this.#variables ??= plainVariables(this.#layered());
  }

  originOf(variable: string): string | undefined {
    const layered = this.#layered().get(variable);
    return layered === undefined ? undefined : originText(layered);
  }

  #layered(): LayeredVariables {
    return this.#merged ??= this.#layers.ofHost(this.#record);
  }
}

class LoadedGroup implements InventoryGroup {
  readonly name: string;
  readonly #record: GroupRecord;
  readonly #layers: VariableLayers;
  #hosts: readonly string[] | undefined;

  constructor(record: GroupRecord, layers: VariableLayers) {
    this.name = record.name;
    this.#record = record;
    this.#layers = layers;
  }

  get hosts(): readonly string[] {
    return this.#hosts ??= hostsOf(this.#record).map(({ name }) => name);
  }

  get ownHosts(): readonly string[] {
    return [...this.#record.hosts.keys()];
  }

  get children(): readonly string[] {
    return [...this.#record.children.keys()].map(({ name }) => name);
  }

  get variables(): Variables {
    const { priority } = this.#record;
    const variables = plainVariables(this.#layers.ofGroup(this.#record));
    return priority === 1 ? variables : { ...variables, ansible_group_priority: priority };
  }
}

function plainVariables(layered: LayeredVariables): Variables {
  // Defines members, also one named "__proto__", where an assignment would call a setter.
  return Object.fromEntries([...layered].map(([name, { value }]) => [name, value]));
}
