import { type AdminServer, startAdminServer } from "./admin.ts";
import type { Clock } from "./clock.ts";
import type { Lifecycle } from "./lifecycle.ts";
import type { Logger } from "./log.ts";
import { MetricsListener, type MetricsListenerConfig } from "./metrics_listener.ts";
import type { MetricsRequestResult } from "./metrics_request.ts";
import type { SocketAddress } from "./quic/address.ts";

/** What a program's admin endpoints show. */
export interface ProgramAdminOptions {
  /** `undefined` turns them off. */
  readonly address: SocketAddress | undefined;
  /** Where metrics are served over TLS as well. */
  readonly metricsListener: MetricsListenerConfig | undefined;
  readonly lifecycle: Pick<Lifecycle, "phase" | "onReload">;
  readonly metrics: {
    exposition(): Promise<string>;
    readonly counter: {
      readonly metricsRequests: {
        labels(values: { readonly result: MetricsRequestResult }): { inc(): void };
      };
    };
  };
  readonly readiness: () => { readonly ready: boolean; readonly reason?: string };
  readonly status: () => unknown;
  readonly logger: Logger;
  /** For what strangers can cause. */
  readonly strangers: Logger;
  readonly clock: Clock;
}

/** A program's admin endpoints. Disposing of them closes their connections at once. */
export interface ProgramAdmin extends AsyncDisposable {
  /** Where they are; `undefined` when they are off. */
  readonly address: SocketAddress | undefined;
  /** Where metrics are served over TLS. */
  readonly metricsAddress: SocketAddress | undefined;
}

/**
 * Starts a program's admin endpoints, and has a reload read the files of their TLS again.
 *
 * @throws ConfigError when an address or a file can't be used; then none runs.
 */
export async function startProgramAdmin(options: ProgramAdminOptions): Promise<ProgramAdmin> {
  const { lifecycle } = options;
  const admin = await startAdmin(options);
  try {
    const listener = startMetricsListener(options);
    if (listener !== undefined) {
      lifecycle.onReload("TLS files of the metrics", () => listener.reload());
    }
    return {
      address: admin?.address,
      metricsAddress: listener?.address,
      [Symbol.asyncDispose]: async (): Promise<void> => {
        await Promise.all([admin?.[Symbol.asyncDispose](), listener?.[Symbol.asyncDispose]()]);
      },
    };
  } catch (error) {
    await admin?.[Symbol.asyncDispose]();
    throw error;
  }
}

async function startAdmin(options: ProgramAdminOptions): Promise<AdminServer | undefined> {
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

function startMetricsListener(
  { metricsListener, metrics, strangers, clock }: ProgramAdminOptions,
): MetricsListener | undefined {
  if (metricsListener === undefined) return undefined;
  return MetricsListener.start(metricsListener, {
    exposition: () => metrics.exposition(),
    onResult: (result) => metrics.counter.metricsRequests.labels({ result }).inc(),
    logger: strangers,
    clock,
  });
}
