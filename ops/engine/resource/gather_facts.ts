import { quote } from "../../../tunnel/printable.ts";
import type { Connection } from "../connection/connection.ts";
import type { HostLock } from "../connection/host_lock.ts";
import { HostError } from "../errors.ts";
import type { Facts } from "./facts.ts";
import { type ExtraScript, gatherScript } from "./gather_script.ts";
import { lastWords } from "./last_words.ts";
import { maxGatherBytes } from "./limits.ts";
import { randomNonce } from "../connection/random_nonce.ts";
import { parseFacts } from "./parse_facts.ts";
import type { Play } from "./resource.ts";

/** How facts are gathered. */
export interface GatherFactsOptions {
  /** Fetches the contents of files that are no secrets, for a diff. */
  readonly diff?: boolean;
  /** Further facts of the same round trip. */
  readonly extras?: readonly ExtraScript[];
  /** Shell text in front of it all that prints nothing; the extras see the variables that it sets. */
  readonly prelude?: string;
  readonly signal?: AbortSignal;
  /** Ends the gathering after this time, in ms; never by default. */
  readonly timeoutMs?: number;
  /** As `RunOptions.endGraceMs`. */
  readonly endGraceMs?: number;
  /** Most bytes of the answer; `maxGatherBytes` by default. */
  readonly maxBytes?: number;
  /**
   * Gets what is wrong with a part of the answer, such as that of systemd; the part is taken for
   * empty then. Without it that is an error.
   */
  readonly onMalformed?: (what: string) => void;
  /** What the round trip is for; `gather facts` by default. */
  readonly what?: string;
  /** Taken before anything is looked at. */
  readonly lock?: HostLock;
  /** Where due handlers are kept; for tests. */
  readonly pendingDirectory?: string;
}

/**
 * Asks a host for everything that a play needs to know, in one round trip. Changes nothing.
 *
 * @throws {HostError} when the answer is not what was asked for.
 * @throws {UnreachableError} when the connection is lost on the way.
 * @throws {HostLockedError} when another has the lock.
 */
export async function gatherFacts(
  connection: Connection,
  play: Play,
  options: GatherFactsOptions = {},
): Promise<Facts> {
  const { diff = false, extras = [], what = "gather facts", signal, timeoutMs, lock } = options;
  const { pendingDirectory, prelude, endGraceMs, maxBytes = maxGatherBytes } = options;
  const gathering = {
    nonce: randomNonce(),
    diff,
    extras,
    ...prelude !== undefined && { prelude },
    ...pendingDirectory && { pendingDirectory },
  };
  const result = await connection.run(gatherScript(play, gathering), {
    what,
    maxOutputBytes: maxBytes,
    ...signal && { signal },
    ...(timeoutMs === undefined ? {} : { timeoutMs }),
    ...(endGraceMs === undefined ? {} : { endGraceMs }),
    ...lock && { lock },
  });
  const { host } = connection;
  if (result.truncated) {
    throw new HostError(
      host,
      `Cannot read the facts of host ${quote(host)} as they may have ${maxBytes} bytes: ` +
        `there are more. Run again with -vv to see what the host prints`,
    );
  }
  try {
    return parseFacts(play, host, result.stdout, gathering, options.onMalformed);
  } catch (error) {
    if (!(error instanceof HostError)) throw error;
    throw new HostError(host, error.message + lastWords(result), { cause: error });
  }
}
