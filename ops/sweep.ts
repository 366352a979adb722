/** `deno task sweep`: is every host, program, tunnel and certificate of a fleet all right? */

import { defineProgram } from "../tunnel/options.ts";
import { checkout, checkoutVersion } from "./checkout.ts";
import { type CommandContext, type Parsed, runDeclared } from "./command.ts";
import { type CommandMode, refuseOtherModes } from "./command_modes.ts";
import {
  changeOptions,
  connectionOptions,
  outputOptions,
  refuseContradictions,
} from "./fleet_options.ts";
import { inventoryOptions } from "./inventory_options.ts";
import { namePattern } from "./release/host_layout.ts";
import { notifyOptions } from "./sweep/notify/notify_options.ts";
import { installOptions } from "./sweep/schedule/install_options.ts";

const reports = "Reports";
const history = "History";

/** Where reports go besides the terminal. */
const reportOptions = {
  watch: {
    type: "number",
    flag: "--watch",
    placeholder: "SECONDS",
    min: 1,
    max: 86_400,
    bare: 60,
    group: reports,
    help: "Sweep again and again, this long after the last one, until Ctrl-C",
  },
  html: {
    type: "string",
    flag: "--html",
    placeholder: "FILE",
    group: reports,
    help: "Write a page for browsers; - for standard output",
  },
  junit: {
    type: "string",
    flag: "--junit",
    placeholder: "FILE",
    group: reports,
    help: "Write JUnit's XML, for CI systems; - for standard output",
  },
  prom: {
    type: "string",
    flag: "--prom",
    placeholder: "FILE",
    group: reports,
    help:
      "Write a file for the textfile collector of Prometheus' node exporter: DIR/ztna.prom; - " +
      "for standard output",
  },
} as const;

/** The command line of `sweep`. */
export const program = defineProgram({
  name: "deno task sweep",
  summary: [
    "Looks at every host, program, tunnel and certificate of a fleet, and says what is wrong and",
    "what to do. Changes nothing.",
    "--fix: mends what can be mended without a risk, host by host, and looks again.",
    "history: shows what earlier sweeps have found, and how services were. Asks no host.",
    "install: has a machine sweep by the clock, with the flags that are given, or no more.",
    "Exit code: 0 all is well, 1 something is critical, 2 wrong usage, 3 warnings only, 4 hosts",
    "unreachable, 130 interrupted; 3 also with --check: something would change",
  ].join("\n"),
  version: checkoutVersion(checkout),
  options: {
    action: {
      type: "choice",
      choices: ["history", "install"],
      positional: 1,
      help: "What to do instead of a sweep",
    },
    ...inventoryOptions,
    timeout: {
      type: "number",
      flag: "--timeout",
      placeholder: "SECONDS",
      min: 1,
      max: 3600,
      default: 60,
      help: "How long the whole sweep may take",
    },
    hostTimeout: {
      type: "number",
      flag: "--host-timeout",
      placeholder: "SECONDS",
      min: 0.1,
      max: 3600,
      default: 20,
      help: "How long one host may take of that, connecting included",
    },
    release: {
      type: "string",
      flag: "--release",
      placeholder: "ID",
      check: (text: string): string | undefined =>
        namePattern.test(text) ? undefined : "it must be the ID of a release",
      help: "The release that hosts should have (default: the one that was last deployed from " +
        "this machine to most of them, or else that most of them have)",
    },
    probe: {
      type: "boolean",
      flag: "--probe",
      default: true,
      help: "Send packets through the tunnels",
    },
    probeFrom: {
      type: "string",
      flag: "--probe-from",
      placeholder: "HOST",
      help: "The host of the inventory that sends them (default: this machine); it must have a " +
        "release",
    },
    ...connectionOptions,
    ...outputOptions,
    ...reportOptions,
    ...notifyOptions,
    ...installOptions,
    fix: {
      type: "boolean",
      flag: "--fix",
      help: "Mend what has a safe remedy: starts programs, renews certificates, prunes releases, …",
    },
    ...changeOptions,
    since: {
      type: "string",
      flag: "--since",
      placeholder: "DURATION",
      default: "7d",
      group: history,
      help: "How far back: 12h, 7d, 4w",
    },
    host: {
      type: "string",
      flag: "--host",
      placeholder: "HOST",
      group: history,
      help: "Only changes of this host",
    },
    checkId: {
      type: "string",
      flag: "--check-id",
      placeholder: "CHECK",
      group: history,
      help: "Only changes that this check has found: disk-space",
    },
    service: {
      type: "string",
      flag: "--service",
      placeholder: "SERVICE",
      group: history,
      help: "Only changes and uptime of this service",
    },
  },
});

type OptionName = keyof typeof program.options;
type Mode = "sweep" | "fix" | "history" | "install";

/** What all sweeps have. */
const sweepOptions: readonly OptionName[] = [
  ...["inventory", "limit", "timeout", "hostTimeout", "release", "probe", "probeFrom"] as const,
  ...Object.keys(connectionOptions) as (keyof typeof connectionOptions)[],
  ...Object.keys(outputOptions) as (keyof typeof outputOptions)[],
  ...["html", "junit", "prom"] as const,
];

const notifyNames = Object.keys(notifyOptions) as (keyof typeof notifyOptions)[];

/** What sweeps by the clock have: where nobody looks, and nobody is asked. */
const scheduledOptions: readonly OptionName[] = [...sweepOptions, ...notifyNames].filter((name) =>
  name !== "askBecomePassword" && !(name in outputOptions)
);

const modes: Readonly<Record<Mode, CommandMode<OptionName>>> = {
  sweep: {
    title: "a sweep",
    options: [...sweepOptions, "watch", ...notifyNames],
    isDefault: true,
  },
  fix: {
    title: '"--fix"',
    options: [
      ...sweepOptions,
      "fix",
      ...Object.keys(changeOptions) as (keyof typeof changeOptions)[],
    ],
  },
  history: {
    title: '"history"',
    options: ["inventory", "since", "host", "checkId", "service", "json"],
  },
  install: {
    title: '"install"',
    options: [
      ...sweepOptions,
      ...notifyNames,
      ...Object.keys(installOptions) as (keyof typeof installOptions)[],
      ...["check", "diff", "lockTimeout", "forceUnlock"] as const,
    ],
  },
};

async function main(
  context: CommandContext,
  { values, sources }: Parsed<typeof program.options>,
): Promise<number> {
  // The option's own declaration has let it pass.
  const mode = (values.action ?? (values.fix ? "fix" : "sweep")) as Mode;
  refuseOtherModes(program.options, modes, mode, sources);
  refuseContradictions(values);
  if (mode === "history") {
    const { historyCommand } = await import("./sweep/history/history_command.ts");
    const { inventory, since, host, checkId: check, service, json = false } = values;
    return await historyCommand(context, { inventory, since, host, check, service, json });
  }
  if (mode === "install") {
    const { installCommand } = await import("./sweep/schedule/install_command.ts");
    return await installCommand(context, {
      ...{ declarations: program.options, sweepOptions: scheduledOptions, sources },
      values: { ...values, change: values },
    });
  }
  if (mode === "fix") {
    const { fixCommand } = await import("./sweep/fix/fix_command.ts");
    return await fixCommand(context, { ...values, change: values });
  }
  const { sweepCommand } = await import("./sweep/sweep_command.ts");
  return await sweepCommand(context, values);
}

if (import.meta.main) await runDeclared(program, main);
