import type { Connection } from "../engine/connection/connection.ts";
import { gatherFacts } from "../engine/resource/gather_facts.ts";
import type { Play } from "../engine/resource/resource.ts";
import { type Drift, driftOf } from "./drift.ts";
import { type FactName, factSources, type HostFacts } from "./facts/fact_sources.ts";
import type { FactQuestion, FactSource } from "./facts/fact_source.ts";
import { unitsScript } from "./facts/units.ts";

/** What a host has answered. */
export interface HostAnswer {
  readonly facts: HostFacts;
  /** Parts of the answer that could not be read. */
  readonly unreadable: readonly string[];
  /** What is not as a deploy would make it; `undefined` when that could not be read. */
  readonly drift: Drift | undefined;
  /** This machine's clock around it, in ms since 1970. */
  readonly askedMs: number;
  readonly receivedMs: number;
}

/** How {@linkcode gatherHost} asks. */
export interface GatherHostOptions {
  readonly question: FactQuestion;
  /** What a deploy would make true, to see what differs; may be empty. */
  readonly play: Play;
  /** Ends it, with its reason. */
  readonly signal: AbortSignal;
  /** How long the host may take then to end what runs there, in ms: one that is frozen never does. */
  readonly endGraceMs: number;
}

/**
 * Most bytes of an answer. Usual ones have 20 KB; the two largest parts, `/status` of a relay and of
 * a connector with hundreds of services, 400 KB each.
 */
const maxAnswerBytes = 2 * 1024 * 1024;

const names = Object.keys(factSources) as FactName[];

/**
 * Asks a host everything, in one round trip. Changes nothing.
 *
 * @throws {HostError} when the answer as a whole is not what was asked for.
 * @throws {UnreachableError} when the connection is lost on the way.
 * @throws the signal's reason; the connection is closed then.
 */
export async function gatherHost(
  connection: Connection,
  { question, play, signal, endGraceMs }: GatherHostOptions,
): Promise<HostAnswer> {
  const askedMs = Date.now();
  const malformed: string[] = [];
  const resources = await gatherFacts(connection, play, {
    what: "ask how it is",
    prelude: unitsScript(question.host),
    extras: names.map((id) => ({ id, script: factSources[id].script(question) })),
    maxBytes: maxAnswerBytes,
    endGraceMs,
    onMalformed: (what) => malformed.push(what),
    signal,
  });
  const receivedMs = Date.now();
  const outputOf = (name: FactName): string => resources.extras.get(name)?.stdout ?? "";
  const { facts, unreadable } = readHostFacts(outputOf, question);
  const isReadable = malformed.length === 0;
  // Whom our directories don't let in, to them all that is in there seems to be missing.
  const isBlind = facts.processes?.isRoot === false;
  const { tls: _hidden, ...visible } = facts;
  return {
    ...{ facts: isBlind ? visible : facts, askedMs, receivedMs },
    unreadable: isReadable ? unreadable : [...unreadable, `configuration (${malformed[0]})`],
    drift: isReadable && !isBlind ? driftOf(play, resources) : undefined,
  };
}

/** Reads every part of an answer. @param outputOf What the part's script has printed. */
export function readHostFacts(
  outputOf: (name: FactName) => string,
  question: FactQuestion,
): { readonly facts: HostFacts; readonly unreadable: readonly FactName[] } {
  const read = names.map((name) => {
    // Each reads its own part; what all have in common is that a type can't tell them apart.
    const source: FactSource<unknown> = factSources[name];
    return [name, parsed(source, outputOf(name), question)] as const;
  });
  return {
    facts: Object.fromEntries(read.filter(([, value]) => value !== undefined)) as HostFacts,
    unreadable: read.filter(([, value]) => value === undefined).map(([name]) => name),
  };
}

/** Parsers don't throw; should one do so all the same, that is no reason to lose the others. */
function parsed(source: FactSource<unknown>, output: string, question: FactQuestion): unknown {
  try {
    return source.parse(output, question);
  } catch {
    return undefined;
  }
}
