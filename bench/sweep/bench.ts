import { readVersions } from "../ops/versions.ts";
import { SshCounter } from "../ops/ssh_counter.ts";
import { compareOnLoopback } from "./comparison.ts";
import { compareInLab } from "./lab_comparison.ts";
import { formatReport, type Measured, ratiosOf, type SweepBenchReport } from "./report.ts";
import { measureFrozenHost, measureScale } from "./scale.ts";

/** How the benchmark runs. */
export interface SweepBenchOptions {
  /** Few hosts and one round, to see that everything works. */
  readonly quick: boolean;
  /** Hosts of the comparison on loopback. */
  readonly hosts: number;
  readonly signal: AbortSignal;
  /** Told what is being done. */
  readonly progress: (line: string) => void;
}

/** Hosts of sweeps that are measured alone, and of those with a frozen one among them. */
const scales = { full: [20, 100, 500], quick: [5, 20] };
const frozenHosts = { full: 100, quick: 10 };
/** Hosts of the lab: a relay and connectors, on the processors of this machine. */
const labHosts = 3;

/**
 * Our sweeps beside Ansible gathering facts and bare loops of ssh, on sshd at loopback and on the
 * hosts of a lab; with more and more hosts; and with a host that has frozen. Wants root, Ansible and
 * OpenSSH's server.
 *
 * @throws {BenchError} when a tool is missing, or does not do its work.
 */
export async function benchSweep(
  { quick, hosts, signal, progress }: SweepBenchOptions,
): Promise<{ json: SweepBenchReport; table: string }> {
  const [loadBefore = 0] = Deno.loadavg();
  const versions = await readVersions();
  await using stack = new AsyncDisposableStack();
  const directory = Deno.makeTempDirSync({ prefix: "ztna-bench-" });
  stack.defer(() => Deno.remove(directory, { recursive: true }));
  const size = quick ? "quick" : "full";
  const rounds = quick ? 1 : 3;
  const common = { rounds, signal, progress };
  const counter = new SshCounter(`${directory}/counter`);
  const loopback = await compareOnLoopback({
    ...{ ...common, hosts, counter, directory: `${directory}/loopback` },
  });
  const scale = [];
  for (const hosts of scales[size]) {
    scale.push(await measureScale({ ...common, hosts, directory: `${directory}/scale-${hosts}` }));
  }
  const frozen = await measureFrozenHost({
    ...{ ...common, hosts: frozenHosts[size], directory: `${directory}/frozen` },
  });
  const lab = await compareInLab({
    ...{ ...common, hosts: labHosts, counter, directory: `${directory}/lab` },
  });
  const measured: Measured = { rows: { loopback, lab }, scale, frozen };
  const json = { schema: 1, loadBefore, versions, ...ratiosOf(measured), ...measured } as const;
  return { json, table: formatReport(json) };
}
