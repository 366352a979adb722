import type { GenericSchema } from "valibot";
import type { FleetHost } from "../../fleet/fleet.ts";

/** What a part of the remote script may depend on. */
export interface FactQuestion {
  readonly host: FleetHost;
  /** When the sweep before asked this host, in seconds since 1970 by the host's clock. */
  readonly sinceSeconds: number | undefined;
}

/** A part of the one script that a host answers, and how its output is read. */
export interface FactSource<T> {
  /**
   * POSIX shell with coreutils and systemd. Runs as root in a subshell; changes nothing. It has the
   * variable `units`: what systemd says of the host's programs (see `unitsScript`).
   */
  script(question: FactQuestion): string;
  /**
   * Reads what the script has printed; `undefined` when that is not what was asked for. Output is
   * hostile and may be cut anywhere: never throws, and keeps a bounded part.
   */
  parse(output: string, question: FactQuestion): T | undefined;
}

/**
 * A source of which the next sweep wants to know what it told at this one, such as a counter: the
 * history keeps it, as JSON.
 */
export interface KeptFactSource<T> extends FactSource<T> {
  /** Reads back what was kept, perhaps by another version of this program. */
  readonly kept: GenericSchema<unknown, T>;
}

/** What a source tells. */
export type FactOf<S> = S extends FactSource<infer T> ? T : never;
