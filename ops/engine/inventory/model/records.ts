import type { PlacedVariable } from "../format/statement.ts";
import type { SourcePlace } from "../mistakes.ts";

/** Where the hosts of a source come from, for the variables `inventory_file` and `inventory_dir`. */
export interface SourcePaths {
  /** Absolute; `undefined` for a list of hosts. */
  readonly file: string | undefined;
  readonly directory: string | undefined;
}

/** A group while the inventory is being read. */
export interface GroupRecord {
  readonly name: string;
  /** Directly in it, in order. */
  readonly hosts: Map<string, HostRecord>;
  /** Directly in it, in order, and where that was said. */
  readonly children: Map<GroupRecord, SourcePlace | undefined>;
  readonly parents: Set<GroupRecord>;
  readonly variables: Map<string, PlacedVariable>;
  /** `ansible_group_priority`; 1 by default. */
  priority: number;
  /** Longest way from the group "all"; known when all has been read. */
  depth: number;
}

/** A host while the inventory is being read. */
export interface HostRecord {
  readonly name: string;
  /** The source that named it first. */
  readonly source: SourcePaths;
  /** Those that it is in directly. */
  readonly groups: Set<GroupRecord>;
  readonly variables: Map<string, PlacedVariable>;
}

/** Everything that the sources say, as one graph. */
export interface InventoryRecords {
  readonly groups: ReadonlyMap<string, GroupRecord>;
  /** In the order in which they were named first. */
  readonly hosts: ReadonlyMap<string, HostRecord>;
}
