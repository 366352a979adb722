import { assertEquals, assertStringIncludes } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { readBoard } from "../board/board.ts";
import { eventText, loadEvents } from "./events.ts";
import type { DataSource, Point } from "./source.ts";

const { annotations: { list } } = readBoard({
  uid: "u",
  title: "t",
  annotations: {
    list: [
      { name: "Commands", target: { tags: ["ztna-fleet"] } },
      {
        name: "Restarts",
        target: { expr: "resets(uptime[$__interval])" },
        textFormat: "{{ job }} on {{instance}}",
      },
      { name: "Hidden", expr: "vector(1)", enable: false },
    ],
  },
}, "board.json");

const scope = {
  variables: [],
  choices: new Map(),
  range: { start: 0, end: 600 },
  scrapeInterval: 15,
};

function source(points: readonly Point[] | Error): DataSource {
  return {
    queryRange: () =>
      points instanceof Error
        ? Promise.reject(points)
        : Promise.resolve([{ labels: { job: "ztna-relay", instance: "relay01" }, points }]),
    query: () => Promise.resolve([]),
    labelValues: () => Promise.resolve([]),
    scrapeInterval: () => Promise.resolve(15),
  };
}

describe("events", () => {
  it("are the times in which an annotation's expression has a value above zero", async () => {
    const points: Point[] = [[0, 0], [15, 1], [30, 2], [45, 0], [300, 1], [315, NaN]];
    const { events } = await loadEvents(list, source(points), scope);
    assertEquals(events.map(({ start, end }) => [start, end]), [[15, 30], [300, 300]]);
    assertEquals(eventText(events[0]!), "Restarts: ztna-relay on relay01");
  });

  it("say what is wrong with their expression", async () => {
    const { events, errors } = await loadEvents(list, source(new Error("parse error")), scope);
    assertEquals(events, []);
    assertEquals(errors, ["Restarts: parse error"]);
  });

  it("are bounded", async () => {
    const points = Array.from({ length: 1000 }, (_, i): Point => [i * 60, 1]);
    const { events } = await loadEvents(list, source(points), scope);
    assertEquals(events.length, 200);
    assertStringIncludes(eventText(events[0]!), "relay01");
  });
});
