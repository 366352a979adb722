import { checkout } from "../../ops/checkout.ts";
import { buildRelease } from "../../ops/release/build/build_release.ts";
import { writeFleet } from "../ops/bench_fleet.ts";
import { BenchLab } from "../ops/bench_lab.ts";
import type { PartOptions } from "../ops/command_bench.ts";
import type { OpsBenchRow } from "../ops/report.ts";
import { timedRun } from "../ops/timed_command.ts";
import { ourCommand, ourTool } from "../ops/tools.ts";
import { compare } from "./comparison.ts";

/** The same as on loopback, on hosts of a lab with systemd and a fleet that runs. */
export async function compareInLab(options: PartOptions): Promise<OpsBenchRow[]> {
  const { directory, signal, progress } = options;
  Deno.mkdirSync(directory, { recursive: true });
  progress("building the release, and the lab");
  const release = await buildRelease({ checkout, platform: "linux-x64", signal });
  await using lab = new BenchLab(options.hosts, signal);
  await lab.renew();
  const ours = ourTool(`${directory}/ours`);
  const hosts = await lab.hosts();
  const files = {
    ours: `${directory}/inventory`,
    ansible: `${directory}/playbook`,
    stateHome: ours.environment.XDG_STATE_HOME!,
  };
  const { sshConfigFile } = lab;
  await writeFleet({ hosts, sshConfigFile, release, files, logLevel: "info", signal });
  const inventory = `${files.ours}/hosts.yaml`;
  progress("deploying");
  const deploy = ourCommand("deploy", "-i", inventory, "--yes", "--no-probe", "--serial", "100%");
  await timedRun({ argv: deploy, environment: ours.environment }, signal);
  const names = hosts.map(({ name }) => name);
  return await compare(options, { ours, inventory, sshConfigFile, names, shell: "sudo -n sh" });
}
