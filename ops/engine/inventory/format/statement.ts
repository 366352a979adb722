import type { VariableValue } from "../inventory.ts";
import type { SourcePlace } from "../mistakes.ts";

/** A variable where it is written. */
export interface PlacedVariable {
  readonly name: string;
  readonly value: VariableValue;
  readonly place: SourcePlace;
}

/**
 * One thing that an inventory says. All formats come down to these, in the order of the text:
 * Ansible's results depend on it.
 */
export type InventoryStatement =
  /** There is such a group. */
  | { readonly kind: "group"; readonly name: string; readonly place: SourcePlace }
  /** One group is a part of another. */
  | {
    readonly kind: "child";
    readonly parent: string;
    readonly child: string;
    readonly place: SourcePlace;
  }
  /** Hosts of a group, and what they have in common. */
  | {
    readonly kind: "hosts";
    readonly names: readonly string[];
    readonly group: string;
    readonly port: number | undefined;
    readonly variables: readonly PlacedVariable[];
    readonly place: SourcePlace;
  }
  /** A variable of a group. */
  | { readonly kind: "variable"; readonly group: string; readonly variable: PlacedVariable };
