import { assert, assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { afterEach, beforeEach, describe, it } from "@std/testing/bdd";
import { DeliveryError } from "./delivery.ts";
import { deliver } from "./http_delivery.ts";

const never = new AbortController().signal;

describe("deliver", () => {
  let server: Deno.HttpServer<Deno.NetAddr>;
  /** What it answers to one request after the other; the last one stays. */
  let answers: (() => Response | Promise<Response>)[];
  let requests: { readonly method: string; readonly path: string; readonly attempt: string }[];

  beforeEach(() => {
    answers = [() => new Response()];
    requests = [];
    server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen: () => {} }, (request) => {
      const attempt = request.headers.get("attempt") ?? "";
      requests.push({ method: request.method, path: new URL(request.url).pathname, attempt });
      return (answers.length > 1 ? answers.shift()! : answers[0]!)();
    });
  });
  afterEach(() => server.shutdown());

  const url = (): string => `http://127.0.0.1:${server.addr.port}/hook/s3cret`;
  const send = (timeoutMs: number, signal = never): Promise<void> => {
    let attempt = 0;
    return deliver(
      url(),
      () => ({ method: "POST", body: "{}", headers: { attempt: String(++attempt) } }),
      { deadline: performance.now() + timeoutMs, signal },
    );
  };

  it("sends a request once that is taken", async () => {
    await send(10_000);
    assertEquals(requests, [{ method: "POST", path: "/hook/s3cret", attempt: "1" }]);
  });

  it("tries again, each time with a new request, while the receiver is in trouble", async () => {
    answers = [503, 429, 204].map((status) => () => new Response(null, { status }));
    await send(60_000);
    assertEquals(requests.map(({ attempt }) => attempt), ["1", "2", "3"]);
  });

  for (const status of [400, 401, 404, 410]) {
    it(`does not try again what is answered with ${status}`, async () => {
      answers = [() => new Response("no\x1b[2J", { status })];
      const error = await assertRejects(() => send(60_000), DeliveryError);
      assertEquals(error.message, `the answer is ${status}: "no\\u001b[2J"`);
      assertEquals(requests.length, 1);
    });
  }

  it("does not follow to another place", async () => {
    answers = [() => Response.redirect(`${url()}/elsewhere`, 307)];
    await assertRejects(() => send(60_000), DeliveryError, "the answer is 307");
    assertEquals(requests.length, 1);
  });

  it("gives up when its time is over, and says what was wrong last", async () => {
    answers = [() => new Response("later", { status: 503 })];
    const from = performance.now();
    await assertRejects(() => send(700), DeliveryError, 'the answer is 503: "later"');
    assert(performance.now() - from < 5000);
  });

  it("waits for an answer only as long as there is time", async () => {
    const { promise, resolve } = Promise.withResolvers<Response>();
    answers = [() => promise];
    await assertRejects(() => send(100), DeliveryError, "no answer came within 0.1 s");
    resolve(new Response());
  });

  it("reads no answer without an end", async () => {
    const endless = new ReadableStream<Uint8Array>({
      pull: (to) => to.enqueue(new Uint8Array(65_536).fill(120)),
    });
    answers = [() => new Response(endless, { status: 404 })];
    const error = await assertRejects(() => send(10_000), DeliveryError);
    assert(error.message.length < 400);
  });

  it("says without the address that nobody listens", async () => {
    const address = url();
    await server.shutdown();
    const error = await assertRejects(
      () => deliver(address, () => ({}), { deadline: performance.now() + 300, signal: never }),
      DeliveryError,
    );
    assertStringIncludes(error.message.toLowerCase(), "refused");
    assert(!error.message.includes("s3cret"), error.message);
    server = Deno.serve({ port: 0, onListen: () => {} }, () => new Response());
  });

  it("ends when it is asked to, with the reason", async () => {
    const controller = new AbortController();
    answers = [() => {
      controller.abort(new Error("enough"));
      return new Response(null, { status: 503 });
    }];
    await assertRejects(() => send(60_000, controller.signal), Error, "enough");
  });
});
