import { assert, assertEquals, assertGreater } from "@std/assert";
import { after, before, describe, it } from "@std/testing/bdd";
import { boardFiles } from "../dashboards/boards/board_files.ts";
import { readBoard } from "../dashboards/preview/board/board.ts";
import { renderPreview } from "../dashboards/preview/render_preview.ts";
import { plausibleAnswer, ScriptedSource } from "../dashboards/preview/test_source.ts";
import { Browser, skipWithoutBrowser } from "./support/browser.ts";

/** A panel as the generated JSON has it. */
interface JsonPanel {
  readonly id: number;
  readonly type: string;
  readonly title: string;
  readonly gridPos: {
    readonly x: number;
    readonly y: number;
    readonly w: number;
    readonly h: number;
  };
  readonly panels?: readonly JsonPanel[];
}

/** A panel or a row as the browser shows it, in px. */
interface Shown {
  readonly id: number;
  readonly title: string;
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

const boards = boardFiles().map(({ path, text }) => ({
  name: path.slice(path.lastIndexOf("/") + 1, -".json".length),
  json: JSON.parse(text) as { readonly title: string; readonly panels: readonly JsonPanel[] },
}));

/** When the data ends, in seconds since 1970. */
const end = 1_795_680_000;

/** Grafana's grid: lines of 30 px, 8 px between cells, 24 columns over the width. */
const linePx = 38;
const gapPx = 8;

const openRows = 'document.querySelectorAll("details.row").forEach((row) => row.open = true)';
const gridWidth = 'document.querySelector(".grid").getBoundingClientRect().width';

/** Every panel with its place from the first one's corner; rows by their summary. */
const shown = `(() => {
  const top = document.querySelector("main").getBoundingClientRect();
  const place = (element, titled) => {
    const { x, y, width, height } = element.getBoundingClientRect();
    const title = titled.firstChild.textContent.trim();
    return { id: Number(element.dataset.id), title, x: x - top.x, y: y - top.y, width, height };
  };
  return [
    ...[...document.querySelectorAll(".panel")].map((panel) =>
      place(panel, panel.querySelector("h3"))),
    ...[...document.querySelectorAll("details.row")].map((row) =>
      place(row, row.querySelector("summary"))),
  ];
})()`;

/** What is cut off of the words of a page. */
const cutWords = `[...document.querySelectorAll(".panel h3, .stat b, .legend td, .variables span")]
    .filter((element) => element.scrollWidth > element.clientWidth + 1)
    .map((element) => element.textContent)`;

/** What is cut off of the words in charts, with the panel that it is in. */
const cutLabels = `[...document.querySelectorAll("svg.chart text")].filter((text) => {
  const [inner, outer] = [text, text.closest(".body")]
    .map((element) => element.getBoundingClientRect());
  return inner.left < outer.left || inner.right > outer.right ||
    inner.top < outer.top || inner.bottom > outer.bottom;
}).map((text) =>
  text.closest(".panel").querySelector("h3").textContent + ": " + text.textContent)`;

/** Panels whose description, when it is opened, is not all on the page. */
const descriptionsOutside = `[...document.querySelectorAll("details.info")].filter((info) => {
  info.open = true;
  const { left, right, width } = info.querySelector("div").getBoundingClientRect();
  return width === 0 || left < 0 || right > innerWidth;
}).map((info) => info.parentElement.querySelector("h3").textContent)`;

/** Words in charts that another one's lie over, with the panel that they are in. */
const overlappingLabels = `[...document.querySelectorAll("svg.chart")].flatMap((chart) => {
  const boxes = [...chart.querySelectorAll("text")].map((text) => text.getBoundingClientRect());
  const meets = (a, b) => a.left < b.right && b.left < a.right && a.width > 0 &&
    Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top) > a.height / 2;
  return boxes.some((box, i) => boxes.slice(i + 1).some((other) => meets(box, other)))
    ? [chart.closest(".panel").querySelector("h3").textContent] : [];
})`;

/** Panels without anything drawn. */
const undrawn = `[...document.querySelectorAll(".panel")].filter((panel) => {
  const body = panel.querySelector(".body");
  const drawn = [...body.querySelectorAll("svg.chart .data path")].filter((path) => {
    const { width, height } = path.getBoundingClientRect();
    return width + height > 0;
  });
  const words = body.querySelectorAll(".stat b, tbody td, .bars li");
  return drawn.length + words.length === 0 || body.querySelector(".empty, .error") !== null;
}).map((panel) => panel.querySelector("h3").textContent)`;

describe("the preview in a browser", { skip: skipWithoutBrowser() }, () => {
  let browser: Browser;
  let directory: string;

  before(async () => {
    const pages = await renderPreview(
      boards.map(({ name, json }) => ({ name, board: readBoard(json, name) })),
      { source: new ScriptedSource(), range: { start: end - 1800, end } },
    );
    directory = await Deno.makeTempDir({ prefix: "ztna-preview-" });
    for (const [name, text] of pages) await Deno.writeTextFile(`${directory}/${name}`, text);
    browser = await Browser.open();
  });

  after(async () => {
    await browser[Symbol.asyncDispose]();
    await Deno.remove(directory, { recursive: true });
  });

  async function open(name: string, width: number): Promise<void> {
    await browser.resize(width, 1000);
    await browser.navigate(`file://${directory}/${name}.html`);
  }

  for (const { name, json: { title, panels } } of boards) {
    it(`shows every panel of ${name} where Grafana does`, async () => {
      await open(name, 1600);
      assertEquals(await browser.evaluate("document.title"), title);
      const width = await browser.evaluate<number>(gridWidth);
      const closed = new Map(
        (await browser.evaluate<Shown[]>(shown)).map((panel) => [panel.id, panel]),
      );
      for (const panel of panels) assertPlace(closed.get(panel.id), panel, width, 0);

      await browser.evaluate(openRows);
      const opened = new Map(
        (await browser.evaluate<Shown[]>(shown)).map((panel) => [panel.id, panel]),
      );
      for (const row of panels) {
        // As far as the rows above have moved it down.
        const shift = opened.get(row.id)!.y - row.gridPos.y * linePx;
        for (const panel of row.panels ?? []) {
          assertPlace(opened.get(panel.id), panel, width, shift);
        }
      }
      const all = panels.flatMap((panel) => [panel, ...panel.panels ?? []]);
      assertEquals(opened.size, all.length);
    });

    it(`draws data in every panel of ${name}`, async () => {
      await open(name, 1600);
      await browser.evaluate(openRows);
      assertEquals(await browser.evaluate(undrawn), []);
    });

    it(`writes no words in charts of ${name} over others`, async () => {
      for (const width of [1600, 1280]) {
        await open(name, width);
        await browser.evaluate(openRows);
        assertEquals(await browser.evaluate(overlappingLabels), []);
      }
    });

    it(`cuts no text of ${name} off`, async () => {
      await open(name, 1600);
      await browser.evaluate(openRows);
      assertEquals(await browser.evaluate(cutWords), []);
      assertEquals(await browser.evaluate(cutLabels), []);
    });

    it(`cuts no axis of ${name} off on a smaller page, where the words are larger`, async () => {
      await open(name, 1280);
      await browser.evaluate(openRows);
      assertEquals(await browser.evaluate(cutLabels), []);
    });

    it(`has room for what it tells about each panel of ${name}`, async () => {
      await open(name, 1280);
      await browser.evaluate(openRows);
      assertEquals(await browser.evaluate(descriptionsOutside), []);
    });

    for (const width of [1600, 1280, 700]) {
      it(`lets no panel of ${name} overlap another, or the page, at ${width} px`, async () => {
        await open(name, width);
        await browser.evaluate(openRows);
        const isTooWide = "document.documentElement.scrollWidth > innerWidth";
        assertEquals(await browser.evaluate(isTooWide), false);
        const rows = new Set(panels.filter(({ type }) => type === "row").map(({ id }) => id));
        const all = (await browser.evaluate<Shown[]>(shown)).filter(({ id }) => !rows.has(id));
        for (const [i, one] of all.entries()) {
          const other = all.slice(i + 1).find((other) => overlap(one, other));
          assert(other === undefined, `"${one.title}" and "${other?.title}" overlap`);
        }
      });
    }
  }

  it("shows what strangers wrote as words, and nothing else", async () => {
    const hostile = `</text></svg><script>hacked = 1</script><img src=x onerror="hacked = 1">`;
    const { json } = boards[0]!;
    const pages = await renderPreview([{ name: "hostile", board: readBoard(json, "hostile") }], {
      source: new ScriptedSource((expression) =>
        plausibleAnswer(expression).map((labels) =>
          Object.fromEntries(Object.keys(labels).map((label) => [label, hostile]))
        )
      ),
      range: { start: end - 1800, end },
    });
    await Deno.writeTextFile(`${directory}/hostile.html`, pages.get("hostile.html")!);
    await open("hostile", 1600);
    assertEquals(await browser.evaluate("typeof hacked"), "undefined");
    assertEquals(await browser.evaluate('document.querySelectorAll("script, img").length'), 0);
    const cells = '[...document.querySelectorAll("td")].map((cell) => cell.textContent.trim())';
    assert((await browser.evaluate<string[]>(cells)).includes(hostile));
  });

  it("leads from the list to each dashboard, and from each to all others", async () => {
    const links = '[...document.querySelectorAll("a[href]")].map((a) => a.getAttribute("href"))';
    await open("index", 1600);
    assertEquals(await browser.evaluate(links), boards.map(({ name }) => `${name}.html`));
    for (const { name } of boards) {
      await open(name, 1600);
      const others = boards.map((other) => `${other.name}.html`).filter((href) =>
        href !== `${name}.html`
      );
      const found = await browser.evaluate<string[]>(links);
      assertEquals(others.filter((href) => !found.includes(href)), []);
    }
  });

  it("makes a picture that is not blank", async () => {
    await browser.resize(1600, 1000);
    await browser.navigate("about:blank");
    const blank = await browser.screenshot();
    await open("fleet", 1600);
    assertGreater((await browser.screenshot()).length, 5 * blank.length);
  });

  it("asks for nothing but its pages, and complains of nothing", () => {
    const own = new RegExp(`^(file://${directory}/\\w+\\.html|about:blank)$`);
    assertEquals(browser.requests.filter((url) => !own.test(url)), []);
    assertEquals(browser.complaints, []);
  });
});

function assertPlace(
  shown: Shown | undefined,
  { id, title, type, gridPos: { x, y, w, h } }: JsonPanel,
  gridWidth: number,
  shift: number,
): void {
  assert(shown !== undefined, `"${title}" (${id}) is not on the page`);
  assertEquals(shown.title, title);
  const column = (gridWidth - 23 * gapPx) / 24 + gapPx;
  const near = (value: number, expected: number, what: string): void =>
    assert(
      Math.abs(value - expected) < 1.5,
      `${what} of "${title}" is ${value} px instead of ${expected}`,
    );
  near(shown.x, x * column, "left");
  near(shown.y, y * linePx + shift, "top");
  if (type === "row") return;
  near(shown.width, w * column - gapPx, "width");
  near(shown.height, h * linePx - gapPx, "height");
}

function overlap(a: Shown, b: Shown): boolean {
  return a.x < b.x + b.width && b.x < a.x + a.width && a.y < b.y + b.height && b.y < a.y + a.height;
}
