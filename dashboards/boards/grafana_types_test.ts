import { assert, assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { boardDashboard } from "./board.ts";
import { boards, boardText } from "./board_files.ts";

const types = new URL("test_grafana_types.ts", import.meta.url).href;
const config = new URL("../../deno.json", import.meta.url).pathname;

/** What `deno check` says of dashboards as literals of Grafana's types, each in a file of its name. */
async function typeErrors(texts: Readonly<Record<string, string>>): Promise<string> {
  const directory = await Deno.makeTempDir({ prefix: "ztna_dashboard_types_" });
  try {
    const files = await Promise.all(
      Object.entries(texts).map(async ([name, text]) => {
        const file = `${directory}/${name}.ts`;
        const lines = [
          `import type { GrafanaDashboard } from ${JSON.stringify(types)};`,
          `export const dashboard = ${text.trimEnd()} satisfies GrafanaDashboard;`,
        ];
        await Deno.writeTextFile(file, lines.join("\n"));
        return file;
      }),
    );
    const { success, stderr } = await new Deno.Command(Deno.execPath(), {
      args: ["check", "--quiet", "--frozen", "--config", config, ...files],
      env: { NO_COLOR: "1" },
      stdout: "null",
      stderr: "piped",
    }).output();
    return success ? "" : new TextDecoder().decode(stderr);
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
}

const texts = Object.fromEntries(
  boards().map((board) => [board.uid, boardText(boardDashboard(board))]),
);

/** A dashboard with one place changed, which must be there. */
function changed(pattern: RegExp, replacement: string): string {
  const text = texts["ztna-fleet"]!;
  const result = text.replace(pattern, replacement);
  assert(result !== text, `nothing to change for ${pattern}`);
  return result;
}

describe("the dashboards", () => {
  it("are what Grafana's published types say", async () => {
    assertEquals(await typeErrors(texts), "");
  });

  it("would not pass with a key that there is not, or with a wrong type", async () => {
    const mistakes: Readonly<Record<string, string>> = {
      key_of_dashboard: changed(/"schemaVersion":/, '"sheepVersion": 1, $&'),
      key_of_panel: changed(/"gridPos":/, '"gridPosition": 1, $&'),
      key_of_options: changed(/"cellHeight":/, '"cellDepth": "sm", $&'),
      key_of_query: changed(/"expr":/, '"expression": "up", $&'),
      key_of_legend: changed(/"showLegend":/, '"showLegends": true, $&'),
      key_of_variable: changed(/"includeAll":/, '"includeEverything": true, $&'),
      key_of_link: changed(/"keepTime":/, '"keepMoney": true, $&'),
      missing_key: changed(/"schemaVersion": \d+,/, ""),
      number_for_text: changed(/"title": "[^"]*"/, '"title": 5'),
      text_for_number: changed(/"value": null/, '"value": "low"'),
      unknown_value: changed(/"colorMode": "[^"]*"/, '"colorMode": "colorful"'),
      unknown_kind_of_panel: changed(/"type": "stat"/, '"type": "statistic"'),
    };
    const errors = await typeErrors(mistakes);
    const passed = Object.keys(mistakes).filter((name) => !errors.includes(`/${name}.ts:`));
    assertEquals(passed, []);
  });
});
