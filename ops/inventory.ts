/** `deno task inventory`: the inventory as the engine sees it. */

import { ConfigError } from "../tunnel/errors.ts";
import { defineProgram } from "../tunnel/options.ts";
import { quote } from "../tunnel/printable.ts";
import { checkout, checkoutVersion } from "./checkout.ts";
import { type CommandContext, type Parsed, runDeclared } from "./command.ts";
import type { InventoryHost } from "./engine/inventory/inventory.ts";
import { ansibleListing, shownVariables } from "./engine/inventory/listing/ansible_listing.ts";
import { groupTree } from "./engine/inventory/listing/group_tree.ts";
import { hostDetails } from "./engine/inventory/listing/host_details.ts";
import { hostTable } from "./engine/inventory/listing/host_table.ts";
import { inventoryOptions, loadSelection } from "./inventory_options.ts";
import type { Report } from "./report.ts";

/** The command line. */
export const program = defineProgram({
  name: "deno task inventory",
  summary:
    "Shows the inventory as the engine sees it: hosts, groups, and where variables come from.",
  version: checkoutVersion(checkout),
  options: {
    ...inventoryOptions,
    list: { type: "boolean", flag: "--list", help: "List the hosts (what is done without a flag)" },
    host: {
      type: "string",
      flag: "--host",
      placeholder: "NAME",
      help: "Show one host: its variables, and where each was set",
    },
    graph: { type: "boolean", flag: "--graph", help: "Draw the groups as a tree" },
    vars: { type: "boolean", flag: "--vars", help: "With --graph: variables too" },
    json: {
      type: "boolean",
      flag: "--json",
      help: "Print JSON, in the form of ansible-inventory --list and --host",
    },
  },
});

async function main(
  { report, signal }: CommandContext,
  parsed: Parsed<typeof program.options>,
): Promise<number> {
  const { values } = parsed;
  refuseContradictions(values);
  const { inventory, hosts } = await loadSelection(values, {
    pattern: values.host ?? "all",
    signal,
    warn: (text) => report.warn(text),
  });
  if (values.host !== undefined) showHost(values.host, hosts, values.json ?? false, report);
  else if (values.graph) {
    const names = new Set(hosts.map(({ name }) => name));
    report.result(groupTree(inventory, { hosts: names, variables: values.vars ?? false }));
  } else if (values.json) report.json(ansibleListing(inventory, hosts));
  else {
    const { text, mistakes } = hostTable(hosts);
    report.result(text);
    for (const mistake of mistakes) report.warn(mistake);
  }
  return 0;
}

function showHost(
  pattern: string,
  hosts: readonly InventoryHost[],
  json: boolean,
  report: Report,
): void {
  const [host, ...others] = hosts;
  if (host === undefined || others.length > 0) {
    throw new ConfigError(
      `Cannot show the host as "--host" must name one: ${quote(pattern)} selects ${hosts.length}`,
    );
  }
  if (json) return report.json(shownVariables(host.variables));
  const { text, mistakes } = hostTable([host]);
  report.result(`${text}\n\n${hostDetails(host)}`);
  for (const mistake of mistakes) report.warn(mistake);
}

/** Which flags do not go together. */
function refuseContradictions(values: {
  readonly list: boolean | undefined;
  readonly host: string | undefined;
  readonly graph: boolean | undefined;
  readonly vars: boolean | undefined;
  readonly json: boolean | undefined;
}): void {
  const actions = [
    values.list ? "--list" : "",
    values.host === undefined ? "" : "--host",
    values.graph ? "--graph" : "",
  ].filter((flag) => flag !== "");
  if (actions.length > 1) {
    throw new ConfigError(
      `Cannot use ${actions.map((flag) => quote(flag)).join(" and ")} as only one may be given`,
    );
  }
  if (values.vars && !values.graph) {
    throw new ConfigError('Cannot use "--vars" as it belongs to "--graph": give both');
  }
  if (values.json && values.graph) {
    throw new ConfigError('Cannot use "--json" as a graph has no such form: leave one of them out');
  }
}

if (import.meta.main) await runDeclared(program, main);
