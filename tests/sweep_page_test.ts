import { assert, assertEquals } from "@std/assert";
import { after, before, describe, it } from "@std/testing/bdd";
import fc from "fast-check";
import { sweepPage } from "../ops/sweep/report/page/sweep_page.ts";
import type { ReportedSweep } from "../ops/sweep/report/reported_sweep.ts";
import { hostileSweep } from "../ops/sweep/report/test_hostile_sweep.ts";
import { quietSweep, troubledSweep } from "../ops/sweep/report/test_sweep.ts";
import { Browser, skipWithoutBrowser } from "./support/browser.ts";

/** Sentences and names that are longer than what there is room for. */
const long = {
  word: "a-very-long-name-without-any-space-in-it-".repeat(8),
  sentence: "this goes on and on and nobody has thought of how wide a telephone is ".repeat(6),
};

/** The troubled sweep with long texts everywhere. */
function longSweep(): ReportedSweep {
  const { result, uptime, recent, ...others } = troubledSweep();
  return {
    ...others,
    recent,
    result: {
      ...result,
      fleet: long.word,
      hosts: [long.word, ...result.hosts],
      findings: result.findings.map((finding) => ({
        ...finding,
        ...finding.status !== "ok" && { subject: long.word, value: long.sentence },
        remedy: finding.remedy === "" ? "" : `${finding.remedy} ${long.word} ${long.sentence}`,
      })),
    },
    uptime: uptime.map((each) => ({ ...each, service: long.word })),
  };
}

const pages: readonly (readonly [name: string, sweep: () => ReportedSweep])[] = [
  ["troubled", troubledSweep],
  ["quiet", quietSweep],
  ["long", longSweep],
];

const openAll = 'document.querySelectorAll("details").forEach((row) => row.open = true)';

/** How much wider than its window a page is. */
const overflow = "document.documentElement.scrollWidth - innerWidth";

/** What stands out of the element that it is in: words that are cut off or on top of others. */
const sticksOut = `[...document.querySelectorAll("body *:not(svg *)")].filter((element) => {
  const { left, right, top, bottom, width } = element.getBoundingClientRect();
  const outer = element.parentElement.getBoundingClientRect();
  return element.checkVisibility() && width > 0 && (left < outer.left - 1 || right > outer.right + 1 ||
    top < outer.top - 1 || bottom > outer.bottom + 1);
}).map((element) => element.outerHTML.slice(0, 200))`;

/** Siblings that cover each other. */
const overlaps = `[...document.querySelectorAll("body *:not(svg *)")].flatMap((element) => {
  const shown = [...element.children].map((child) => [child, child.getBoundingClientRect()])
    .filter(([child, { width, height }]) => child.checkVisibility() && width > 0 && height > 0 &&
      getComputedStyle(child).display !== "inline");
  return shown.slice(1).flatMap(([child, box], i) => {
    const before = shown[i][1];
    const covers = box.top < before.bottom - 1 && box.bottom > before.top + 1 &&
      box.left < before.right - 1 && box.right > before.left + 1;
    return covers ? [child.outerHTML.slice(0, 200)] : [];
  });
})`;

/** Words whose colour is hard to tell from what is behind them (WCAG 2.2, level AA: 4.5 to 1). */
const faintWords = `(() => {
  const channels = (color) => color.match(/[\\d.]+/g).map(Number);
  const luminance = (color) => {
    const [r, g, b] = channels(color).map((value) => {
      const part = value / 255;
      return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const backgroundOf = (element) => {
    for (let at = element; at !== null; at = at.parentElement) {
      const { backgroundColor } = getComputedStyle(at);
      if (channels(backgroundColor)[3] !== 0) return backgroundColor;
    }
    return "rgb(255, 255, 255)";
  };
  return [...document.querySelectorAll("body *:not(svg *)")].filter((element) =>
    [...element.childNodes].some(({ nodeType, data }) => nodeType === 3 && data.trim() !== "")
  ).filter((element) => {
    const [one, other] = [getComputedStyle(element).color, backgroundOf(element)].map(luminance);
    return (Math.max(one, other) + 0.05) / (Math.min(one, other) + 0.05) < 4.5;
  }).map((element) => element.outerHTML.slice(0, 200));
})()`;

describe("a sweep's page in a browser", { skip: skipWithoutBrowser() }, () => {
  let browser: Browser;
  let directory: string;

  before(async () => {
    directory = await Deno.makeTempDir({ prefix: "ztna-sweep-page-" });
    for (const [name, sweep] of pages) {
      await Deno.writeTextFile(`${directory}/${name}.html`, sweepPage(sweep()));
    }
    browser = await Browser.open();
  });

  after(async () => {
    await browser?.[Symbol.asyncDispose]();
    await Deno.remove(directory, { recursive: true });
  });

  async function open(name: string, width: number): Promise<void> {
    await browser.resize(width, 900);
    await browser.navigate(`file://${directory}/${name}.html`);
  }

  for (const width of [1280, 400]) {
    for (const [name] of pages) {
      it(`has room for everything of the ${name} one at ${width} px`, async () => {
        await open(name, width);
        for (const step of ["", openAll]) {
          if (step !== "") await browser.evaluate(step);
          assertEquals(await browser.evaluate(overflow), 0);
          assertEquals(await browser.evaluate(sticksOut), []);
          assertEquals(await browser.evaluate(overlaps), []);
        }
      });
    }
  }

  for (const scheme of ["light", "dark"] as const) {
    it(`can be read in ${scheme} colours`, async () => {
      await browser.emulateColorScheme(scheme);
      await open("troubled", 1280);
      await browser.evaluate(openAll);
      assertEquals(await browser.evaluate(faintWords), []);
      const page = await browser.evaluate<string>(
        "getComputedStyle(document.documentElement).backgroundColor",
      );
      assertEquals(page, scheme === "light" ? "rgb(245, 246, 248)" : "rgb(15, 18, 24)");
    });
  }

  it("draws how hosts were, and is styled, under its own policy", async () => {
    await open("troubled", 1280);
    const drawn = await browser.evaluate<number[]>(
      `[...document.querySelectorAll(".rows .spark")].map((svg) => {
        const { width, height } = svg.getBoundingClientRect();
        const { fill } = getComputedStyle(svg.querySelector("path"));
        return fill === "rgb(0, 0, 0)" ? 0 : width * height;
      })`,
    );
    assertEquals(drawn.length, 23);
    assert(drawn.every((area) => area > 500), `${drawn}`);
    assertEquals(browser.complaints, []);
  });

  it("shows words of strangers as words, asks for nothing and runs nothing", async () => {
    const before = browser.requests.length;
    const sweeps = fc.sample(hostileSweep, 40);
    for (const [i, reported] of sweeps.entries()) {
      await Deno.writeTextFile(`${directory}/hostile.html`, sweepPage(reported));
      await open("hostile", 400);
      await browser.evaluate(openAll);
      const strange = await browser.evaluate<string[]>(
        `[...document.querySelectorAll("script, img, iframe, link, a, [onload], [style]")]
          .map((element) => element.outerHTML)`,
      );
      assertEquals(strange, [], `sweep ${i}`);
      assertEquals(await browser.evaluate(overflow), 0, JSON.stringify(reported.result));
    }
    assertEquals(browser.requests.length - before, sweeps.length);
    assertEquals(browser.complaints, []);
  });
});
