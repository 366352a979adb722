import { type AdminServer, startAdminServer } from "./admin.ts";
import type { Clock } from "./clock.ts";
import type { Lifecycle } from "./lifecycle.ts";
import type { Logger } from "./log.ts";
import type { SocketAddress } from "./quic/address.ts";

/** What a program's admin endpoints show. */
export interface ProgramAdminOptions {
  /** `undefined` turns them off. */
  readonly address: SocketAddress | undefined;
  readonly lifecycle: Pick<Lifecycle, "phase">;
  readonly metrics: { exposition(): Promise<string> };
  readonly readiness: () => { readonly ready: boolean; readonly reason?: string };
  readonly status: () => unknown;
  readonly logger: Logger;
  readonly clock: Clock;
}

/**
 * Starts a program's admin endpoints.
 *
 * @throws ConfigError when their address can't be used.
 */
export async function startProgramAdmin(
  options: ProgramAdminOptions,
): Promise<AdminServer | undefined> {
  const { address, lifecycle, metrics, readiness, status, logger, clock } = options;
  if (address === undefined) return undefined;
  return await startAdminServer({
    ...address,
    portFlag: "--metrics-port",
    exposition: () => metrics.exposition(),
    health: () =>
      lifecycle.phase === "stopped" ? { healthy: false, reason: "stopped" } : { healthy: true },
    readiness,
    status,
    logger,
    clock,
  });
}
