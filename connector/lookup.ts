import { lookup as systemLookup } from "node:dns/promises";
import type { Clock } from "../tunnel/clock.ts";
import { canonicalIpv6, hostKind } from "./target.ts";

/** Addresses of a host name, best first, in the form in which sockets give them back. */
export type Lookup = (name: string) => Promise<readonly string[]>;

/** A name could not be resolved. */
export class LookupError extends Error {
  override readonly name = "LookupError";
}

/**
 * Asks the system's resolver, which knows `/etc/hosts`, search domains and the preference between
 * IPv4 and IPv6; `Deno.resolveDns` knows none of these.
 *
 * @throws {LookupError} when the name has no address or the resolver fails.
 */
export async function lookupWithSystem(name: string): Promise<readonly string[]> {
  try {
    const found = await systemLookup(name, { all: true, verbatim: true });
    return found.map(({ address }) => address);
  } catch (cause) {
    const code = (cause as { code?: unknown } | null)?.code;
    throw new LookupError(
      `Cannot resolve "${name}"${typeof code === "string" ? ` (${code})` : ""}`,
      { cause },
    );
  }
}

/** What bounds a resolution. */
export interface ResolveOptions {
  readonly lookup: Lookup;
  readonly clock: Clock;
  /** The resolver has failed after this many milliseconds. */
  readonly timeoutMs: number;
  /** Addresses beyond this many are ignored. */
  readonly maxAddresses: number;
}

/**
 * The addresses of a name or, without asking anybody, of a numeric address: canonical, each once.
 *
 * @throws {LookupError} when there is none, the resolver fails, or it takes too long.
 */
export async function resolveHost(
  host: string,
  options: ResolveOptions,
): Promise<readonly string[]> {
  if (hostKind(host) !== "name") return [host];
  const { lookup, clock, timeoutMs, maxAddresses } = options;
  const { promise: timedOut, reject } = Promise.withResolvers<never>();
  using _timer = clock.setTimer(
    () => reject(new LookupError(`Cannot resolve "${host}" as the resolver took too long`)),
    timeoutMs,
  );
  const found = await Promise.race([lookup(host), timedOut]);
  const addresses = new Set<string>();
  for (const address of found) {
    // A zone, which link-local addresses have, is nothing that a name can tell.
    const canonical = address.includes(":") ? canonicalIpv6(address) : address;
    if (canonical !== undefined && addresses.size < maxAddresses) addresses.add(canonical);
  }
  if (addresses.size === 0) throw new LookupError(`Cannot resolve "${host}" as it has no address`);
  return [...addresses];
}
