import { BenchError } from "../bench_error.ts";
import { contest, type Contestant } from "../ops/contest.ts";
import type { PartOptions } from "../ops/command_bench.ts";
import type { OpsBenchRow } from "../ops/report.ts";
import { timedRun } from "../ops/timed_command.ts";
import { ansibleTool, loopTool, type Tool } from "../ops/tools.ts";
import { sshLoop, type SshLoopOptions } from "./ssh_loop.ts";
import { expectAnswers, readEvents, scriptOf, sweepCommand } from "./swept.ts";
import { SweepTargets } from "./targets.ts";

/** Our sweep beside Ansible gathering facts, and bare loops of ssh: sshd on loopback. */
export async function compareOnLoopback(options: PartOptions): Promise<OpsBenchRow[]> {
  await using targets = await SweepTargets.start(options);
  const { hosts, tool: ours, inventory } = targets;
  const sshConfigFile = hosts.sshConfigFile("default");
  return await compare(options, { ours, inventory, sshConfigFile, names: hosts.names });
}

/** A fleet that all tools can reach. */
export interface ComparedFleet {
  /** With the fleet's certificates. */
  readonly ours: Tool;
  readonly inventory: string;
  readonly sshConfigFile: string;
  readonly names: readonly string[];
  /** What runs scripts there as root; `sh` by default. */
  readonly shell?: string;
}

/**
 * Has all tools ask the same hosts: ours, Ansible's `setup`, ssh that does nothing there, and ssh
 * that has hosts run our script.
 */
export async function compare(
  options: PartOptions,
  { ours, inventory, sshConfigFile, names, shell }: ComparedFleet,
): Promise<OpsBenchRow[]> {
  const { directory, signal } = options;
  const forks = names.length;
  const events = `${directory}/events.jsonl`;
  const command = sweepCommand({ tool: ours, inventory, forks });
  await timedRun(sweepCommand({ tool: ours, inventory, forks, events }), signal);
  const script = `${directory}/script.sh`;
  Deno.writeTextFileSync(script, scriptOf(readEvents(events)));
  const ansible = ansibleTool("ansible", `${directory}/ansible`, forks);
  const loop = (
    tool: "ssh loop" | "ssh script",
    more: Pick<SshLoopOptions, "script" | "shell">,
  ): Contestant => {
    const { controlDirectory } = loopTool(`${directory}/${tool.replace(" ", "-")}`);
    const options = { sshConfigFile, hosts: names, forks, controlDirectory, ...more };
    // That one of them fails is in the exit code.
    return { tool, controlDirectory, command: sshLoop(options), check: () => {} };
  };
  return await contest({
    ...options,
    ...{ work: "sweep", keyExchange: "default", warm: true },
    contestants: [
      { ...ours, tool: ours.name, command, check: (stdout) => expectAnswers(stdout, forks) },
      {
        ...ansible,
        tool: ansible.name,
        command: {
          argv: ["ansible", "all", "-i", inventory, "-m", "ansible.builtin.setup"],
          environment: ansible.environment,
        },
        check: (stdout) => {
          const count = [...stdout.matchAll(/^\S+ \| SUCCESS => \{$/gm)].length;
          if (count !== forks) throw new BenchError(`${count} of ${forks} hosts told their facts`);
        },
      },
      loop("ssh loop", {}),
      loop("ssh script", { script, ...shell !== undefined && { shell } }),
    ],
  });
}
