import type { ProgramName } from "./fleet.ts";

/** A port that a program is going to bind. */
export interface WantedPort {
  readonly program: ProgramName;
  readonly transport: "udp" | "tcp";
  readonly port: number;
}

/** Who has a wanted port now. */
export interface TakenPort {
  readonly transport: "udp" | "tcp";
  readonly port: number;
  /** Process numbers that hold it, as far as they can be seen. */
  readonly pids: readonly number[];
  /** Name of the first such process, for messages. */
  readonly processName: string | undefined;
}

/** What preflight looks at, besides the platform. */
export interface PreflightFacts {
  /** 0 for root. */
  readonly userId: number;
  /** The host's clock, in milliseconds since 1970. */
  readonly clockMs: number;
  readonly takenPorts: readonly TakenPort[];
}

/** A script that prints {@linkcode PreflightFacts} for {@linkcode parsePreflightFacts}. */
export function preflightFactsScript(ports: readonly WantedPort[]): string {
  const wanted = [...new Set(ports.map(({ transport, port }) => `${transport} ${port}`))];
  return `echo "uid $(id -u)"
echo "clock $(date +%s%3N)"
port() {
  # Local address and state of each socket: TCP_LISTEN is 0A, an unconnected UDP socket 07.
  hex=$(printf '%04X' "$2")
  state=07
  [ "$1" = udp ] || state=0A
  cat "/proc/net/$1" "/proc/net/\${1}6" 2>/dev/null |
    grep -qE "^ *[0-9]+: [0-9A-F]+:$hex [0-9A-F:]+ $state " || return 0
  echo "taken $1 $2"
  flags=-Hlnpu
  [ "$1" = udp ] || flags=-Hlnpt
  ss "$flags" "sport = :$2" 2>/dev/null | grep -o 'users:.*' | head -n 5 || :
}
${wanted.map((port) => `port ${port}\n`).join("")}`;
}

/** Reads what the script of {@linkcode preflightFactsScript} printed; `undefined` for nonsense. */
export function parsePreflightFacts(output: string): PreflightFacts | undefined {
  let userId: number | undefined;
  let clockMs: number | undefined;
  const taken: TakenPort[] = [];
  for (const line of output.split("\n")) {
    const [, key, value] = /^(uid|clock) (\d{1,16})$/.exec(line) ?? [];
    if (key === "uid") userId = Number(value);
    else if (key === "clock") clockMs = Number(value);
    const [, transport, port] = /^taken (udp|tcp) (\d{1,5})$/.exec(line) ?? [];
    if (port !== undefined) {
      taken.push({
        transport: transport as "udp" | "tcp",
        port: Number(port),
        pids: [],
        processName: undefined,
      });
    }
    const last = taken.at(-1);
    if (line.startsWith("users:") && last !== undefined) {
      taken[taken.length - 1] = owned(last, line);
    }
  }
  if (userId === undefined || clockMs === undefined) return undefined;
  return { userId, clockMs, takenPorts: taken };
}

/** Adds what `ss -p` says: `users:(("deno",pid=123,fd=12),…)`. */
function owned(port: TakenPort, line: string): TakenPort {
  const pids = [...line.matchAll(/pid=(\d{1,10})/g)].map(([, pid]) => Number(pid));
  const name = /^users:\(\("([^"]{1,64})"/.exec(line)?.[1];
  return { ...port, pids: [...port.pids, ...pids], processName: port.processName ?? name };
}
