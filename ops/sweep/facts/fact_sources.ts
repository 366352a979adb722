import { clock } from "./clock.ts";
import type { FactOf } from "./fact_source.ts";

/** Everything that a host is asked, in the order of the script. */
export const factSources = { clock } as const;

/** One of {@linkcode factSources}. */
export type FactName = keyof typeof factSources;

/** What a host has told; a part that could not be read is missing. */
export type HostFacts = { readonly [N in FactName]?: FactOf<(typeof factSources)[N]> };
