import { assertEquals, assertNotEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import fc from "fast-check";
import { contentHash, contentOf, markOf, withMark } from "./publish_mark.ts";

const dashboard = {
  uid: "ztna-fleet",
  title: "Fleet",
  description: "One glance",
  tags: ["ztna-fleet"],
  panels: [{ id: 1, title: "Up", type: "stat", options: { min: 0, show: true } }],
};

describe("a published dashboard's mark", () => {
  it("tells the version and the content it was published with", () => {
    assertEquals(markOf(withMark(dashboard, 7)), { version: 7, hash: contentHash(dashboard) });
    const { description: _, ...without } = dashboard;
    assertEquals(markOf(withMark(without, 1)), { version: 1, hash: contentHash(without) });
  });

  it("is no part of the content", () => {
    assertEquals(contentHash(withMark(dashboard, 7)), contentHash(dashboard));
    assertEquals(contentOf(withMark(dashboard, 7)), contentOf(dashboard));
  });

  it("is replaced, not repeated, when a dashboard is published again", () => {
    const again = withMark(contentOf(withMark(dashboard, 7)), 8);
    assertEquals(again, withMark(dashboard, 8));
  });

  it("is lost when somebody writes another description", () => {
    const marked = withMark(dashboard, 7);
    for (const description of [undefined, "", "Mine", `${marked["description"]} and more`, 5]) {
      assertEquals(markOf({ ...marked, description }), undefined);
    }
  });

  it("is not found in descriptions that only look like it, however long", () => {
    fc.assert(fc.property(fc.string({ unit: "binary", maxLength: 300 }), (description) => {
      assertEquals(markOf({ description: `${description} [version x, y]` }), undefined);
    }));
  });
});

describe("contentHash", () => {
  it("is the same for what Grafana makes of a dashboard when it stores it", () => {
    const { title, uid, panels, ...others } = dashboard;
    const [panel] = panels;
    const stored = {
      ...{ id: 12, version: 4, iteration: 1700000000, annotations: { list: [] }, liveNow: false },
      ...{ fiscalYearStartMonth: 0, weekStart: "", links: null },
      ...others,
      panels: [{
        ...{ pluginVersion: "12.3.3", links: [], ...panel, transparent: false },
        options: { show: true, min: 0, text: {} },
      }],
      ...{ uid, title },
    };
    assertEquals(contentHash(stored), contentHash(dashboard));
  });

  it("is another for every edit that counts", () => {
    const [panel] = dashboard.panels;
    const edits = [
      { ...dashboard, title: "Mine" },
      { ...dashboard, tags: [] },
      { ...dashboard, panels: [] },
      { ...dashboard, panels: [panel, panel] },
      { ...dashboard, panels: [{ ...panel, options: { min: 1, show: true } }] },
      { ...dashboard, panels: [{ ...panel, options: { min: 0, show: false } }] },
      { ...dashboard, panels: [{ ...panel, options: { show: true } }] },
      { ...dashboard, description: "Mine" },
      { ...dashboard, refresh: "5s" },
    ];
    for (const edit of edits) assertNotEquals(contentHash(edit), contentHash(dashboard));
    assertEquals(new Set(edits.map(contentHash)).size, edits.length);
  });
});
