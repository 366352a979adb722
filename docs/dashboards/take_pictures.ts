/**
 * Takes the pictures of the dashboards in the README, of a small fleet under load in which a relay
 * is restarted (about two minutes; needs Debian's `prometheus` and `chromium`):
 *
 *     deno run -A docs/dashboards/take_pictures.ts
 */

import { boardFiles } from "../../dashboards/boards/board_files.ts";
import { readBoard } from "../../dashboards/preview/board/board.ts";
import { PrometheusClient } from "../../dashboards/preview/data/prometheus_client.ts";
import { type NamedBoard, renderPreview } from "../../dashboards/preview/render_preview.ts";
import { type CommandContext, runCommand } from "../../ops/command.ts";
import { writeFileAtomically } from "../../ops/atomic_file.ts";
import { MonitoredFleet } from "../../tests/monitoring/monitored_fleet.ts";
import { Browser } from "../../tests/support/browser.ts";
import { pause } from "../../tests/support/wait.ts";

/** How long the fleet works before the restart and after it. */
const beforeMs = 40_000;
const afterMs = 40_000;

/** Size of the browser; dashboards that are longer are cut, shorter ones make smaller pictures. */
const widthPx = 1600;
const maxHeightPx = 1500;
/** Below the last panel; less than the gap to the next one. */
const marginPx = 6;

/** The height at which as many panels are seen as can be, and none in part. */
const wholePanels = `(() => {
  const panels = [...document.querySelectorAll(".panel")]
    .map((element) => element.getBoundingClientRect())
    .filter(({ height }) => height > 0);
  const ends = panels.map(({ bottom }) => bottom).filter((bottom) =>
    bottom <= ${maxHeightPx} - ${marginPx} &&
    panels.every((other) => other.bottom <= bottom || other.top >= bottom));
  return Math.round(Math.max(...ends) + ${marginPx});
})()`;
/** Lines and letters are sharp at this, in a quarter of a PNG's bytes. */
const webpQuality = 82;

async function main({ report }: CommandContext): Promise<number> {
  report.step("Starting a fleet with its Prometheus");
  await using fleet = await MonitoredFleet.start();
  const start = Date.now() / 1000;
  await pause(beforeMs);
  report.step("Restarting a relay");
  await fleet.restart("relay01", "0.2.0-9b1c77aa3f2e");
  await pause(afterMs);

  report.step("Drawing");
  const boards = boardFiles().map(({ path, text }): NamedBoard => ({
    name: path.slice(path.lastIndexOf("/") + 1, -".json".length),
    board: readBoard(JSON.parse(text), path),
  }));
  const pages = await renderPreview(boards, {
    source: new PrometheusClient(fleet.prometheus.url),
    origin: "Prometheus",
    range: { start: Math.floor(start), end: Math.floor(Date.now() / 1000) },
  });
  for (const path of await takePictures(pages)) report.result(path);
  return 0;
}

/** A picture of every page but the list of all. */
async function takePictures(pages: ReadonlyMap<string, string>): Promise<string[]> {
  await using browser = await Browser.open();
  const taken: string[] = [];
  for (const [name, text] of pages) {
    if (name === "index.html") continue;
    const file = await Deno.makeTempFile({ suffix: ".html" });
    try {
      await Deno.writeTextFile(file, text);
      await browser.resize(widthPx, maxHeightPx);
      await browser.navigate(`file://${file}`);
      await browser.resize(widthPx, await browser.evaluate<number>(wholePanels));
      const { pathname } = new URL(name.replace(/html$/, "webp"), import.meta.url);
      const picture = await browser.screenshot({ format: "webp", quality: webpQuality });
      writeFileAtomically(pathname, picture);
      taken.push(pathname);
    } finally {
      await Deno.remove(file);
    }
  }
  return taken;
}

if (import.meta.main) await runCommand(main);
