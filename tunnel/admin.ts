import { type Clock, systemClock } from "./clock.ts";
import { ConfigError } from "./errors.ts";
import {
  type HttpRefusal,
  type HttpRequest,
  maxRequestHeadLength,
  parseRequestHead,
} from "./http_request.ts";
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

/** Open connections; beyond it the oldest one is closed, so that hung clients can't lock out others. */
const maxConnections = 64;
/** Life of a connection in milliseconds, from its acceptance to the last byte of the answer. */
const connectionDeadlineMs = 10_000;
/** Bytes after a request that are read and dropped, before the connection is closed all the same. */
const maxDrainedLength = 65_536;
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
    const at = `current value is "${hostname}:${port}"`;
    const start = "Cannot start the admin server as";
    if (cause instanceof Deno.errors.AddrInUse) {
      const next = `choose another port with "${portFlag}"`;
      throw new ConfigError(`${start} the port is in use: ${at}, ${next}`, { cause });
    }
    const reason = cause instanceof Error ? cause.message : String(cause);
    const next = `set a free port with "${portFlag}" and an address of this host`;
    throw new ConfigError(`${start} its address can't be listened on (${reason}): ${at}, ${next}`, {
      cause,
    });
  }
}

class SocketServer implements AdminServer {
  readonly address: AdminServer["address"];
  readonly #options: AdminOptions;
  readonly #clock: Clock;
  readonly #listener: Deno.TcpListener;
  /** What cuts each open connection off, in the order of acceptance, and the end of its service. */
  readonly #connections = new Map<() => void, Promise<void>>();
  readonly #closing = Promise.withResolvers<void>();
  readonly #accepting: Promise<void>;
  #closed = false;

  constructor(options: AdminOptions, listener: Deno.TcpListener) {
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
    this.#listener = listener;
    this.address = { hostname: listener.addr.hostname, port: listener.addr.port };
    this.#accepting = this.#accept();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (!this.#closed) {
      this.#closed = true;
      this.#closing.resolve();
      this.#listener.close();
      for (const cut of this.#connections.keys()) cut();
    }
    await this.#accepting;
    await Promise.all(this.#connections.values());
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
    const { promise: isCut, resolve } = Promise.withResolvers<void>();
    const cut = (): void => {
      closeQuietly(connection);
      resolve();
    };
    const served = this.#serve(connection, cut, isCut);
    this.#connections.set(cut, served.finally(() => this.#connections.delete(cut)));
    const [cutOldest] = this.#connections.keys();
    if (this.#connections.size > maxConnections) cutOldest?.();
  }

  async #serve(connection: Deno.TcpConn, cut: () => void, isCut: Promise<void>): Promise<void> {
    using _deadline = this.#clock.setTimer(cut, connectionDeadlineMs);
    try {
      const request = await readRequest(connection);
      if (request === undefined) return;
      const reply = typeof request === "number"
        ? text(request, `${statusTexts[request]}\n`)
        : await Promise.race([this.#answer(request), isCut]);
      if (reply === undefined) return;
      await writeAll(connection, encodeReply(reply, isHead(request)));
      await connection.closeWrite();
      await drain(connection);
    } catch {
      // The client has gone, or its connection was cut.
    } finally {
      closeQuietly(connection);
    }
  }

  async #answer(request: HttpRequest): Promise<Reply> {
    const { exposition, health, readiness, status, logger } = this.#options;
    const endpoints: Record<string, () => Reply | Promise<Reply>> = {
      "/healthz": () => {
        const { healthy, reason = "unhealthy" } = health.call(this.#options);
        return healthy ? text(200, "ok\n") : text(503, `${reason}\n`);
      },
      "/readyz": () => {
        const { ready, reason = "not ready" } = readiness.call(this.#options);
        return ready ? text(200, "ok\n") : text(503, `${reason}\n`);
      },
      "/metrics": async () => ({
        status: 200,
        type: "text/plain; version=0.0.4; charset=utf-8",
        body: await exposition.call(this.#options),
      }),
      "/status": () => ({
        status: 200,
        type: "application/json",
        body: `${JSON.stringify(status.call(this.#options) ?? null, null, 2)}\n`,
      }),
    };
    const { method, path } = request;
    if (!Object.hasOwn(endpoints, path)) {
      return text(404, `Not found; there are ${Object.keys(endpoints).join(", ")}\n`);
    }
    if (method !== "GET" && method !== "HEAD") {
      return { ...text(405, "Method not allowed\n"), allow: "GET, HEAD" };
    }
    try {
      return await (endpoints[path] as () => Promise<Reply>)();
    } catch (error) {
      logger.error("admin_request_failed", { path, error });
      return text(500, `Cannot answer "${path}" as making the answer failed; see the log\n`);
    }
  }
}

interface Reply {
  readonly status: keyof typeof statusTexts;
  readonly type: string;
  readonly body: string;
  readonly allow?: string;
}

const statusTexts = {
  200: "OK",
  400: "Bad Request",
  404: "Not Found",
  405: "Method Not Allowed",
  431: "Request Header Fields Too Large",
  500: "Internal Server Error",
  503: "Service Unavailable",
} as const;

function text(status: Reply["status"], body: string): Reply {
  return { status, type: "text/plain; charset=utf-8", body };
}

function isHead(request: HttpRequest | HttpRefusal): boolean {
  return typeof request === "object" && request.method === "HEAD";
}

function encodeReply(reply: Reply, headOnly: boolean): Uint8Array {
  const encoder = new TextEncoder();
  const body = encoder.encode(reply.body);
  const head = encoder.encode(
    [
      `HTTP/1.1 ${reply.status} ${statusTexts[reply.status]}`,
      `Date: ${new Date().toUTCString()}`,
      `Content-Type: ${reply.type}`,
      `Content-Length: ${body.length}`,
      "Cache-Control: no-store",
      "X-Content-Type-Options: nosniff",
      ...(reply.allow === undefined ? [] : [`Allow: ${reply.allow}`]),
      "Connection: close",
      "\r\n",
    ].join("\r\n"),
  );
  if (headOnly) return head;
  const whole = new Uint8Array(head.length + body.length);
  whole.set(head);
  whole.set(body, head.length);
  return whole;
}

/** The head of a connection's request; `undefined` when the client closes before its end. */
async function readRequest(
  connection: Deno.TcpConn,
): Promise<HttpRequest | HttpRefusal | undefined> {
  const buffer = new Uint8Array(maxRequestHeadLength);
  let length = 0;
  while (true) {
    const read = await connection.read(buffer.subarray(length));
    if (read === null) return undefined;
    length += read;
    const request = parseRequestHead(buffer.subarray(0, length));
    if (request !== undefined) return request;
  }
}

async function writeAll(connection: Deno.TcpConn, bytes: Uint8Array): Promise<void> {
  for (let start = 0; start < bytes.length;) {
    start += await connection.write(bytes.subarray(start));
  }
}

/**
 * Reads what the client still sends until it closes: closing a socket with unread bytes resets the
 * connection, and the client might lose the answer.
 */
async function drain(connection: Deno.TcpConn): Promise<void> {
  const sink = new Uint8Array(4096);
  for (let drained = 0; drained < maxDrainedLength;) {
    const read = await connection.read(sink);
    if (read === null) return;
    drained += read;
  }
}

function closeQuietly(connection: Deno.TcpConn): void {
  try {
    connection.close();
  } catch {
    // It was closed before.
  }
}
