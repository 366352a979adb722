import * as v from "valibot";
import type { KeptFactSource } from "../facts/fact_source.ts";
import { factSources, type HostFacts, type KeptFacts } from "../facts/fact_sources.ts";

/** Longest text that is kept of one host, in UTF-16 units; what is longer is a host that lies. */
const maxLength = 65_536;

const keptSources = Object.entries(factSources)
  .flatMap(([name, source]): [string, KeptFactSource<unknown>][] =>
    "kept" in source ? [[name, source]] : []
  );

/** What the next sweep wants to know of a host's answer, as JSON; `null` when that is too much. */
export function writeKeptFacts(facts: HostFacts): string | null {
  const all: Readonly<Record<string, unknown>> = facts;
  const text = JSON.stringify(
    Object.fromEntries(keptSources.flatMap(([name]) => name in all ? [[name, all[name]]] : [])),
  );
  return text.length <= maxLength ? text : null;
}

/**
 * Reads them back. A part that this version does not understand is missing: the sweep then has
 * nothing to compare with, as at the first time.
 */
export function readKeptFacts(text: string): KeptFacts {
  const found = parsed(text);
  if (typeof found !== "object" || found === null) return {};
  const parts = keptSources.flatMap(([name, { kept }]) => {
    if (!Object.hasOwn(found, name)) return [];
    const { success, output } = v.safeParse(kept, (found as Record<string, unknown>)[name]);
    return success ? [[name, output] as const] : [];
  });
  return Object.fromEntries(parts) as KeptFacts;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
