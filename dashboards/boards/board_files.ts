import type { Dashboard } from "@grafana/grafana-foundation-sdk/dashboard";
import type { GeneratedFile } from "../generated_file.ts";
import { withSortedKeys } from "../sorted_keys.ts";
import { type Board, boardDashboard } from "./board.ts";
import { connectorBoard } from "./connector.ts";
import { fleetBoard } from "./fleet.ts";
import { relayBoard } from "./relay.ts";
import { rolloutBoard } from "./rollout.ts";
import { serviceBoard } from "./service.ts";

/** All dashboards, in the order in which they link to each other. */
export function boards(): Board[] {
  return [fleetBoard(), relayBoard(), connectorBoard(), serviceBoard(), rolloutBoard()];
}

/** Where the dashboards are, from the checkout's root. */
export const boardDirectory = "dashboards/generated/grafana/dashboards";

/** The dashboards as files that Grafana imports. */
export function boardFiles(): GeneratedFile[] {
  return boards().map((board) => ({
    path: `${boardDirectory}/${board.uid.replace("ztna-", "")}.json`,
    text: boardText(boardDashboard(board)),
  }));
}

/** A dashboard as text; keys in the order of the alphabet, so that a diff shows what has changed. */
export function boardText(dashboard: Dashboard): string {
  return `${JSON.stringify(withSortedKeys(dashboard), null, 2)}\n`;
}
