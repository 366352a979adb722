import { ConfigError } from "../../../../tunnel/errors.ts";
import { escapeControls } from "../../../../tunnel/printable.ts";
import { formatTable } from "../../../table.ts";
import type { InventoryHost, VariableValue } from "../inventory.ts";
import { isSecretName, readVariable, showValue } from "../read_variable.ts";
import { shownVariables } from "./ansible_listing.ts";

/** Longest value in the table, in UTF-16 units. */
const maxValueLength = 60;

/** What a host's variables are and where each was set, as a table; safe to print. */
export function hostDetails(host: InventoryHost): string {
  const rows = Object.entries(shownVariables(host.variables))
    .sort(([a], [b]) => a < b ? -1 : 1)
    .map(([name, value]) => [
      escapeControls(name),
      isSecretName(name) ? "********" : valueText(host, name, value),
      host.originOf(name) ?? "",
    ]);
  return formatTable([["VARIABLE", "VALUE", "SET IN"], ...rows]);
}

/** The value as it is used, and as it is written where templates make a difference. */
function valueText(host: InventoryHost, name: string, written: VariableValue): string {
  const raw = showValue(written, maxValueLength);
  try {
    const used = showValue(readVariable(host, name) ?? null, maxValueLength);
    return used === raw ? raw : `${used} (${raw})`;
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    return `${raw} (not usable here)`;
  }
}
