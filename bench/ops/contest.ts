import { closeMasters } from "../../ops/engine/connection/control_masters.ts";
import type { KeyExchange } from "./loopback_hosts.ts";
import { whenQuiet } from "./quiet_machine.ts";
import type { OpsBenchRow, ToolName, Work } from "./report.ts";
import type { SshCounter, SshTraffic } from "./ssh_counter.ts";
import { spreadOf, turnsOf } from "../statistics.ts";
import { type Command, type TimedRun, timedRun } from "./timed_command.ts";

/** A tool at one work. */
export interface Contestant {
  readonly tool: ToolName;
  readonly command: Command;
  /** Where the sockets of its connections are. */
  readonly controlDirectory: string;
  /** Makes it necessary to do the work; it is part of no measurement. */
  readonly prepare?: () => Promise<void>;
  /**
   * Looks at what the command has printed.
   *
   * @throws {BenchError} when it has not done its work on all hosts.
   */
  readonly check: (stdout: string) => void;
  /** Once, before anything is measured, when the work is done: more that must be true then. */
  readonly verify?: () => Promise<void>;
  /**
   * Round trips of the host with the most, as the tool itself has counted them, in the last run.
   * Where there is none, each client of OpenSSH counts as one.
   */
  readonly roundTrips?: () => number;
}

/** How tools are compared. */
export interface ContestOptions {
  readonly work: Work;
  readonly keyExchange: KeyExchange;
  readonly hosts: number;
  readonly contestants: readonly Contestant[];
  /** Measurements of each. */
  readonly rounds: number;
  /** Whether the work is done again at once, while connections are up. */
  readonly warm: boolean;
  readonly counter: SshCounter;
  readonly signal: AbortSignal;
  /** Told what is being done. */
  readonly progress: (line: string) => void;
}

/** What one contestant has come to, with connections that were down or up before. */
interface Series {
  readonly contestant: Contestant;
  readonly connections: "cold" | "warm";
  readonly runs: TimedRun[];
  traffic: SshTraffic;
  roundTrips: number | undefined;
}

/**
 * Has tools do the same work, in turns, so that what else the machine does hits all of them. A first
 * round counts what they do with ssh, and fills everybody's caches; it is not measured.
 *
 * @throws {BenchError} when a tool fails, or does not do the work.
 */
export async function contest(options: ContestOptions): Promise<OpsBenchRow[]> {
  try {
    return rowsOf(await holdContest(options), options);
  } finally {
    for (const { controlDirectory } of options.contestants) await endConnections(controlDirectory);
  }
}

async function holdContest(options: ContestOptions): Promise<Series[]> {
  const { work, keyExchange, contestants, rounds, warm, progress } = options;
  const name = `${work}, ${keyExchange} key exchange`;
  const table = new Map<Contestant, Series[]>();
  for (const contestant of contestants) {
    progress(`${name}: ${contestant.tool}, not measured`);
    table.set(contestant, await countTraffic(contestant, options));
  }
  for (let round = 0; round < rounds; round++) {
    for (const contestant of turnsOf(contestants, round)) {
      const [cold, again] = table.get(contestant)! as [Series, Series?];
      cold.runs.push(await runCold(contestant, options));
      if (warm) again!.runs.push(await runAgain(contestant, options));
      const seconds = [cold, again].map((series) => series?.runs.at(-1)?.seconds.toFixed(2));
      progress(
        `${name}: ${contestant.tool}, round ${round + 1} of ${rounds}: ` +
          `${seconds.filter((text) => text !== undefined).join(" s, warm ")} s`,
      );
    }
  }
  return [...table.values()].flat();
}

function rowsOf(
  series: readonly Series[],
  { work, keyExchange, hosts, rounds }: ContestOptions,
): OpsBenchRow[] {
  const { cold = [], warm = [] } = Object.groupBy(series, ({ connections }) => connections);
  return [...cold, ...warm].map(({ contestant, connections, runs, traffic, roundTrips }) => {
    const seconds = spreadOf(runs.map((run) => run.seconds));
    return {
      ...{ work, tool: contestant.tool, connections, keyExchange, hosts, rounds },
      seconds: seconds.median,
      leastSeconds: seconds.min,
      cpuSeconds: spreadOf(runs.map((run) => run.cpuSeconds)).median,
      sshProcessesPerHost: traffic.processes / hosts,
      roundTripsPerHost: roundTrips ?? traffic.processes / hosts,
      sentBytesPerHost: traffic.sentBytes / hosts,
      receivedBytesPerHost: traffic.receivedBytes / hosts,
    };
  });
}

async function countTraffic(contestant: Contestant, options: ContestOptions): Promise<Series[]> {
  const { counter, warm, signal } = options;
  const series = (connections: Series["connections"], traffic: SshTraffic): Series => ({
    ...{ contestant, connections, runs: [], traffic },
    roundTrips: contestant.roundTrips?.(),
  });
  await runCold(contestant, options, counter.environment);
  await endConnections(contestant.controlDirectory);
  const cold = series("cold", await counter.take(signal));
  await contestant.verify?.();
  if (!warm) return [cold];
  // Only when a connection ends it says what it has carried: twice the work, less the work.
  await runCold(contestant, options, counter.environment);
  await runAgain(contestant, options, counter.environment);
  await endConnections(contestant.controlDirectory);
  const both = await counter.take(signal);
  return [
    cold,
    series("warm", {
      processes: both.processes - cold.traffic.processes,
      sentBytes: both.sentBytes - cold.traffic.sentBytes,
      receivedBytes: both.receivedBytes - cold.traffic.receivedBytes,
    }),
  ];
}

async function runCold(
  contestant: Contestant,
  options: ContestOptions,
  environment: Readonly<Record<string, string>> = {},
): Promise<TimedRun> {
  await endConnections(contestant.controlDirectory);
  return await runAgain(contestant, options, environment);
}

async function runAgain(
  { command, prepare, check }: Contestant,
  { signal }: ContestOptions,
  environment: Readonly<Record<string, string>> = {},
): Promise<TimedRun> {
  await prepare?.();
  await whenQuiet(signal);
  const run = await timedRun(
    { ...command, environment: { ...command.environment, ...environment } },
    signal,
  );
  check(run.stdout);
  return run;
}

/** Ends all connections of a tool. */
export async function endConnections(controlDirectory: string): Promise<void> {
  try {
    await closeMasters(controlDirectory);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error; // It has made none yet.
  }
}
