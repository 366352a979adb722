import { boot } from "./boot.ts";
import { clock } from "./clock.ts";
import { counters } from "./counters.ts";
import type { FactOf } from "./fact_source.ts";
import { fileSystems } from "./file_systems.ts";
import { journal } from "./journal.ts";
import { kernel } from "./kernel.ts";
import { processes } from "./processes.ts";
import { programs } from "./programs.ts";
import { releases } from "./releases.ts";
import { sockets } from "./sockets.ts";
import { starts } from "./starts.ts";
import { tls } from "./tls.ts";
import { work } from "./work.ts";

/** Everything that a host is asked, in the order of the script. */
export const factSources = {
  clock,
  kernel,
  counters,
  fileSystems,
  boot,
  processes,
  sockets,
  journal,
  work,
  releases,
  starts,
  programs,
  tls,
} as const;

/** One of {@linkcode factSources}. */
export type FactName = keyof typeof factSources;

/** What the next sweep gets to know of them: that of every {@linkcode KeptFactSource}. */
export type KeptFacts = {
  readonly [N in FactName as (typeof factSources)[N] extends { kept: unknown } ? N : never]?:
    FactOf<(typeof factSources)[N]>;
};

/** What a host has told; a part that could not be read is missing. */
export type HostFacts = { readonly [N in FactName]?: FactOf<(typeof factSources)[N]> };
