import { ConfigError } from "../../../../tunnel/errors.ts";
import { escapeControls } from "../../../../tunnel/printable.ts";
import { formatTable } from "../../../table.ts";
import { connectionSettingsOf } from "../connection_variables.ts";
import type { InventoryHost } from "../inventory.ts";

/** A table of hosts for people, and what is wrong with how they are reached. */
export interface HostTable {
  /** Safe to print. */
  readonly text: string;
  readonly mistakes: readonly string[];
}

/** Hosts with how they are reached and the groups that they are in. */
export function hostTable(hosts: readonly InventoryHost[]): HostTable {
  const mistakes: string[] = [];
  const rows = hosts.map((host) => {
    let reached = "?";
    try {
      reached = connectionText(host);
    } catch (error) {
      if (!(error instanceof ConfigError)) throw error;
      mistakes.push(error.message);
    }
    const groups = host.groups.filter((group) => group !== "all").sort().join(", ");
    return [host.name, reached, groups].map(escapeControls);
  });
  return { text: formatTable([["HOST", "REACHED BY", "GROUPS"], ...rows]), mistakes };
}

/**
 * How a host is reached, in one line: `ssh user@address:port as root`.
 *
 * @throws {ConfigError} when its connection variables are wrong.
 */
export function connectionText(host: InventoryHost): string {
  const { transport, address, user, port, become } = connectionSettingsOf(host);
  const as = become === undefined ? "" : ` as ${become.user}`;
  if (transport === "local") return `local${as}`;
  const bracketed = address.includes(":") && port !== undefined ? `[${address}]` : address;
  const login = user === undefined ? "" : `${user}@`;
  return `ssh ${login}${bracketed}${port === undefined ? "" : `:${port}`}${as}`;
}
