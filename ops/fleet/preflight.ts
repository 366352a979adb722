import type { FleetHost, ProgramName } from "./fleet.ts";
import type { PreflightFacts } from "./preflight_facts.ts";
import { programPorts } from "./program_ports.ts";

/** A clock that is further off makes certificates invalid on one side, in ms. */
const maxClockSkewMs = 60_000;
/** From here on it is worth a warning, in ms; the round trip of the question is part of it. */
const clockWarningMs = 5_000;

/** What preflight says of a host. */
export interface PreflightVerdict {
  /** Reasons against touching it: one sentence each, with what to do. */
  readonly problems: readonly string[];
  readonly warnings: readonly string[];
}

/** What {@linkcode checkHost} looks at. */
export interface PreflightInputs {
  readonly host: FleetHost;
  readonly facts: PreflightFacts;
  /** Main process of each of our programs that runs. */
  readonly mainPids: Readonly<Partial<Record<ProgramName, number>>>;
  /** When the facts came, by this machine's clock, in ms since 1970. */
  readonly receivedMs: number;
}

/** Whether a host can be deployed to, before anything on it is touched. */
export function checkHost(inputs: PreflightInputs): PreflightVerdict {
  const { facts } = inputs;
  const problems: string[] = [];
  const warnings: string[] = [];
  if (facts.userId !== 0) {
    problems.push(
      `Cannot deploy as its scripts must run as root: the user ID is ${facts.userId}; log in as ` +
        `root, or set "ansible_become: true"`,
    );
  }
  const skewMs = facts.clockMs - inputs.receivedMs;
  if (Math.abs(skewMs) > clockWarningMs) {
    const seconds = Math.round(Math.abs(skewMs) / 1000);
    const where = skewMs > 0 ? "ahead of" : "behind";
    const text = `its clock is ${seconds} s ${where} this machine's: correct the one that is ` +
      `wrong (certificates are valid by the clock)`;
    if (Math.abs(skewMs) > maxClockSkewMs) problems.push(`Cannot deploy as ${text}`);
    else warnings.push(text.replace(/^./, (letter) => letter.toUpperCase()));
  }
  return { problems: [...problems, ...portProblems(inputs)], warnings };
}

function portProblems({ host, facts, mainPids }: PreflightInputs): string[] {
  return programPorts(host).flatMap(({ program, transport, port }) => {
    const mainPid = mainPids[program];
    // Whose it is may be hidden; while our program runs, it is the likely owner.
    const taken = facts.takenPorts.find((other) =>
      other.transport === transport && other.port === port &&
      !(mainPid !== undefined && (other.pids.length === 0 || other.pids.includes(mainPid)))
    );
    if (taken === undefined) return [];
    const owner = taken.processName === undefined
      ? "another program has it"
      : `"${taken.processName}" (process ${taken.pids[0]}) has it`;
    return [
      `Cannot start the ${program} as ${transport.toUpperCase()} port ${port} must be free: ` +
      `${owner}; stop that program, or choose another port in the inventory`,
    ];
  });
}
