import { assert, assertEquals, assertFalse, assertStringIncludes } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { readBoard } from "./board/board.ts";
import { type NamedBoard, renderPreview } from "./render_preview.ts";
import { type Answer, plausibleAnswer, ScriptedSource } from "./test_source.ts";

const range = { start: 1_795_676_400, end: 1_795_680_000 };
const types = ["stat", "timeseries", "table", "state-timeline", "heatmap", "bargauge"];

function boardOf(panels: readonly object[], more: object = {}): NamedBoard {
  const placed = panels.map((panel, index) => ({
    id: index + 1,
    type: "timeseries",
    gridPos: { x: 0, y: index * 8, w: 24, h: 8 },
    targets: [{ refId: "A", expr: "sum by (le) (x)", legendFormat: "{{le}}" }],
    ...panel,
  }));
  return {
    name: "one",
    board: readBoard({ uid: "u", title: "One", panels: placed, ...more }, "one"),
  };
}

async function draw(board: NamedBoard, answer?: Answer): Promise<string> {
  const pages = await renderPreview([board], { source: new ScriptedSource(answer), range });
  return pages.get("one.html")!;
}

describe("a page of a dashboard", () => {
  it("is the same for the same data", async () => {
    const board = boardOf(types.map((type) => ({ type, title: type })));
    assertEquals(await draw(board), await draw(board));
  });

  it("asks with the variables' values", async () => {
    const source = new ScriptedSource();
    const board = boardOf([{ targets: [{ expr: 'rate(x{job=~"$job"}[$__rate_interval])' }] }], {
      templating: { list: [{ name: "job", type: "query", allValue: ".*" }] },
    });
    await renderPreview([board], { source, range, choices: new Map([["job", ["a"]]]) });
    assertEquals(source.expressions, ['rate(x{job=~"a"}[60s])']);
  });

  it("shows in its panel what went wrong, and draws the others", async () => {
    const page = await draw(
      boardOf([{ title: "bad", targets: [{ expr: "bad(" }] }, { title: "good" }]),
      (expression) => expression === "bad(" ? new Error("parse error <b>") : plausibleAnswer(""),
    );
    assertStringIncludes(page, "parse error &lt;b&gt;");
    assertStringIncludes(page, '<svg class="chart"');
  });

  for (const type of types) {
    it(`says when there is no data for a panel of type ${type}`, async () => {
      assertStringIncludes(await draw(boardOf([{ type }]), () => []), "No data");
    });

    it(`has the words that a panel of type ${type} has for no value`, async () => {
      const panel = { type, fieldConfig: { defaults: { noValue: "all quiet" } } };
      const page = await draw(boardOf([panel]), () => []);
      assertStringIncludes(page, "all quiet");
      assertFalse(page.includes("No data"));
    });

    it(`lets no label value out of its place in a panel of type ${type}`, async () => {
      const hostile = `\u0000\u202e</text></svg></style><script>alert("1")</script>' onload='x'`;
      const page = await draw(
        boardOf([{ type, title: hostile, description: hostile }]),
        () => [{ le: hostile, [hostile]: hostile }, { le: "1" }],
      );
      assertFalse(/<script|<\/style><s|onload='/.test(page));
      // deno-lint-ignore no-control-regex -- that there is none is the promise
      assertFalse(/[\u0000\u202e]/.test(page));
      assertEquals(page.split("<style>").length, 2);
    });

    it(`bounds what a panel of type ${type} draws, and says how much is left out`, async () => {
      const many = Array.from({ length: 5000 }, (_, i) => ({ le: String(i), i: "x".repeat(500) }));
      const page = await draw(boardOf([{ type }]), () => many);
      assert(page.length < 2_000_000, `${page.length} characters`);
      assertStringIncludes(page, "more");
    });
  }

  it("says which types of panels it does not draw", async () => {
    const page = await draw(boardOf([{ type: "constructor" }]));
    assertStringIncludes(page, "does not draw panels of type constructor");
  });

  it("shows the queries where there is no source, and says so", async () => {
    const pages = await renderPreview([boardOf([{}])], { source: undefined, range });
    const page = pages.get("one.html")!;
    assertStringIncludes(page, "Without data");
    assertStringIncludes(page, "<code>sum by (le) (x)</code>");
  });

  it("leads to the others and to nowhere else", async () => {
    const other = { name: "two", board: readBoard({ uid: "v", title: "Two" }, "two") };
    const table = {
      type: "table",
      fieldConfig: {
        defaults: {
          links: [{ url: "javascript:alert(1)" }, { url: "http://127.0.0.1/" }, {
            url: "/d/v?x=1",
          }],
        },
      },
    };
    const pages = await renderPreview([boardOf([table]), other], {
      source: new ScriptedSource(),
      range,
    });
    assertEquals([...pages.keys()], ["index.html", "one.html", "two.html"]);
    const hrefs = pages.get("one.html")!.matchAll(/href="([^"]*)"/g).map(([, href]) => href);
    assertEquals([...new Set(hrefs)], ["two.html"]);
  });
});
