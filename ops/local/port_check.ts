import { ConfigError } from "../../tunnel/errors.ts";
import { findPortOwner, type Listener } from "./port_owner.ts";

/** A port that a program is going to listen on. */
export interface WantedPort extends Listener {
  /** The address to listen on. */
  readonly hostname: string;
  /** Which program wants it, for messages. */
  readonly program: string;
  /** The flag that chooses another, such as `--relay-port`. */
  readonly flag: string;
}

/**
 * Makes sure that ports differ from each other.
 *
 * @throws {ConfigError} with one line for each pair that doesn't.
 */
export function checkPortsDiffer(wanted: readonly WantedPort[]): void {
  const problems: string[] = [];
  for (const [index, port] of wanted.entries()) {
    const other = wanted.slice(0, index).find((earlier) =>
      earlier.port === port.port && earlier.transport === port.transport
    );
    if (other === undefined) continue;
    problems.push(
      `Cannot use "${port.flag}" ${port.port} as ${port.transport.toUpperCase()} ports must ` +
        `differ: "${other.flag}" is ${other.port} as well; choose another for one of them`,
    );
  }
  if (problems.length > 0) throw new ConfigError(problems.join("\n"));
}

/**
 * Makes sure that ports can be listened on, by doing so for a moment.
 *
 * @throws {ConfigError} with one line for each that cannot, its owner (where that can be found out)
 * and the flag that chooses another.
 */
export function checkPortsFree(wanted: readonly WantedPort[]): void {
  const problems = wanted.map(problemOf).filter((problem) => problem !== undefined);
  if (problems.length > 0) throw new ConfigError(problems.join("\n"));
}

function problemOf(wanted: WantedPort): string | undefined {
  const { hostname, port, transport, program, flag } = wanted;
  const where = `${transport.toUpperCase()} port ${port} of ${hostname}`;
  try {
    if (transport === "tcp") Deno.listen({ hostname, port }).close();
    else Deno.listenDatagram({ hostname, port, transport: "udp" }).close();
    return undefined;
  } catch (error) {
    if (error instanceof Deno.errors.AddrInUse) {
      const owner = findPortOwner(wanted);
      return `Cannot start the ${program} on ${where} as the port must be free: ` +
        (owner === undefined
          ? `another program has it`
          : `"${owner.name}" (process ${owner.pid}) has it`) +
        `; stop that program, or choose another port with "${flag} PORT"`;
    }
    const detail = error instanceof Error ? error.message : String(error);
    return `Cannot start the ${program} on ${where} as this user must be allowed to listen ` +
      `there: ${detail}; choose another port with "${flag} PORT"`;
  }
}
