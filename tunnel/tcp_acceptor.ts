import type { Clock } from "./clock.ts";
import { type ConnectionSlot, ConnectionSlots } from "./connection_slots.ts";
import { ConfigError } from "./errors.ts";
import { closeQuietly } from "./http_exchange.ts";
import type { Logger } from "./log.ts";

/** Where a server listens, and what it does with connections. */
export interface TcpAcceptorOptions {
  /** For messages and events: `admin`. */
  readonly name: string;
  readonly hostname: string;
  /** 0 takes any free one. */
  readonly port: number;
  /** The flag that sets the port, for messages. */
  readonly portFlag: string;
  /**
   * Serves a connection to its end. When `slot.isCut` resolves, it was closed and has to be let go.
   * Must not reject.
   */
  serve(connection: Deno.TcpConn, slot: ConnectionSlot): Promise<void>;
  readonly logger: Logger;
  readonly clock: Clock;
}

/** Pause after a failed accept, in milliseconds: without descriptors left it fails at once, again. */
const acceptPauseMs = 100;

/**
 * Listens on a TCP address and gives each connection a place, and bounded time in it. It is ours
 * since `Deno.serve` (2.9) keeps silent clients for ever, and Node's server never accepts again once
 * descriptors have run out.
 */
export class TcpAcceptor implements AsyncDisposable {
  readonly address: { readonly hostname: string; readonly port: number };
  readonly #options: TcpAcceptorOptions;
  readonly #listener: Deno.TcpListener;
  readonly #slots: ConnectionSlots;
  readonly #served = new Set<Promise<void>>();
  readonly #closing = Promise.withResolvers<void>();
  readonly #accepting: Promise<void>;
  #closed = false;

  /** @throws ConfigError when the address can't be listened on. */
  constructor(options: TcpAcceptorOptions) {
    this.#options = options;
    this.#slots = new ConnectionSlots(options.clock);
    this.#listener = listen(options);
    this.address = { hostname: this.#listener.addr.hostname, port: this.#listener.addr.port };
    this.#accepting = this.#accept();
  }

  /** Closes it, and its connections at once. */
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
        this.#options.logger.warn(`${this.#options.name}_accept_failed`, { error });
        const { promise: pause, resolve } = Promise.withResolvers<void>();
        using _timer = this.#options.clock.setTimer(resolve, acceptPauseMs);
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
    await this.#options.serve(connection, slot);
  }
}

function listen(options: TcpAcceptorOptions): Deno.TcpListener {
  const { name, hostname, port, portFlag } = options;
  try {
    return Deno.listen({ hostname, port });
  } catch (cause) {
    const at = `current value is "${hostname}:${port}"`;
    const start = `Cannot start the ${name} server as`;
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
