/** One change of a {@linkcode ChangeMessage}. */
export interface ReceivedChange {
  readonly id: string;
  readonly kind: string;
  readonly host: string | null;
  readonly check: string;
  readonly subject: string;
  readonly to: string;
}

/** A message of what has changed, as the documentation has it. */
export interface ChangeMessage {
  readonly fleet: string;
  readonly changes: readonly ReceivedChange[];
}

/** A receiver of sweeps' messages that checks their signatures as the documentation says. */
export class SignedReceiver implements AsyncDisposable {
  /** Messages with a right signature that were taken, with their IDs. */
  readonly taken: { readonly id: string; readonly message: ChangeMessage }[] = [];
  /** Paths that were asked for with GET. */
  readonly heartbeats: string[] = [];
  /** Messages with a wrong signature. */
  forged = 0;
  /** Whether it takes nothing. */
  isBroken = false;
  readonly #server: Deno.HttpServer<Deno.NetAddr>;
  readonly #secret: string;

  /** Starts to listen on a free loopback port. */
  constructor(secret: string) {
    this.#secret = secret;
    this.#server = Deno.serve(
      { hostname: "127.0.0.1", port: 0, onListen: () => {} },
      (request) => this.#answer(request),
    );
  }

  /** Where it listens: `http://127.0.0.1:PORT`. */
  get url(): string {
    return `http://127.0.0.1:${this.#server.addr.port}`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#server.shutdown();
  }

  async #answer(request: Request): Promise<Response> {
    if (request.method === "GET") {
      this.heartbeats.push(new URL(request.url).pathname);
      return new Response("OK");
    }
    const body = await request.text();
    if (!await this.#isSigned(request.headers, body)) this.forged++;
    else if (!this.isBroken) {
      const message = JSON.parse(body) as ChangeMessage;
      this.taken.push({ id: request.headers.get("webhook-id")!, message });
    }
    return new Response(null, { status: this.isBroken ? 503 : 204 });
  }

  async #isSigned(headers: Headers, body: string): Promise<boolean> {
    const [id, timestamp, signature] = ["id", "timestamp", "signature"]
      .map((name) => headers.get(`webhook-${name}`) ?? "");
    if (Math.abs(Date.now() / 1000 - Number(timestamp)) > 300) return false;
    const bytes = (text: string): Uint8Array<ArrayBuffer> => new TextEncoder().encode(text);
    const algorithm = { name: "HMAC", hash: "SHA-256" };
    const key = await crypto.subtle.importKey("raw", bytes(this.#secret), algorithm, false, [
      "verify",
    ]);
    const mac = Uint8Array.fromBase64(signature!.slice("v1,".length));
    return await crypto.subtle.verify("HMAC", key, mac, bytes(`${id}.${timestamp}.${body}`));
  }
}
