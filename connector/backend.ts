import type { Clock } from "../tunnel/clock.ts";
import type { Logger } from "../tunnel/log.ts";
import { formatTarget, hostKind, type Target } from "./target.ts";
import type { ConnectorLimits } from "./limits.ts";
import { type Lookup, resolveHost } from "./lookup.ts";

/** A backend's numeric address. */
export interface BackendAddress {
  /** Canonical, as the system names it in what it receives. */
  readonly hostname: string;
  readonly port: number;
}

/** What a backend tells of its name's resolution. */
export interface BackendObserver {
  /** Counts a failure. */
  backendError(kind: "resolve"): void;
  /** Counts a success. */
  backendResolved(): void;
}

/** What a {@linkcode Backend} needs. */
export interface BackendOptions {
  readonly target: Target;
  readonly lookup: Lookup;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly observer: BackendObserver;
  readonly limits: Pick<
    ConnectorLimits,
    "backendRefreshMs" | "backendRetryMs" | "resolveTimeoutMs" | "addressesPerName"
  >;
}

/**
 * Where a service's packets go. A host name is resolved when it is first wanted, and again when
 * the answer is old, always in the background: packets never wait, they use the last answer. An
 * idle service resolves nothing. While the resolver fails, the last answer stays in use.
 */
export class Backend {
  readonly #options: BackendOptions;
  #addresses: readonly BackendAddress[] = [];
  #nextLookupMs: number;
  #lookup: Promise<void> | undefined;

  constructor(options: BackendOptions) {
    const { target, clock } = options;
    this.#options = options;
    const isName = hostKind(target.host) === "name";
    if (!isName) this.#addresses = [{ hostname: target.host, port: target.port }];
    this.#nextLookupMs = isName ? clock.now() : Infinity;
  }

  /** `host:port` as configured. */
  get name(): string {
    return formatTarget(this.#options.target);
  }

  /** The address for a new flow, or `undefined` while the name has none. Never waits. */
  address(): BackendAddress | undefined {
    if (this.#options.clock.now() >= this.#nextLookupMs) void this.#refresh();
    return this.#addresses[0];
  }

  /** All addresses, best first, after waiting for a lookup that is due; empty when it failed. */
  async resolve(): Promise<readonly BackendAddress[]> {
    if (this.#options.clock.now() >= this.#nextLookupMs) void this.#refresh();
    await this.#lookup;
    return this.#addresses;
  }

  /** Tells that packets can't be sent to `address`: new flows take the name's next one, if any. */
  reportUnusable(address: BackendAddress): void {
    if (this.#addresses.length > 1 && this.#addresses[0] === address) {
      this.#addresses = [...this.#addresses.slice(1), address];
    }
  }

  #refresh(): Promise<void> {
    this.#lookup ??= this.#lookUp().finally(() => this.#lookup = undefined);
    return this.#lookup;
  }

  async #lookUp(): Promise<void> {
    const { target, lookup, clock, logger, observer, limits } = this.#options;
    try {
      const hostnames = await resolveHost(target.host, {
        lookup,
        clock,
        timeoutMs: limits.resolveTimeoutMs,
        maxAddresses: limits.addressesPerName,
      });
      this.#accept(hostnames);
      observer.backendResolved();
      this.#nextLookupMs = clock.now() + limits.backendRefreshMs;
    } catch (error) {
      observer.backendError("resolve");
      logger.warn("backend_not_resolved", { backend: this.name, error });
      this.#nextLookupMs = clock.now() + limits.backendRetryMs;
    }
  }

  /** Keeps the address in use while the name still has it: resolvers like to shuffle answers. */
  #accept(hostnames: readonly string[]): void {
    const { target, logger } = this.#options;
    const current = this.#addresses[0];
    const kept = current !== undefined && hostnames.includes(current.hostname);
    const ordered = kept
      ? [current.hostname, ...hostnames.filter((hostname) => hostname !== current.hostname)]
      : hostnames;
    this.#addresses = ordered.map((hostname) =>
      kept && hostname === current.hostname ? current : { hostname, port: target.port }
    );
    if (!kept) logger.info("backend_resolved", { backend: this.name, address: hostnames[0] });
  }
}
