import { assert, assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { heatmapPanel } from "./heatmap_panel.ts";
import { type PanelOptions, refId, type SizedPanel } from "./panel.ts";
import { statPanel } from "./stat_panel.ts";
import { stateTimelinePanel } from "./state_timeline_panel.ts";
import { tablePanel } from "./table_panel.ts";
import { timeSeriesPanel } from "./time_series_panel.ts";

const options: PanelOptions = {
  title: "Parcels",
  description: "Parcels.",
  unit: "short",
  queries: [{ expression: "a" }, { expression: "b", legend: "B" }],
};

const panels: Readonly<Record<string, () => SizedPanel>> = {
  heatmap: () => heatmapPanel(options),
  stat: () => statPanel(options),
  "alarming stat": () => statPanel({ ...options, isAlarm: true }),
  "state timeline": () => stateTimelinePanel({ ...options, states: [] }),
  table: () => tablePanel({ ...options, columns: [{ of: 0, title: "A" }], sortBy: "A" }),
  "time series": () => timeSeriesPanel(options),
};

interface Target {
  readonly refId: string;
  readonly range?: boolean;
  readonly instant?: boolean;
}

describe("a panel", () => {
  for (const [name, make] of Object.entries(panels)) {
    const targets = (): Target[] => make().panel.targets as unknown as Target[];

    it(`of a ${name} is plain JSON, without the functions of the SDK's queries`, () => {
      const { panel } = make();
      assertEquals(structuredClone(panel), JSON.parse(JSON.stringify(panel)));
    });

    it(`of a ${name} is another object each time`, () => {
      const [first, second] = [make(), make()];
      assertEquals(first, second);
      assert(first.panel !== second.panel && first.panel.options !== second.panel.options);
    });

    it(`of a ${name} gives each query a letter, and asks for a range or a moment`, () => {
      assertEquals(targets().map((target) => target.refId), ["A", "B"]);
      for (const { range = false, instant = false } of targets()) assert(range !== instant);
    });
  }

  it("of lines has a legend, which the SDK hides by default", () => {
    assertEquals(timeSeriesPanel(options).panel.options.legend.showLegend, true);
  });

  it("of a table names its columns by labels and by queries, and hides the rest", () => {
    const { panel } = tablePanel({
      ...options,
      columns: [{ of: "instance", title: "Host" }, { of: 1, title: "B", unit: "s" }],
      hidden: ["Value #A"],
      sortBy: "B",
      isDescending: true,
    });
    assertEquals(panel.transformations?.[1]?.options, {
      excludeByName: { Time: true, "Value #A": true },
      indexByName: { instance: 0, "Value #B": 1 },
      renameByName: { instance: "Host", "Value #B": "B" },
    });
    assertEquals(panel.options.sortBy, [{ displayName: "B", desc: true }]);
    assertEquals(panel.fieldConfig?.overrides, [{
      matcher: { id: "byName", options: "B" },
      properties: [{ id: "unit", value: "s" }],
    }]);
  });
});

describe("refId", () => {
  it("counts in letters", () => {
    assertEquals([0, 1, 25, 26, 27, 51, 52, 701, 702].map(refId), [
      ...["A", "B", "Z", "AA", "AB", "AZ", "BA", "ZZ", "AAA"],
    ]);
  });
});

describe("the SDK", () => {
  const importPattern = /from "(@grafana\/grafana-foundation-sdk\/[^"]+)"/g;
  const directories = ["./", "../boards/"].map((path) => new URL(path, import.meta.url));

  it("has every part that is imported, also when it runs", async () => {
    const specifiers = new Set<string>();
    for (const directory of directories) {
      for await (const { name } of Deno.readDir(directory)) {
        if (!name.endsWith(".ts")) continue;
        const text = await Deno.readTextFile(new URL(name, directory));
        for (const [, specifier] of text.matchAll(importPattern)) specifiers.add(specifier!);
      }
    }
    assert(specifiers.size > 5);
    // Types are there for paths, too, that the package does not export.
    for (const specifier of specifiers) await import(specifier);
  });
});
