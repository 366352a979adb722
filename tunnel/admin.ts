import { type Clock, systemClock } from "./clock.ts";
import { ConnectionSlots } from "./connection_slots.ts";
import { closeQuietly, exchange } from "./http_exchange.ts";
import { expositionReply, type HttpReply, readOnlyReply, textReply } from "./http_reply.ts";
import type { HttpRequest } from "./http_request.ts";
import { listenError } from "./listen_error.ts";
import type { Logger } from "./log.ts";

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

/** Pause after a failed accept, in milliseconds: without descriptors left it fails at once, again. */
const acceptPauseMs = 100;

/**
 * Serves `/healthz`, `/readyz`, `/metrics` and `/status` over HTTP/1, one request per connection.
 *
 * It reads sockets itself because `Deno.serve` (2.9) keeps silent clients for ever and waits for
 * their connections when it shuts down.
 *
 * @throws ConfigError when the address can't be listened on.
 */
export function startAdminServer(options: AdminOptions): Promise<AdminServer> {
  try {
    return Promise.resolve(new SocketServer(options, listen(options)));
  } catch (error) {
    return Promise.reject(error);
  }
}

function listen({ hostname, port, portFlag = "--metrics-port" }: AdminOptions): Deno.TcpListener {
  try {
    return Deno.listen({ hostname, port });
  } catch (cause) {
    throw listenError({ server: "admin server", hostname, port, portFlag }, cause);
  }
}

class SocketServer implements AdminServer {
  readonly address: AdminServer["address"];
  readonly #options: AdminOptions;
  readonly #clock: Clock;
  readonly #listener: Deno.TcpListener;
  readonly #slots: ConnectionSlots;
  readonly #served = new Set<Promise<void>>();
  readonly #closing = Promise.withResolvers<void>();
  readonly #accepting: Promise<void>;
  #closed = false;

  constructor(options: AdminOptions, listener: Deno.TcpListener) {
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
    this.#slots = new ConnectionSlots(this.#clock);
    this.#listener = listener;
    this.address = { hostname: listener.addr.hostname, port: listener.addr.port };
    this.#accepting = this.#accept();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (!this.#closed) {
      this.#closed = true;
      this.#closing.resolve();
      this.#listener.close();
      this.#slots.cutAll();
    }
    await this.#accepting;
    await Promise.all(this.#served);
  }

  async #accept(): Promise<void> {
    while (!this.#closed) {
      try {
        this.#open(await this.#listener.accept());
      } catch (error) {
        if (this.#closed) return;
        this.#options.logger.warn("admin_accept_failed", { error });
        const { promise: pause, resolve } = Promise.withResolvers<void>();
        using _timer = this.#clock.setTimer(resolve, acceptPauseMs);
        await Promise.race([pause, this.#closing.promise]);
      }
    }
  }

  #open(connection: Deno.TcpConn): void {
    const served = this.#serve(connection).finally(() => this.#served.delete(served));
    this.#served.add(served);
  }

  async #serve(connection: Deno.TcpConn): Promise<void> {
    using slot = this.#slots.take(() => closeQuietly(connection));
    await exchange(connection, slot.isCut, (request) => this.#answer(request));
  }

  async #answer(request: HttpRequest): Promise<HttpReply> {
    const { exposition, health, readiness, status, logger } = this.#options;
    const endpoints: Record<string, () => HttpReply | Promise<HttpReply>> = {
      "/healthz": () => {
        const { healthy, reason = "unhealthy" } = health.call(this.#options);
        return healthy ? textReply(200, "ok\n") : textReply(503, `${reason}\n`);
      },
      "/readyz": () => {
        const { ready, reason = "not ready" } = readiness.call(this.#options);
        return ready ? textReply(200, "ok\n") : textReply(503, `${reason}\n`);
      },
      "/metrics": async () => expositionReply(await exposition.call(this.#options)),
      "/status": () => ({
        status: 200,
        type: "application/json",
        body: `${JSON.stringify(status.call(this.#options) ?? null, null, 2)}\n`,
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
}
