/** `deno task dashboards`: what is generated for Grafana and Prometheus, and where it goes. */

import { localAlertmanager } from "../dashboards/prometheus/prometheus_config.ts";
import { defineProgram } from "../tunnel/options.ts";
import { checkout, checkoutVersion } from "./checkout.ts";
import { type CommandContext, type Parsed, runDeclared } from "./command.ts";
import { type CommandMode, refuseOtherModes } from "./command_modes.ts";
import { inventoryOptions } from "./inventory_options.ts";

const publishing = "Publishing";
const preview = "Preview";
const targets = "Targets";

/** The command line. */
export const program = defineProgram({
  name: "deno task dashboards",
  summary: [
    "Generates dashboards, rules, scrape configuration and their documentation from the metrics'",
    "definitions, and writes what has changed.",
    "With --push: publishes the dashboards to a Grafana instead, with the token in GRAFANA_TOKEN.",
    "preview: draws the dashboards as HTML pages, without a Grafana.",
    "targets: writes what Prometheus scrapes, from an inventory.",
    "Exit code: 0 done, 1 something failed, 2 wrong usage, 3 with --check or --dry-run: something",
    "would change, 4 Grafana is unreachable, 130 interrupted",
  ].join("\n"),
  version: checkoutVersion(checkout),
  options: {
    action: {
      type: "choice",
      choices: ["preview", "targets"],
      positional: 1,
      help: "What to do instead of generating",
    },
    out: {
      type: "string",
      flag: "--out",
      placeholder: "DIR",
      help: "Write beneath this directory (default: the checkout; dashboards-preview, prometheus)",
    },
    check: {
      type: "boolean",
      flag: "--check",
      short: "-C",
      help: "Only say which files would change",
    },
    json: { type: "boolean", flag: "--json", help: "Print the result as JSON" },
    push: {
      type: "string",
      flag: "--push",
      placeholder: "URL",
      group: publishing,
      help: "Publish to this Grafana: https://HOST[:PORT][/PATH]",
    },
    folder: {
      type: "string",
      flag: "--folder",
      placeholder: "NAME",
      default: "ztna-fleet",
      group: publishing,
      help: "Folder in Grafana, by title or uid; made if there is none",
    },
    dryRun: {
      type: "boolean",
      flag: "--dry-run",
      group: publishing,
      help: "Only show what would change there, and how",
    },
    overwrite: {
      type: "boolean",
      flag: "--overwrite",
      group: publishing,
      help: "Replace dashboards also when somebody has edited them by hand",
    },
    prometheus: {
      type: "string",
      flag: "--prometheus",
      placeholder: "URL",
      group: preview,
      help: "Fill the panels from this Prometheus",
    },
    range: {
      type: "string",
      flag: "--range",
      placeholder: "DURATION",
      default: "1h",
      group: preview,
      help: "How much time the panels show: 30m, 6h, 2d",
    },
    choices: {
      type: "strings",
      flag: "--var",
      placeholder: "NAME=VALUE",
      group: preview,
      help: "Choose a value of a variable, such as instance=relay01 (default: All)",
    },
    theme: {
      type: "choice",
      flag: "--theme",
      choices: ["dark", "light", "auto"],
      default: "dark",
      group: preview,
      help: "Colours of the pages; auto follows the reader's",
    },
    alertmanager: {
      type: "strings",
      flag: "--alertmanager",
      placeholder: "HOST:PORT",
      default: [localAlertmanager],
      check: checkEndpoint,
      group: targets,
      help: "Alertmanager that Prometheus tells of alerts; again for each further one",
    },
    ...inventoryOptions,
  },
});

type Values = Parsed<typeof program.options>["values"];
type OptionName = keyof typeof program.options;
type Mode = "generate" | "push" | "preview" | "targets";

const modes: Readonly<Record<Mode, CommandMode<OptionName>>> = {
  generate: { title: "generating", options: ["out", "check", "json"], isDefault: true },
  push: { title: '"--push"', options: ["push", "folder", "dryRun", "overwrite", "json"] },
  preview: { title: '"preview"', options: ["out", "prometheus", "range", "choices", "theme"] },
  targets: {
    title: '"targets"',
    options: ["out", "check", "json", "alertmanager", "inventory", "limit"],
  },
};

async function main(
  context: CommandContext,
  { values, sources }: Parsed<typeof program.options>,
): Promise<number> {
  const mode = modeOf(values);
  refuseOtherModes(program.options, modes, mode, sources);
  const { check = false, json = false } = values;
  switch (mode) {
    case "generate": {
      const { generateCommand } = await import("./dashboards/generate_command.ts");
      return generateCommand(context, { out: values.out ?? checkout, check, json });
    }
    case "push": {
      const { pushCommand } = await import("./dashboards/push_command.ts");
      const { push = "", folder, dryRun = false, overwrite = false } = values;
      return await pushCommand(context, { push, folder, dryRun, overwrite, json });
    }
    case "preview": {
      const { previewCommand } = await import("./dashboards/preview_command.ts");
      const { out = "dashboards-preview", prometheus, range, choices, theme } = values;
      return await previewCommand(context, { out, prometheus, range, choices, theme });
    }
    case "targets": {
      const { targetsCommand } = await import("./dashboards/targets_command.ts");
      const { inventory, limit, alertmanager, out = "prometheus" } = values;
      return await targetsCommand(context, { inventory, limit, alertmanager, out, check, json });
    }
  }
}

function modeOf({ action, push }: Values): Mode {
  // The option's own declaration has let it pass.
  if (action !== undefined) return action as "preview" | "targets";
  return push === undefined ? "generate" : "push";
}

/** Says what is wrong with `HOST:PORT`, if anything is. */
function checkEndpoint(text: string): string | undefined {
  return /^(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._-]+):\d{1,5}$/.test(text)
    ? undefined
    : "it must be HOST:PORT or [IPv6]:PORT";
}

if (import.meta.main) await runDeclared(program, main);
