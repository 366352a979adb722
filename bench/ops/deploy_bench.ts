import { BenchError } from "../bench_error.ts";
import { checkout } from "../../ops/checkout.ts";
import { buildRelease } from "../../ops/release/build/build_release.ts";
import { parseRecap } from "./ansible_recap.ts";
import { type LogLevel, writeFleet } from "./bench_fleet.ts";
import { BenchLab } from "./bench_lab.ts";
import type { PartOptions } from "./command_bench.ts";
import { contest, type Contestant, endConnections } from "./contest.ts";
import type { OpsBenchRow } from "./report.ts";
import { timedRun } from "./timed_command.ts";
import { ansibleTool, ourCommand, ourTool, type Tool } from "./tools.ts";

const playbook = new URL("./playbook/deploy.yaml", import.meta.url).pathname;

/** What a deploy has done with one host. */
interface HostOutcome {
  readonly host: string;
  /** As the tool counts: ours resources, Ansible tasks and handlers. */
  readonly changed: number;
  readonly isDone: boolean;
}

/** A tool that deploys the fleet. */
interface Deployer {
  readonly tool: Tool;
  readonly argv: readonly string[];
  readonly outcomes: (stdout: string) => readonly HostOutcome[];
  /** How many changes each host has when one file of it changes. */
  readonly changesForOneFile: number;
  readonly roundTrips?: () => number;
}

/**
 * Deploys to the hosts of a lab: first to fresh ones, then again with nothing to change, then with
 * one file to change on every host. Both tools go to all hosts at once, without a drain and without
 * a probe through the tunnel, as Ansible has neither.
 */
export async function benchDeploys(options: PartOptions): Promise<OpsBenchRow[]> {
  const { directory, signal, progress } = options;
  Deno.mkdirSync(directory, { recursive: true });
  progress("building the release, and the lab");
  const release = await buildRelease({ checkout, platform: "linux-x64", signal });
  await using lab = new BenchLab(options.hosts, signal);
  const files = {
    ours: `${directory}/inventory`,
    ansible: `${directory}/playbook`,
    stateHome: `${directory}/ours/state`,
  };
  const deployers = [ours(options, files.ours), ansible(options, files.ansible)];
  let logLevel: LogLevel = "info";
  const describeFleet = async (): Promise<void> =>
    await writeFleet({
      ...{ release, files, logLevel, signal },
      hosts: await lab.hosts(),
      sshConfigFile: lab.sshConfigFile,
    });
  const rebuild = async (): Promise<void> => {
    for (const { tool } of deployers) await endConnections(tool.controlDirectory);
    await lab.renew();
    await describeFleet();
  };
  const changeFile = async (): Promise<void> => {
    logLevel = logLevel === "info" ? "warn" : "info";
    await describeFleet();
  };
  /** The other tool finds that all is as it would have it. */
  const agree = async (deployer: Deployer): Promise<void> => {
    for (const other of deployers.filter((candidate) => candidate !== deployer)) {
      progress(`${other.tool.name} looks at what ${deployer.tool.name} has done`);
      const { stdout } = await timedRun({ ...other.tool, argv: other.argv }, signal);
      expectChanges(other, stdout, options.hosts, (changed) => changed === 0);
    }
  };
  const compete = (
    work: OpsBenchRow["work"],
    more: (deployer: Deployer) => Partial<Contestant> & Pick<Contestant, "check">,
  ): Promise<OpsBenchRow[]> =>
    contest({
      ...options,
      ...{ work, keyExchange: "default", warm: false },
      contestants: deployers.map((deployer) => ({
        tool: deployer.tool.name,
        ...deployer.tool,
        command: { ...deployer.tool, argv: deployer.argv },
        ...deployer.roundTrips && { roundTrips: deployer.roundTrips },
        ...more(deployer),
      })),
    });
  const expecting =
    (deployer: Deployer, isExpected: (changed: number) => boolean) => (stdout: string): void =>
      expectChanges(deployer, stdout, options.hosts, isExpected);
  return [
    ...await compete("firstDeploy", (deployer) => ({
      prepare: rebuild,
      check: expecting(deployer, (changed) => changed > 0),
      verify: () => agree(deployer),
    })),
    ...await compete("convergedDeploy", (deployer) => ({
      check: expecting(deployer, (changed) => changed === 0),
    })),
    ...await compete("oneFileDeploy", (deployer) => ({
      prepare: changeFile,
      check: expecting(deployer, (changed) => changed === deployer.changesForOneFile),
      verify: () => agree(deployer),
    })),
  ];
}

function ours({ directory, hosts }: PartOptions, inventory: string): Deployer {
  let roundTrips = 0;
  return {
    tool: ourTool(`${directory}/ours`),
    argv: ourCommand(
      "deploy",
      ...["-i", `${inventory}/hosts.yaml`, "--yes", "--json", "--forks", String(hosts)],
      ...["--serial", "100%", "--drain-timeout", "0", "--no-probe"],
    ),
    outcomes: (stdout) => {
      const outcomes = Object.entries((JSON.parse(stdout) as DeployJson).hosts);
      roundTrips = Math.max(...outcomes.map(([, { traffic }]) => traffic?.roundTrips ?? 0));
      return outcomes.map(([host, { outcome, changes }]) => ({
        ...{ host, changed: changes.length, isDone: outcome === "done" },
      }));
    },
    changesForOneFile: 1,
    roundTrips: () => roundTrips,
  };
}

/** The part of `deploy --json` that is of interest here. */
interface DeployJson {
  readonly hosts: Readonly<
    Record<string, {
      readonly outcome: string;
      readonly changes: readonly unknown[];
      readonly traffic: { readonly roundTrips: number } | null;
    }>
  >;
}

function ansible({ directory, hosts }: PartOptions, inventory: string): Deployer {
  return {
    tool: ansibleTool("ansible", `${directory}/ansible`, hosts),
    argv: ["ansible-playbook", "-i", `${inventory}/hosts.yaml`, playbook],
    outcomes: (stdout) =>
      parseRecap(stdout).map(({ host, changed, failed, unreachable }) => ({
        ...{ host, changed, isDone: failed === 0 && unreachable === 0 },
      })),
    // The file, and the handler that restarts the program.
    changesForOneFile: 2,
  };
}

function expectChanges(
  deployer: Deployer,
  stdout: string,
  hosts: number,
  isExpected: (changed: number) => boolean,
): void {
  const outcomes = deployer.outcomes(stdout);
  const wrong = outcomes.filter(({ changed, isDone }) => !isDone || !isExpected(changed));
  if (outcomes.length === hosts && wrong.length === 0) return;
  throw new BenchError(
    `Cannot go on as ${deployer.tool.name} has not done with ${hosts} hosts what it should: ` +
      `${JSON.stringify(wrong)}\n${stdout.slice(-4000)}`,
  );
}
