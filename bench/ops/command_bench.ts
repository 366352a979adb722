import { BenchError } from "../bench_error.ts";
import { stringify } from "yaml";
import { contest, type Contestant } from "./contest.ts";
import { type KeyExchange, LoopbackHosts } from "./loopback_hosts.ts";
import type { OpsBenchRow } from "./report.ts";
import type { SshCounter } from "./ssh_counter.ts";
import { timedRun } from "./timed_command.ts";
import { ansibleTool, loopCommand, loopTool, ourCommand, ourTool } from "./tools.ts";

/** How a part of the benchmark runs. */
export interface PartOptions {
  /** For everything that it writes. */
  readonly directory: string;
  readonly hosts: number;
  readonly rounds: number;
  readonly counter: SshCounter;
  readonly signal: AbortSignal;
  readonly progress: (line: string) => void;
}

/** What hosts are asked to do: next to nothing, so that it is the way there that counts. */
const remoteCommand = ["echo", "ready"] as const;

/** One command on many hosts: sshd on loopback under many names. */
export async function benchCommands(options: PartOptions): Promise<OpsBenchRow[]> {
  const { directory, signal } = options;
  Deno.mkdirSync(directory, { recursive: true });
  await using hosts = await LoopbackHosts.start(directory, options.hosts);
  const rows: OpsBenchRow[] = [];
  for (const keyExchange of ["default", "fast"] as const) {
    rows.push(
      ...await contest({
        ...options,
        ...{ work: "command", keyExchange },
        contestants: await contestants(options, hosts, keyExchange),
        // A connection that is up has its keys.
        warm: keyExchange === "default",
      }),
    );
    await hosts.whenIdle(signal);
  }
  return rows;
}

async function contestants(
  { directory, signal, hosts: count }: PartOptions,
  hosts: LoopbackHosts,
  keyExchange: KeyExchange,
): Promise<Contestant[]> {
  const sshConfigFile = hosts.sshConfigFile(keyExchange);
  const inventory = `${directory}/hosts.${keyExchange}.yaml`;
  Deno.writeTextFileSync(inventory, inventoryText(hosts, sshConfigFile));
  const forks = String(count);
  const ours = ourTool(`${directory}/ours`);
  const exec = (...flags: string[]): string[] =>
    ourCommand("exec", "-i", inventory, "-f", forks, ...flags, "all", "--", ...remoteCommand);
  const countRoundTrips = async (): Promise<number> => {
    const { environment } = ours;
    const { stdout } = await timedRun({ argv: exec("--json"), environment }, signal);
    const { hosts } = JSON.parse(stdout) as ExecJson;
    return Math.max(...Object.values(hosts).map(({ traffic }) => traffic.roundTrips));
  };
  const roundTrips = await countRoundTrips();
  const loop = loopTool(`${directory}/loop`);
  const ansible = (module: "command" | "raw"): Contestant => {
    const name = module === "raw" ? "ansible raw" : "ansible";
    const tool = ansibleTool(name, `${directory}/${module}`, count);
    const action = ["-m", `ansible.builtin.${module}`, "-a", remoteCommand.join(" ")];
    return {
      tool: name,
      ...tool,
      command: { argv: ["ansible", "all", "-i", inventory, ...action], ...tool },
      check: (stdout) => expectAnswers(stdout, /^ready\r?$/gm, count),
    };
  };
  return [
    {
      tool: ours.name,
      ...ours,
      command: { argv: exec(), ...ours },
      check: (stdout) => {
        const folded = count === 1 ? "h1: " : `h[1-${count}] (${count} hosts): `;
        if (stdout !== `${folded}exit code 0\n  | ready\n`) {
          throw new BenchError(`Wrong: ${stdout}`);
        }
      },
      roundTrips: () => roundTrips,
    },
    ansible("command"),
    ansible("raw"),
    {
      tool: loop.name,
      ...loop,
      command: {
        argv: loopCommand(loop, sshConfigFile, hosts.names, remoteCommand.join(" ")),
        ...loop,
      },
      check: (stdout) => expectAnswers(stdout, /^ready$/gm, count),
    },
  ];
}

/** The part of `exec --json` that is of interest here. */
interface ExecJson {
  readonly hosts: Readonly<Record<string, { readonly traffic: { readonly roundTrips: number } }>>;
}

/** With hosts whose names only ssh understands: Ansible takes hosts of one address for one. */
function inventoryText({ names }: LoopbackHosts, sshConfigFile: string): string {
  return stringify({
    all: {
      hosts: Object.fromEntries(names.map((name) => [name, null])),
      vars: {
        ansible_ssh_common_args: `-F ${sshConfigFile}`,
        // Or Ansible looks for it on each host, each time.
        ansible_python_interpreter: "/usr/bin/python3",
      },
    },
  });
}

function expectAnswers(stdout: string, answer: RegExp, count: number): void {
  const found = [...stdout.matchAll(answer)].length;
  if (found !== count) throw new BenchError(`${found} of ${count} hosts have answered:\n${stdout}`);
}
