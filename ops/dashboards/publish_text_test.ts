import { assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import type { PublishResult } from "../grafana/publish.ts";
import { publishText } from "./publish_text.ts";
import { exitCodeOfPublish } from "./push_command.ts";

const diff = '--- in Grafana\n+++ generated\n@@ -1,1 +1,1 @@\n-  "title": "Mine"\n' +
  '+  "title": "Relay"\n';
const result: PublishResult = {
  grafana: "11.6.0",
  folder: { uid: "ztna-fleet", title: "ztna\x1b[2J-fleet", result: "created" },
  dashboards: [
    { uid: "ztna-fleet", title: "Fleet", result: "created", version: 1 },
    { uid: "ztna-relay", title: "Relay", result: "kept", version: 4, why: "was edited", diff },
    { uid: "ztna-connector", title: "Connector", result: "failed", version: null, why: "Cannot" },
    { uid: "ztna-service", title: "Service", result: "not_reached", version: null },
  ],
  leftOver: [],
};
const format = { url: "https://grafana", color: false } as const;

describe("publishText", () => {
  it("tells what became of each dashboard, and what differs", () => {
    assertEquals(publishText(result, { ...format, dryRun: false }).split("\n"), [
      "Grafana 11.6.0 at https://grafana",
      "Folder ztna\\u001b[2J-fleet (created)",
      "+ Fleet      created        version 1  https://grafana/d/ztna-fleet",
      "! Relay      kept as it is  version 4  https://grafana/d/ztna-relay",
      "    was edited",
      "    --- in Grafana",
      "    +++ generated",
      "    @@ -1,1 +1,1 @@",
      '    -  "title": "Mine"',
      '    +  "title": "Relay"',
      "✗ Connector  failed                    https://grafana/d/ztna-connector",
      "    Cannot",
      "· Service    not reached               https://grafana/d/ztna-service",
      "Alert rules are Prometheus' and are not pushed: dashboards/generated/prometheus/rules",
    ]);
  });

  it("says of a dry run what would become of them", () => {
    const lines = publishText(result, { ...format, dryRun: true }).split("\n");
    assertEquals(lines[1], "Folder ztna\\u001b[2J-fleet (would be created)");
    assertEquals(lines[2]!.split(/ {2,}/)[1], "would be created");
    assertEquals(lines[3]!.split(/ {2,}/)[1], "would be kept as it is");
  });
});

describe("exitCodeOfPublish", () => {
  const codeOf = (results: readonly string[], dryRun: boolean, isNew = false): number => {
    const dashboards = result.dashboards.filter((dashboard) => results.includes(dashboard.result));
    const folder = { ...result.folder, result: isNew ? "created" : "unchanged" } as const;
    return exitCodeOfPublish({ dashboards, folder, grafana: null, leftOver: [] }, dryRun);
  };

  it("is 0 when all is as it must be, also after changes", () => {
    assertEquals([codeOf([], false), codeOf(["created"], false, true), codeOf([], true)], [
      0,
      0,
      0,
    ]);
  });

  it("is 3 when a dry run has found something to change", () => {
    assertEquals([codeOf(["created"], true), codeOf([], true, true)], [3, 3]);
  });

  it("is 1 when a dashboard is not as it must be", () => {
    for (const wrong of ["kept", "failed"]) {
      assertEquals([codeOf(["created", wrong], false), codeOf([wrong], true)], [1, 1]);
    }
  });
});
