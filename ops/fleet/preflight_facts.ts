import { shellQuote } from "../engine/connection/quote.ts";
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

/**
 * A script that prints {@linkcode PreflightFacts} for {@linkcode parsePreflightFacts}. A host
 * without `ss` (it is part of iproute2) does not tell who has its ports.
 */
export function preflightFactsScript(ports: readonly WantedPort[]): string {
  const wanted = [...new Set(ports.map(({ port }) => port))].join("|");
  return `echo "uid $(id -u)"
echo "clock $(date +%s%3N)"
ss -Hlntup 2>/dev/null | grep -E ${shellQuote(`:(${wanted}) `)} || :
`;
}

/** Sockets that are looked at; a port rarely has more than two. */
const maxSockets = 100;

/** Reads what the script of {@linkcode preflightFactsScript} printed; `undefined` for nonsense. */
export function parsePreflightFacts(output: string): PreflightFacts | undefined {
  let userId: number | undefined;
  let clockMs: number | undefined;
  const takenPorts: TakenPort[] = [];
  for (const line of output.split("\n")) {
    const [, key, value] = /^(uid|clock) (\d{1,16})$/.exec(line) ?? [];
    if (key === "uid") userId = Number(value);
    else if (key === "clock") clockMs = Number(value);
    else if (takenPorts.length < maxSockets) takenPorts.push(...readSocket(line));
  }
  if (userId === undefined || clockMs === undefined) return undefined;
  return { userId, clockMs, takenPorts };
}

/**
 * Reads a line of `ss`: transport, state, two queues, local and remote address, and who has it:
 * `udp UNCONN 0 0 0.0.0.0:4433 0.0.0.0:* users:(("deno",pid=123,fd=12))`.
 */
function readSocket(line: string): TakenPort[] {
  const [transport, , , , local = "", , ...rest] = line.trim().split(/\s+/);
  const users = rest.join(" ");
  const port = /:(\d{1,5})$/.exec(local)?.[1];
  if ((transport !== "udp" && transport !== "tcp") || port === undefined) return [];
  const pids = [...users.matchAll(/pid=(\d{1,10})/g)].map(([, pid]) => Number(pid));
  const processName = /^users:\(\("([^"]{1,64})"/.exec(users)?.[1];
  return [{ transport, port: Number(port), pids, processName }];
}
