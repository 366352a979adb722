import type { Connection } from "../engine/connection/connection.ts";
import type { Facts } from "../engine/resource/facts.ts";
import { gatherFacts } from "../engine/resource/gather_facts.ts";
import type { Play } from "../engine/resource/resource.ts";
import { type FactName, factSources, type HostFacts } from "./facts/fact_sources.ts";
import type { FactQuestion, FactSource } from "./facts/fact_source.ts";

/** What a host has answered. */
export interface HostAnswer {
  readonly facts: HostFacts;
  /** Parts of the answer that could not be read. */
  readonly unreadable: readonly FactName[];
  /** What the resources of a deploy are like there. */
  readonly resources: Facts;
  /** This machine's clock around it, in ms since 1970. */
  readonly askedMs: number;
  readonly receivedMs: number;
}

/** How {@linkcode gatherHost} asks. */
export interface GatherHostOptions {
  readonly question: FactQuestion;
  /** What a deploy would make true, to see what differs; may be empty. */
  readonly play: Play;
  /** The answer's time, in ms. */
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
}

const names = Object.keys(factSources) as FactName[];

/**
 * Asks a host everything, in one round trip. Changes nothing.
 *
 * @throws {HostError} when the answer as a whole is not what was asked for.
 * @throws {UnreachableError} when the connection is lost on the way.
 * @throws {ScriptTimeoutError} when it takes too long.
 */
export async function gatherHost(
  connection: Connection,
  { question, play, timeoutMs, signal }: GatherHostOptions,
): Promise<HostAnswer> {
  const askedMs = Date.now();
  const resources = await gatherFacts(connection, play, {
    what: "ask how it is",
    extras: names.map((id) => ({ id, script: factSources[id].script(question) })),
    timeoutMs,
    signal,
  });
  const receivedMs = Date.now();
  const { facts, unreadable } = readHostFacts(
    (name) => resources.extras.get(name)?.stdout ?? "",
    question,
  );
  return { facts, unreadable, resources, askedMs, receivedMs };
}

/** Reads every part of an answer. @param outputOf What the part's script has printed. */
export function readHostFacts(
  outputOf: (name: FactName) => string,
  question: FactQuestion,
): Pick<HostAnswer, "facts" | "unreadable"> {
  const read = names.map((name) => {
    // Each reads its own part; what all have in common is that a type can't tell them apart.
    const source: FactSource<unknown> = factSources[name];
    return [name, source.parse(outputOf(name), question)] as const;
  });
  return {
    facts: Object.fromEntries(read.filter(([, value]) => value !== undefined)) as HostFacts,
    unreadable: read.filter(([, value]) => value === undefined).map(([name]) => name),
  };
}
