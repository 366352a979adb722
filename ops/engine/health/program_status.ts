import { parseHttpAnswer } from "./http_answer.ts";

/** A service in a program's `/status`. */
export interface ServiceHealth {
  readonly id: string;
  /** At a relay: agents that want it, and connectors that provide it. */
  readonly agents?: number;
  readonly connectors?: number;
  /** At a connector: how its registration stands, such as `registered`. */
  readonly state?: string;
}

/** Who is connected to a relay. */
export interface ConnectionCounts {
  readonly total: number;
  readonly agents: number;
  readonly connectors: number;
}

/** How far a program's departure has come: its own account (`drain` in `/status`). */
export interface DrainHealth {
  readonly draining: boolean;
  /** ISO 8601; `null` while it is not draining. */
  readonly since: string | null;
  /** Peers that are there. */
  readonly connections: number;
  /** Of a relay: those of them that are registered as such; 0 for a connector. */
  readonly agents: number;
  readonly connectors: number;
  /** Of a relay: peers when it began, and how many have left since; 0 for a connector. */
  readonly connectionsAtStart: number;
  readonly closedWhileDraining: number;
}

/** What a program says of itself. */
export interface ProgramStatus {
  readonly release: string | null;
  /** Names the process. */
  readonly instance: string | null;
  readonly uptimeSeconds: number | null;
  /** Of a relay; `null` for a connector. */
  readonly connections: ConnectionCounts | null;
  readonly services: readonly ServiceHealth[];
  /** `null` when the program is too old to know of draining. */
  readonly drain: DrainHealth | null;
}

/** Services that are taken from one answer; relays list 500. */
const maxServices = 1000;
/** Longest text that is taken, in characters; service IDs have at most 255 bytes. */
const maxTextLength = 255;

/**
 * Reads an answer to `/status` as it came over the socket. What is missing or of another type is
 * left out; `undefined` when it is no such answer at all.
 */
export function parseStatusAnswer(text: string): ProgramStatus | undefined {
  const answer = parseHttpAnswer(text);
  if (answer?.status !== 200) return undefined;
  let value: unknown;
  try {
    value = JSON.parse(answer.body);
  } catch {
    return undefined;
  }
  const status = members(value);
  if (status === undefined) return undefined;
  const connections = members(status["connections"]);
  return {
    release: textOf(status["release"]),
    instance: textOf(status["instance"]),
    uptimeSeconds: typeof status["uptimeSeconds"] === "number" ? status["uptimeSeconds"] : null,
    connections: connections === undefined ? null : {
      total: countOf(connections["total"]),
      agents: countOf(connections["agents"]),
      connectors: countOf(connections["connectors"]),
    },
    services: readServices(status["services"]),
    drain: readDrain(status["drain"]),
  };
}

function readServices(value: unknown): ServiceHealth[] {
  if (Array.isArray(value)) {
    return value.slice(0, maxServices).flatMap((each) => {
      const service = members(each);
      const id = textOf(service?.["id"]);
      return id === null ? [] : [{ id, state: textOf(service?.["state"]) ?? "unknown" }];
    });
  }
  return Object.entries(members(value) ?? {}).slice(0, maxServices).map(([id, each]) => {
    const { agents, connectors } = members(each) ?? {};
    return {
      id: id.slice(0, maxTextLength),
      agents: countOf(agents),
      connectors: Array.isArray(connectors) ? connectors.length : 0,
    };
  });
}

function readDrain(value: unknown): DrainHealth | null {
  const drain = members(value);
  if (drain === undefined || typeof drain["draining"] !== "boolean") return null;
  return {
    draining: drain["draining"],
    since: textOf(drain["since"]),
    connections: countOf(drain["connections"]),
    agents: countOf(drain["agents"]),
    connectors: countOf(drain["connectors"]),
    connectionsAtStart: countOf(drain["connectionsAtStart"]),
    closedWhileDraining: countOf(drain["closedWhileDraining"]),
  };
}

function members(value: unknown): Readonly<Record<string, unknown>> | undefined {
  const isRecord = typeof value === "object" && value !== null && !Array.isArray(value);
  return isRecord ? value as Record<string, unknown> : undefined;
}

function textOf(value: unknown): string | null {
  return typeof value === "string" ? value.slice(0, maxTextLength) : null;
}

function countOf(value: unknown): number {
  return typeof value === "number" && Number.isSafeInteger(value) && value >= 0 ? value : 0;
}
