/**
 * Draws the pictures of a sweep in the documentation, of a fleet that is made up (a second; needs
 * Debian's `chromium`):
 *
 *     deno run -A docs/sweep/take_pictures.ts
 */

import { setColorEnabled } from "@std/fmt/colors";
import { fileURLToPath } from "node:url";
import { writeFileAtomically } from "../../ops/atomic_file.ts";
import { sweepPage } from "../../ops/sweep/report/page/sweep_page.ts";
import type { ReportedSweep } from "../../ops/sweep/report/reported_sweep.ts";
import { sweepLines } from "../../ops/sweep/report/sweep_text.ts";
import { again, troubledSweep } from "../../ops/sweep/report/test_sweep.ts";
import { type CommandContext, runCommand } from "../../ops/command.ts";
import { linesOf } from "../../ops/terminal/recording/frames.ts";
import { stillSvg } from "../../ops/terminal/recording/terminal_svg.ts";
import { formatLines } from "../../ops/terminal/span.ts";
import { Browser } from "../../tests/support/browser.ts";

/** Wide enough for a table, and narrow enough to be read in a README. */
const columns = 112;
/** Width of the browser. */
const pagePx = 1180;
/** Lines and letters are sharp at this, in a quarter of a PNG's bytes. */
const webpQuality = 82;

async function main({ report }: CommandContext): Promise<number> {
  const sweep = troubledSweep();
  write("../terminal/sweep.svg", terminalPicture(sweep));
  write("page.webp", await pagePicture(sweep));
  report.result("docs/terminal/sweep.svg, docs/sweep/page.webp");
  return 0;
}

/** What a terminal shows of the command. */
function terminalPicture(sweep: ReportedSweep): string {
  setColorEnabled(true);
  const lines = sweepLines(sweep, { verbosity: 0, columns, again });
  const shown = formatLines(lines, { color: true }).replaceAll("\n", "\r\n");
  const text = `\x1b[1;32m$\x1b[0m deno task sweep -i hosts.yaml\r\n${shown}`;
  const size = { columns, rows: lines.length + 10 };
  return stillSvg(linesOf({ size, output: [{ atMs: 0, text }] }), columns);
}

async function pagePicture(sweep: ReportedSweep): Promise<Uint8Array> {
  const file = await Deno.makeTempFile({ suffix: ".html" });
  try {
    await using browser = await Browser.open();
    await Deno.writeTextFile(file, sweepPage(sweep));
    await browser.resize(pagePx, 100);
    await browser.navigate(`file://${file}`);
    const height = await browser.evaluate<number>("document.documentElement.scrollHeight");
    await browser.resize(pagePx, height);
    return await browser.screenshot({ format: "webp", quality: webpQuality });
  } finally {
    await Deno.remove(file);
  }
}

function write(name: string, contents: string | Uint8Array): void {
  writeFileAtomically(fileURLToPath(new URL(name, import.meta.url)), contents);
}

if (import.meta.main) await runCommand(main);
