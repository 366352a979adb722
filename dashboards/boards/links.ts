import {
  type DashboardLink,
  DashboardLinkBuilder,
  DashboardLinkType,
} from "@grafana/grafana-foundation-sdk/dashboard";
import { plain } from "../panels/panel.ts";

/** Tag of all dashboards of ours, and of what the commands write into Grafana. */
export const boardTag = "ztna-fleet";

/** The dashboards by uid, which never changes: bookmarks and alerts hold it. */
export const boardTitles = {
  "ztna-fleet": "ztna fleet",
  "ztna-relay": "ztna relay",
  "ztna-connector": "ztna connector",
  "ztna-service": "ztna service",
  "ztna-rollout": "ztna rollout",
} as const;

/** The uid of one of the dashboards. */
export type BoardUid = keyof typeof boardTitles;

const tooltips: Readonly<Record<BoardUid, string>> = {
  "ztna-fleet": "Is everything all right",
  "ztna-relay": "Everything that relays measure",
  "ztna-connector": "Everything that connectors measure",
  "ztna-service": "One service from the agents to the backend",
  "ztna-rollout": "A restart or deploy as it happens",
};

/** Links from one dashboard to all others, with the time range and the variables. */
export function linksFrom(uid: BoardUid): DashboardLink[] {
  return boardUids.filter((other) => other !== uid).map((other) => {
    const link = plain(
      new DashboardLinkBuilder(boardTitles[other])
        .type(DashboardLinkType.Link)
        .icon("dashboard")
        .tooltip(tooltips[other])
        .url(`/d/${other}`)
        .keepTime(true)
        .includeVars(true)
        .build(),
    );
    // The SDK's default hides a link in a menu.
    delete link.placement;
    return link;
  });
}

/** All uids, in the order in which they are shown. */
export const boardUids = Object.keys(boardTitles) as readonly BoardUid[];

/**
 * Where a table's cell leads to: another dashboard with the row's value of some variables, in the
 * same time range.
 *
 * @param values By variable: what Grafana fills in, such as `${__data.fields.instance}`.
 */
export function drillDown(
  uid: BoardUid,
  values: Readonly<Record<string, string>>,
): { readonly title: string; readonly url: string } {
  const own = Object.entries(values).map(([name, value]) => `var-${name}=${value}`);
  const query = ["${__url_time_range}", "var-datasource=${datasource}", ...own].join("&");
  return { title: `Open ${boardTitles[uid]}`, url: `/d/${uid}?${query}` };
}
