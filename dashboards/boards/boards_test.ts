import { assert, assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import type { GridPos, Panel, RowPanel } from "@grafana/grafana-foundation-sdk/dashboard";
import { gridColumns } from "../panels/layout.ts";
import { variablesIn } from "../promql/grafana_variables.ts";
import { boardTag, boardUids } from "./links.ts";
import { dashboards, isRow, panelsOf, targetsOf } from "./test_boards.ts";

const place = ({ gridPos }: Panel | RowPanel): GridPos => gridPos!;

function overlaps(a: GridPos, b: GridPos): boolean {
  return a.x < b.x + b.w && b.x < a.x + a.w && a.y < b.y + b.h && b.y < a.y + a.h;
}

/** Pairs that lie on each other, and what leaves the grid, by title. */
function misplaced(panels: readonly (Panel | RowPanel)[]): string[] {
  return panels.flatMap((panel, index) => {
    const { x, y, w, h } = place(panel);
    const isOff = x < 0 || y < 0 || w < 1 || h < 1 || x + w > gridColumns;
    return [
      ...(isOff ? [`${panel.title} leaves the grid`] : []),
      ...panels.slice(index + 1).filter((other) => overlaps(place(panel), place(other)))
        .map((other) => `${panel.title} lies on ${other.title}`),
    ];
  });
}

describe("the dashboards", () => {
  it("have uids that never change, the tag of all, and the variables in the one order", () => {
    const byUid = Object.fromEntries(
      dashboards().map(({ uid, tags, templating }) => [
        uid,
        [...tags!, ...templating.list!.map(({ name }) => name)],
      ]),
    );
    assertEquals(byUid, {
      "ztna-fleet": [boardTag, "datasource", "fleet", "job", "instance"],
      "ztna-relay": [boardTag, "datasource", "fleet", "instance", "service"],
      "ztna-connector": [boardTag, "datasource", "fleet", "instance", "service"],
      "ztna-service": [boardTag, "datasource", "fleet", "job", "instance", "service"],
      "ztna-rollout": [boardTag, "datasource", "fleet", "job", "instance"],
    });
    assertEquals(Object.keys(byUid), [...boardUids]);
  });

  for (const dashboard of dashboards()) {
    describe(dashboard.uid!, () => {
      const panels = panelsOf(dashboard);

      it("numbers rows and panels from 1 without a gap", () => {
        const ids = (dashboard.panels ?? []).flatMap((panel) =>
          isRow(panel) ? [panel.id, ...panel.panels.map(({ id }) => id)] : [panel.id]
        );
        assertEquals(ids, ids.map((_, index) => index + 1));
      });

      it("has no panels that lie on each other or leave the grid", () => {
        assertEquals(misplaced(dashboard.panels!), []);
        for (const row of dashboard.panels!.filter(isRow)) {
          assertEquals(misplaced([row, ...row.panels]), []);
        }
      });

      it("fills every line of the grid", () => {
        const open = dashboard.panels!;
        const groups = [open, ...open.filter(isRow).map((row) => row.panels)];
        for (const group of groups) {
          for (const [y, line] of Map.groupBy(group, (panel) => place(panel).y)) {
            const width = line.reduce((sum, panel) => sum + place(panel).w, 0);
            assertEquals([y, width], [y, gridColumns]);
          }
        }
      });

      it("closes a row if and only if it holds its panels", () => {
        for (const row of dashboard.panels!.filter(isRow)) {
          assertEquals([row.title, row.collapsed], [row.title, row.panels.length > 0]);
        }
      });

      it("says of every panel what to do, in which unit, and asks the chosen Prometheus", () => {
        for (const panel of panels) {
          const { title, description = "", datasource, fieldConfig } = panel;
          assert(description.split("\n\n").length >= 3, `no advice at "${title}"`);
          assert(fieldConfig?.defaults.unit, `no unit at "${title}"`);
          const chosen = { type: "prometheus", uid: "${datasource}" };
          assertEquals(datasource, chosen);
          for (const target of targetsOf(panel)) assertEquals(target.datasource, chosen);
        }
      });

      it("gives the queries of a panel refIds of their own", () => {
        for (const panel of panels) {
          const ids = targetsOf(panel).map(({ refId }) => refId);
          assertEquals([panel.title, new Set(ids).size], [panel.title, ids.length]);
          assert(ids.length > 0, `"${panel.title}" asks nothing`);
        }
      });

      it("has no two panels of one title in a row", () => {
        const rows = dashboard.panels!.filter(isRow).map((row) => row.panels);
        for (const group of [dashboard.panels!.filter((panel) => !isRow(panel)), ...rows]) {
          const titles = group.map(({ title }) => title);
          assertEquals(titles.filter((title, index) => titles.indexOf(title) !== index), []);
        }
      });

      it("defines every variable that it uses, and uses every one that it defines", () => {
        const defined = dashboard.templating.list!.map(({ name }) => name);
        const texts = [JSON.stringify(dashboard.panels), JSON.stringify(dashboard.templating)];
        const used = variablesIn(texts.join()).filter((name) => !/^\d+$/.test(name));
        assertEquals(used.sort(), defined.sort());
      });

      it("starts with all values of every variable, a label that is missing included", () => {
        for (const variable of dashboard.templating.list!) {
          if (variable.type === "datasource") continue;
          assertEquals(
            [variable.multi, variable.includeAll, variable.allValue, variable.current?.value],
            [true, true, ".*", ["$__all"]],
          );
        }
      });

      it("links to dashboards that there are, and to all others at the top", () => {
        const urls = JSON.stringify(dashboard).match(/(?<=")\/d\/[^"]*/g) ?? [];
        const uids = urls.map((url) => /^\/d\/([^?]*)/.exec(url)?.[1]);
        assertEquals(uids.filter((uid) => !(boardUids as readonly unknown[]).includes(uid)), []);
        assertEquals(
          dashboard.links!.map(({ url }) => url),
          boardUids.filter((uid) => uid !== dashboard.uid).map((uid) => `/d/${uid}`),
        );
      });

      it("shows links and annotations where the reader sees them", () => {
        assertEquals(JSON.stringify(dashboard).includes('placement":"inControlsMenu'), false);
        assertEquals(dashboard.annotations.list![0]!.builtIn, 1);
      });

      it("says infinity as null, as JSON must", () => {
        for (const panel of panels) {
          const steps = panel.fieldConfig?.defaults.thresholds?.steps ?? [];
          if (steps.length > 0) assertEquals([panel.title, steps[0]!.value], [panel.title, null]);
          assertEquals(steps.slice(1).filter(({ value }) => !Number.isFinite(value)), []);
        }
      });

      it("takes rates over the time that fits the range", () => {
        for (const panel of panels) {
          for (const { expr } of targetsOf(panel)) {
            const windows = [...expr.matchAll(/\b(?:rate|increase)\([^[]*\[([^\]]*)\]/g)]
              .map(([, window]) => window);
            const known = ["$__rate_interval", "$__range"];
            assertEquals(windows.filter((window) => !known.includes(window!)), []);
          }
        }
      });
    });
  }
});
