import { benchCommands } from "./command_bench.ts";
import { benchDeploys } from "./deploy_bench.ts";
import { formatReport, type OpsBenchReport, type OpsBenchRow, ratiosOf } from "./report.ts";
import { SshCounter } from "./ssh_counter.ts";
import { readVersions } from "./versions.ts";

/** How the benchmark runs. */
export interface OpsBenchOptions {
  /** Few hosts and one round, to see that everything works. */
  readonly quick: boolean;
  /** Hosts of each part. */
  readonly hosts: number;
  /** Leaves the other part out. */
  readonly only?: "commands" | "deploys";
  readonly signal: AbortSignal;
  /** Told what is being done. */
  readonly progress: (line: string) => void;
}

/** Measurements of each tool: a deploy takes a minute where a command takes a second. */
const commandRounds = 5;
const deployRounds = 3;

/**
 * Our commands beside Ansible and a bare loop of ssh, on sshd at loopback and on the hosts of a lab.
 * Wants root, Ansible and OpenSSH's server.
 *
 * @throws {BenchError} when a tool is missing, or does not do its work.
 */
export async function benchOps(
  { quick, hosts, only, signal, progress }: OpsBenchOptions,
): Promise<{ json: OpsBenchReport; table: string }> {
  const [loadBefore = 0] = Deno.loadavg();
  const versions = await readVersions();
  await using stack = new AsyncDisposableStack();
  const directory = Deno.makeTempDirSync({ prefix: "ztna-bench-" });
  stack.defer(() => Deno.remove(directory, { recursive: true }));
  const counter = new SshCounter(`${directory}/counter`);
  const common = { hosts, counter, signal, progress };
  const rows: OpsBenchRow[] = [];
  if (only !== "deploys") {
    const rounds = quick ? 1 : commandRounds;
    rows.push(...await benchCommands({ ...common, rounds, directory: `${directory}/commands` }));
  }
  if (only !== "commands") {
    const rounds = quick ? 1 : deployRounds;
    rows.push(...await benchDeploys({ ...common, rounds, directory: `${directory}/deploys` }));
  }
  const json: OpsBenchReport = { schema: 1, loadBefore, versions, ...ratiosOf(rows), rows };
  return { json, table: formatReport(json) };
}
