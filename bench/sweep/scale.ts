import { endConnections } from "../ops/contest.ts";
import { whenQuiet } from "../ops/quiet_machine.ts";
import { timedRun } from "../ops/timed_command.ts";
import { spreadOf } from "../statistics.ts";
import type { FrozenHost, ScaleRow } from "./report.ts";
import { sshLoop } from "./ssh_loop.ts";
import { expectAnswers, readEvents, sweepCommand } from "./swept.ts";
import { SweepTargets } from "./targets.ts";

/** How sweeps of many hosts are measured. */
export interface ScaleOptions {
  readonly directory: string;
  readonly hosts: number;
  readonly rounds: number;
  readonly signal: AbortSignal;
  readonly progress: (line: string) => void;
}

/** What a sweep takes by default. */
const forks = 32;
/** How long one host may take, in s, where one is frozen. */
const hostTimeoutSeconds = 5;

/** Sweeps of many hosts, with no connection up, beside what the handshakes of ssh alone take. */
export async function measureScale(options: ScaleOptions): Promise<ScaleRow> {
  const { rounds, signal, progress } = options;
  await using targets = await SweepTargets.start(options);
  const { hosts, tool, inventory } = targets;
  const ours = sweepCommand({ tool, inventory, forks });
  const sshConfigFile = hosts.sshConfigFile("default");
  const handshakes = sshLoop({ sshConfigFile, hosts: hosts.names, forks });
  const sweeps = [];
  const loops = [];
  for (let round = 0; round < rounds; round++) {
    await whenQuiet(signal);
    const sweep = await timedRun(ours, signal);
    expectAnswers(sweep.stdout, options.hosts);
    sweeps.push(sweep);
    await endConnections(tool.controlDirectory);
    await hosts.whenIdle(signal);
    await whenQuiet(signal);
    const loop = await timedRun(handshakes, signal);
    loops.push(loop);
    await hosts.whenIdle(signal);
    progress(
      `${options.hosts} hosts, round ${round + 1} of ${rounds}: sweep ${
        sweep.seconds.toFixed(2)
      } s, ` +
        `handshakes ${loop.seconds.toFixed(2)} s`,
    );
  }
  const median = (values: readonly number[]): number => spreadOf(values).median;
  return {
    hosts: options.hosts,
    rounds,
    seconds: median(sweeps.map(({ seconds }) => seconds)),
    handshakeSeconds: median(loops.map(({ seconds }) => seconds)),
    cpuSecondsPerHost: median(sweeps.map(({ cpuSeconds }) => cpuSeconds)) / options.hosts,
    peakBytes: Math.max(...sweeps.map(({ peakBytes }) => peakBytes)),
  };
}

/** A sweep with one host that takes the connection and never says a word, and one without. */
export async function measureFrozenHost(options: ScaleOptions): Promise<FrozenHost> {
  const { directory, signal, progress } = options;
  progress(`${options.hosts} hosts and one that is frozen`);
  await using targets = await SweepTargets.start(options);
  const { hosts, tool, inventory } = targets;
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const held = holdConnections(listener);
  const withFrozen = `${directory}/frozen.yaml`;
  await targets.describe(withFrozen, listener.addr.port);
  const args = ["--host-timeout", String(hostTimeoutSeconds)];
  const measure = async (file: string): Promise<{ others: number; all: number }> => {
    const events = `${directory}/${file.split("/").at(-1)}.jsonl`;
    const options = { tool, inventory: file, forks, events, args };
    await whenQuiet(signal);
    const { seconds } = await timedRun(sweepCommand(options), signal);
    await endConnections(tool.controlDirectory);
    await hosts.whenIdle(signal);
    return { others: secondsOfOthers(events), all: seconds };
  };
  const without = await measure(inventory);
  const frozen = await measure(withFrozen);
  listener.close();
  await held;
  return {
    hosts: options.hosts,
    hostTimeoutSeconds,
    othersSeconds: without.others,
    othersSecondsBesideFrozen: frozen.others,
    secondsBesideFrozen: frozen.all,
  };
}

/** From the beginning of a sweep until the last host but the frozen one has answered. */
function secondsOfOthers(file: string): number {
  const events = readEvents(file);
  const timeOf = ({ time }: { readonly time: string }): number => Date.parse(time);
  const ends = events.filter(({ type, host }) => type === "host_finished" && host !== "frozen");
  return (Math.max(...ends.map(timeOf)) - timeOf(events[0]!)) / 1000;
}

/** Takes connections and keeps silent, until the listener is closed. */
async function holdConnections(listener: Deno.TcpListener): Promise<void> {
  const connections: Deno.TcpConn[] = [];
  for await (const connection of listener) connections.push(connection);
  for (const connection of connections) connection.close();
}
