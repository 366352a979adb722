import { resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { boardFiles } from "../../dashboards/boards/board_files.ts";
import { readBoard } from "../../dashboards/preview/board/board.ts";
import { durationSeconds } from "../../dashboards/preview/data/duration.ts";
import { PrometheusClient } from "../../dashboards/preview/data/prometheus_client.ts";
import type { Theme } from "../../dashboards/preview/page/style.ts";
import { type NamedBoard, renderPreview } from "../../dashboards/preview/render_preview.ts";
import { ConfigError } from "../../tunnel/errors.ts";
import { nearestHint } from "../../tunnel/options/nearest.ts";
import { quote } from "../../tunnel/printable.ts";
import { writeFileAtomically } from "../atomic_file.ts";
import type { CommandContext } from "../command.ts";

/** What the command line says. */
export interface PreviewValues {
  /** Directory of the pages. */
  readonly out: string;
  /** Address of a Prometheus; none: panels show their queries. */
  readonly prometheus: string | undefined;
  /** How much time the panels show, as `1h`. */
  readonly range: string;
  /** `NAME=VALUE` of variables; several of one name are all chosen. */
  readonly choices: readonly string[];
  readonly theme: Theme;
}

/** `dashboards preview`: draws this checkout's dashboards as pages of HTML. */
export async function previewCommand(
  { report, signal }: CommandContext,
  values: PreviewValues,
): Promise<number> {
  const seconds = durationSeconds(values.range);
  if (seconds === undefined || seconds === 0) {
    throw new ConfigError(
      `Cannot draw a preview as "--range" must be a duration: current value is ` +
        `${quote(values.range)}, give one like "30m", "6h" or "2d"`,
    );
  }
  const boards = boardFiles().map(({ path, text }): NamedBoard => ({
    name: path.slice(path.lastIndexOf("/") + 1).replace(/\.json$/, ""),
    board: readBoard(JSON.parse(text), path),
  }));
  const choices = readChoices(values.choices, boards);
  const source = values.prometheus === undefined
    ? undefined
    : new PrometheusClient(values.prometheus, { signal });
  const end = Math.floor(Date.now() / 1000);
  const pages = await renderPreview(boards, {
    source,
    ...(source !== undefined && { origin: source.url }),
    range: { start: end - seconds, end },
    choices,
    theme: values.theme,
    onBoard: (name) => report.step(`Drawing ${name}`),
  });
  signal.throwIfAborted();
  const directory = resolve(values.out);
  writePages(directory, pages);
  if (source === undefined) report.info('No data was asked for: give "--prometheus URL"');
  const paths = pages.keys().map((name) => `${directory}/${name}`).toArray();
  report.result([...paths, `Open ${pathToFileURL(paths[0]!)}`].join("\n"));
  return 0;
}

/** Values that are chosen for variables of any of the dashboards. */
export function readChoices(
  texts: readonly string[],
  boards: readonly NamedBoard[],
): Map<string, string[]> {
  const known = [
    ...new Set(boards.flatMap(({ board }) => board.templating.list.map(({ name }) => name))),
  ].filter((name) => name !== "datasource");
  const choices = new Map<string, string[]>();
  const mistakes: string[] = [];
  for (const text of texts) {
    const at = text.indexOf("=");
    const name = text.slice(0, Math.max(at, 0));
    if (at <= 0 || !known.includes(name)) {
      mistakes.push(
        `Cannot choose by "--var" as it must be NAME=VALUE of a variable: current value is ` +
          `${quote(text)}, ${nearestHint("variable", name, known)}`,
      );
    } else choices.set(name, [...choices.get(name) ?? [], text.slice(at + 1)]);
  }
  if (mistakes.length > 0) throw new ConfigError(mistakes.join("\n"));
  return choices;
}

function writePages(directory: string, pages: ReadonlyMap<string, string>): void {
  try {
    Deno.mkdirSync(directory, { recursive: true });
    for (const [name, text] of pages) writeFileAtomically(`${directory}/${name}`, text);
  } catch (error) {
    throw new ConfigError(
      `Cannot write the preview as its directory must be writable: current value is ` +
        `${quote(directory, 300)} (${
          quote(error instanceof Error ? error.message : String(error), 200)
        }), give another with "--out"`,
      { cause: error },
    );
  }
}
