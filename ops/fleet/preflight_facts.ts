import {
  type ListeningSocket,
  listeningSocketsScript,
  readListeningSockets,
} from "./listening_sockets.ts";
import type { ProgramPort } from "./program_ports.ts";

/** What preflight looks at, besides the platform. */
export interface PreflightFacts {
  /** 0 for root. */
  readonly userId: number;
  /** The host's clock, in milliseconds since 1970. */
  readonly clockMs: number;
  /** Who has wanted ports now. */
  readonly takenPorts: readonly ListeningSocket[];
}

/** Sockets that are looked at; a port rarely has more than two. */
const maxSockets = 100;

/** A script that prints {@linkcode PreflightFacts} for {@linkcode parsePreflightFacts}. */
export function preflightFactsScript(ports: readonly Pick<ProgramPort, "port">[]): string {
  return `echo "uid $(id -u)"
echo "clock $(date +%s%3N)"
${listeningSocketsScript({ ports: ports.map(({ port }) => port), max: maxSockets })}`;
}

/** Reads what the script of {@linkcode preflightFactsScript} printed; `undefined` for nonsense. */
export function parsePreflightFacts(output: string): PreflightFacts | undefined {
  let userId: number | undefined;
  let clockMs: number | undefined;
  const lines = output.split("\n");
  for (const line of lines) {
    const [, key, value] = /^(uid|clock) (\d{1,16})$/.exec(line) ?? [];
    if (key === "uid") userId = Number(value);
    else if (key === "clock") clockMs = Number(value);
  }
  if (userId === undefined || clockMs === undefined) return undefined;
  return { userId, clockMs, takenPorts: readListeningSockets(lines, maxSockets) };
}
