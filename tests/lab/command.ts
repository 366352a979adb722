import type { CommandContext } from "../../ops/command.ts";
import { hostNames } from "./address_plan.ts";
import { labHelp, type LinkChange, parseLabArguments } from "./arguments.ts";
import { Lab } from "./lab.ts";
import { buildLab } from "./lab_building.ts";
import { LabPaths, stateDirectory } from "./lab_paths.ts";
import { removeAbandonedLabs, removeLab } from "./lab_removal.ts";
import { shapeText } from "./link_shape.ts";
import { routerOf } from "./network.ts";
import { requireFitMachine } from "./prerequisites.ts";
import { labStatus, statusText } from "./status.ts";

/** Runs `deno task lab`, and gives its exit code. */
export async function runLabCommand(
  argv: readonly string[],
  { report, signal }: CommandContext,
): Promise<number> {
  const command = parseLabArguments(argv, Deno.env);
  if (command.kind === "help") {
    report.result(labHelp.trimEnd());
    return 0;
  }
  requireFitMachine();
  const paths = new LabPaths(stateDirectory(Deno.env), command.lab);
  switch (command.kind) {
    case "up": {
      const startMs = performance.now();
      const names = hostNames(command.hosts);
      const hosts = await buildLab(paths, {
        hosts: names,
        progress: (text) => report.step(text),
        signal,
      });
      const seconds = ((performance.now() - startMs) / 1000).toFixed(1);
      report.done(
        `${hosts.length} hosts are up, after ${seconds} s: ssh -F ${paths.sshConfig} ${
          hosts[0]!.name
        }`,
      );
      return 0;
    }
    case "down":
      await removeAbandonedLabs(paths.shared);
      await removeLab(paths, { purge: command.purge });
      report.done(`Lab "${command.lab}" is gone`);
      return 0;
    case "exec":
      return await inTerminal(routerOf(paths).enter(...command.command));
    case "status": {
      const status = await labStatus(paths);
      if (command.json) report.json({ lab: command.lab, hosts: status });
      else report.result(statusText(paths, status));
      return 0;
    }
  }
  const host = Lab.find(command.lab).host(command.host);
  switch (command.kind) {
    case "ssh":
      return await inTerminal([
        "ssh",
        ...["-F", paths.sshConfig, "-l", command.user, host.name, ...command.command],
      ]);
    case "net":
      if (typeof command.change === "string") await host[linkMethods[command.change]]();
      else await host.shape(command.change);
      report.done(`${host.name}: the link is ${linkText(command.change)}`);
      return 0;
    default:
      await host[command.kind]();
      report.done(`${host.name}: ${command.kind} done`);
      return 0;
  }
}

const linkMethods = { cut: "cut", mend: "mend", clear: "clearShape" } as const;

function linkText(change: LinkChange): string {
  if (typeof change !== "string") return `shaped: ${shapeText(change)}`;
  return { cut: "cut", mend: "mended", clear: "without a shape" }[change];
}

/** Runs a program that has this one's terminal, and gives its exit code. */
async function inTerminal([command, ...args]: readonly [string, ...string[]]): Promise<number> {
  const child = new Deno.Command(command, {
    args,
    stdin: "inherit",
    stdout: "inherit",
    stderr: "inherit",
  }).spawn();
  return (await child.status).code;
}
