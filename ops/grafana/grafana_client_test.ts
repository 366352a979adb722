import {
  assert,
  assertEquals,
  assertFalse,
  assertRejects,
  assertStringIncludes,
} from "@std/assert";
import { afterEach, beforeEach, describe, it } from "@std/testing/bdd";
import { TestCertificates } from "../../tests/support/certificates.ts";
import { GrafanaServer } from "../../tests/support/grafana_server.ts";
import { Secret } from "../engine/secret.ts";
import { GrafanaClient } from "./grafana_client.ts";
import { GrafanaError, type GrafanaFailure } from "./grafana_error.ts";

const never = new AbortController().signal;
const request = { method: "GET", path: "/api/folders/x", what: "look" } as const;

interface Case {
  readonly when: string;
  readonly answer: () => Response;
  readonly failure: GrafanaFailure;
  readonly exitCode: number;
  readonly says: string;
}

const json = (status: number, body: unknown): () => Response => () =>
  Response.json(body, { status });
const page = (status: number): () => Response => () =>
  new Response("<html>\x1b[2J editor-token</html>", { status });

const cases: readonly Case[] = [
  {
    when: "the token is wrong",
    answer: json(401, { message: "Invalid API key editor-token" }),
    ...{ failure: "permission", exitCode: 1, says: "Invalid API key ********" },
  },
  {
    when: "the token may not do it",
    answer: json(403, { message: "no" }),
    ...{ failure: "permission", exitCode: 1, says: "needs the role Editor" },
  },
  {
    when: "a proxy answers with a page",
    ...{ answer: page(200), failure: "address", exitCode: 2, says: "is that a Grafana" },
  },
  {
    when: "the answer has more levels than anybody means",
    answer: () => new Response("[".repeat(1_000_000) + "]".repeat(1_000_000)),
    ...{ failure: "address", exitCode: 2, says: "no JSON" },
  },
  {
    when: "a web server knows nothing of it",
    ...{ answer: page(404), failure: "address", exitCode: 2, says: "behind a path" },
  },
  {
    when: "we are sent elsewhere",
    answer: () => new Response(null, { status: 302, headers: { location: "https://x/login" } }),
    ...{ failure: "address", exitCode: 2, says: 'sends us to "https://x/login"' },
  },
  {
    when: "a gateway is in trouble",
    ...{ answer: page(502), failure: "unreachable", exitCode: 4, says: "not well" },
  },
  {
    when: "there were too many requests",
    ...{ answer: json(429, {}), failure: "unreachable", exitCode: 4, says: "later" },
  },
  {
    when: "there is no such thing",
    answer: json(404, { message: "folder not found" }),
    ...{ failure: "missing", exitCode: 1, says: "folder not found" },
  },
  {
    when: "somebody was faster",
    answer: json(412, { message: "changed", status: "version-mismatch" }),
    ...{ failure: "conflict", exitCode: 1, says: "changed" },
  },
  {
    when: "Grafana does not want it",
    answer: json(400, { message: ["not", "a text"] }),
    ...{ failure: "refused", exitCode: 1, says: "400" },
  },
  {
    when: "the answer has no end",
    answer: () =>
      new Response(
        new ReadableStream({ pull: (to) => to.enqueue(new Uint8Array(1_048_576).fill(32)) }),
      ),
    ...{ failure: "refused", exitCode: 1, says: "at most 16777216 bytes" },
  },
];

describe("GrafanaClient", () => {
  let server: GrafanaServer;
  beforeEach(() => {
    server = new GrafanaServer({ basePath: "/grafana" });
  });
  afterEach(() => server[Symbol.asyncDispose]());

  function client(
    { url = server.url, signal = never, timeoutMs }: {
      readonly url?: string;
      readonly signal?: AbortSignal;
      readonly timeoutMs?: number;
    } = {},
  ): GrafanaClient {
    const access = { url, token: new Secret("editor-token") };
    return new GrafanaClient(access, { signal, ...timeoutMs !== undefined && { timeoutMs } });
  }

  it("gives an answer's JSON, and nothing for what is not there", async () => {
    server.store.createFolder("x", "X");
    assertEquals((await client().request(request) as { title: string }).title, "X");
    assertEquals(await client().find({ ...request, path: "/api/folders/y" }), undefined);
  });

  for (const { when, answer, failure, exitCode, says } of cases) {
    it(`says what to do when ${when}`, async () => {
      server.fault = answer;
      const error = await assertRejects(() => client().request(request), GrafanaError);
      assertEquals({ failure: error.failure, exitCode: error.exitCode }, { failure, exitCode });
      assertStringIncludes(error.message, says);
      assertStringIncludes(error.message, "Cannot look as ");
      assertFalse(error.message.includes("editor-token") || error.message.includes("\x1b"));
      assert(error.message.length < 800);
    });
  }

  it("does not follow to another place with the token", async () => {
    await using other = new GrafanaServer();
    server.fault = () => Response.redirect(`${other.url}/api/folders/x`, 307);
    await assertRejects(() => client().request(request), GrafanaError);
    assertEquals(other.calls, []);
  });

  it("waits for an answer only so long", async () => {
    const { promise, resolve } = Promise.withResolvers<undefined>();
    server.fault = () => promise;
    const error = await assertRejects(
      () => client({ timeoutMs: 50 }).request(request),
      GrafanaError,
      "no answer came within 0.05 s",
    );
    assertEquals(error.exitCode, 4);
    resolve(undefined);
  });

  it("says that nobody listens", async () => {
    const gone = new GrafanaServer();
    const { url } = gone;
    await gone[Symbol.asyncDispose]();
    const error = await assertRejects(() => client({ url }).request(request), GrafanaError);
    assertEquals(error.failure, "unreachable");
    assertStringIncludes(error.message, "is it running");
  });

  it("says what to do about a certificate of another authority", async () => {
    using certificates = await TestCertificates.create();
    const { certificatePem: cert, keyPem: key } = await certificates.server();
    await using secured = new GrafanaServer({ tls: { cert, key } });
    const error = await assertRejects(
      () => client({ url: secured.url }).request(request),
      GrafanaError,
    );
    assertEquals(error.failure, "unreachable");
    assertStringIncludes(error.message, "DENO_CERT");
    assertEquals(secured.calls, []);
  });

  it("ends when it is asked to, with the reason", async () => {
    const controller = new AbortController();
    const { promise, resolve } = Promise.withResolvers<undefined>();
    server.fault = () => {
      controller.abort(new Error("enough"));
      return promise;
    };
    await assertRejects(
      () => client({ signal: controller.signal }).request(request),
      Error,
      "enough",
    );
    resolve(undefined);
  });
});
