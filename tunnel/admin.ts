import { type Clock, systemClock } from "./clock.ts";
import { exchange } from "./http_exchange.ts";
import { expositionReply, type HttpReply, readOnlyReply, textReply } from "./http_reply.ts";
import type { HttpRequest } from "./http_request.ts";
import type { Logger } from "./log.ts";
import { TcpAcceptor } from "./tcp_acceptor.ts";

/** What the admin endpoints show, and where they listen. */
export interface AdminOptions {
  /** Address to listen on; programs take loopback unless configured. */
  readonly hostname: string;
  /** TCP port; 0 takes any free one (programs don't start the server when configured with 0). */
  readonly port: number;
  /** The flag that sets the port, for the message when it is taken; `--metrics-port` by default. */
  readonly portFlag?: string;
  /** The text for `/metrics`, in Prometheus' format 0.0.4. */
  exposition(): Promise<string>;
  /** Whether the program works; `/healthz`. */
  health(): { readonly healthy: boolean; readonly reason?: string };
  /** Whether the program wants traffic; `/readyz`. */
  readiness(): { readonly ready: boolean; readonly reason?: string };
  /** Data for `/status`, written as JSON. */
  status(): unknown;
  readonly logger: Logger;
  /** Times out slow clients; the system's clock by default. */
  readonly clock?: Clock;
}

/** The running admin server. Disposing of it closes its connections at once. */
export interface AdminServer extends AsyncDisposable {
  readonly address: { readonly hostname: string; readonly port: number };
}

/**
 * Serves `/healthz`, `/readyz`, `/metrics` and `/status` over HTTP/1, one request per connection.
 *
 * It reads sockets itself because `Deno.serve` (2.9) keeps silent clients for ever and waits for
 * their connections when it shuts down.
 *
 * @throws ConfigError when the address can't be listened on.
 */
export function startAdminServer(options: AdminOptions): Promise<AdminServer> {
  const { hostname, port, portFlag = "--metrics-port", logger, clock = systemClock } = options;
  try {
    return Promise.resolve(
      new TcpAcceptor({
        ...{ name: "admin", hostname, port, portFlag, logger, clock },
        serve: async (connection, { isCut }) => {
          await exchange(connection, isCut, (request) => answer(options, request));
        },
      }),
    );
  } catch (error) {
    return Promise.reject(error);
  }
}

async function answer(options: AdminOptions, request: HttpRequest): Promise<HttpReply> {
  const { exposition, health, readiness, status, logger } = options;
  const endpoints: Record<string, () => HttpReply | Promise<HttpReply>> = {
    "/healthz": () => {
      const { healthy, reason = "unhealthy" } = health.call(options);
      return healthy ? textReply(200, "ok\n") : textReply(503, `${reason}\n`);
    },
    "/readyz": () => {
      const { ready, reason = "not ready" } = readiness.call(options);
      return ready ? textReply(200, "ok\n") : textReply(503, `${reason}\n`);
    },
    "/metrics": async () => expositionReply(await exposition.call(options)),
    "/status": () => ({
      status: 200,
      type: "application/json",
      body: `${JSON.stringify(status.call(options) ?? null, null, 2)}\n`,
    }),
  };
  const { method, path } = request;
  if (!Object.hasOwn(endpoints, path)) {
    return textReply(404, `Not found; there are ${Object.keys(endpoints).join(", ")}\n`);
  }
  if (method !== "GET" && method !== "HEAD") {
    return readOnlyReply;
  }
  try {
    return await (endpoints[path] as () => Promise<HttpReply>)();
  } catch (error) {
    logger.error("admin_request_failed", { path, error });
    return textReply(500, `Cannot answer "${path}" as making the answer failed; see the log\n`);
  }
}
