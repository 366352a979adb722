import { assert, assertEquals, assertFalse, assertRejects, assertThrows } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import {
  PrometheusServer,
  skipWithoutPrometheus,
} from "../../../tests/monitoring/prometheus_server.ts";
import { waitForAnswer } from "../../../tests/support/wait.ts";
import { ConfigError } from "../../../tunnel/errors.ts";
import { PrometheusClient, PrometheusError } from "./prometheus_client.ts";

const range = { start: 0, end: 30 };

/** A server on loopback that answers as told. */
function serve(
  handle: (request: Request) => Response | Promise<Response>,
): AsyncDisposable & { readonly url: string } {
  const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen: () => {} }, handle);
  return {
    url: `http://127.0.0.1:${server.addr.port}`,
    [Symbol.asyncDispose]: () => server.shutdown(),
  };
}

function success(data: unknown): Response {
  return Response.json({ status: "success", data });
}

describe("the client of Prometheus", () => {
  it("asks for a range, and reads numbers that JSON does not have", async () => {
    let asked = "";
    await using server = serve(async (request) => {
      asked = `${request.method} ${new URL(request.url).pathname} ${await request.text()}`;
      return success({
        resultType: "matrix",
        result: [{ metric: { a: "b" }, values: [[0, "1.5"], [15, "+Inf"], [30, "NaN"]] }],
      });
    });
    const series = await new PrometheusClient(server.url).queryRange('up{a="&"}', range, 15);
    assertEquals(
      asked,
      "POST /api/v1/query_range query=up%7Ba%3D%22%26%22%7D&start=0&end=30&step=15",
    );
    assertEquals(series, [{ labels: { a: "b" }, points: [[0, 1.5], [15, Infinity], [30, NaN]] }]);
  });

  it("gives the series of a range in one order, whatever Prometheus' is", async () => {
    const series = (host: string): unknown => ({ metric: { job: "x", host }, values: [[0, "1"]] });
    const answers = [["b", "a"], ["a", "b"]].map((hosts) => ({
      resultType: "matrix",
      result: hosts.map(series),
    }));
    await using server = serve(() => success(answers.shift()));
    const client = new PrometheusClient(server.url);
    const hosts = async (): Promise<unknown> =>
      (await client.queryRange("up", range, 15)).map(({ labels }) => labels.host);
    assertEquals(await hosts(), ["a", "b"]);
    assertEquals(await hosts(), ["a", "b"]);
  });

  it("reads vectors and scalars", async () => {
    const answers = [
      { resultType: "vector", result: [{ metric: { a: "b" }, value: [5, "2"] }] },
      { resultType: "scalar", result: [5, "3"] },
    ];
    await using server = serve(() => success(answers.shift()));
    const client = new PrometheusClient(server.url);
    assertEquals(await client.query("up", 5), [{ labels: { a: "b" }, points: [[5, 2]] }]);
    assertEquals(await client.query("3", 5), [{ labels: {}, points: [[5, 3]] }]);
  });

  it("keeps the address's path, and sends its user and password as such only", async () => {
    let seen = { url: "", authorization: "" };
    await using server = serve(({ url, headers }) => {
      seen = { url, authorization: headers.get("authorization") ?? "" };
      return success(["x"]);
    });
    const url = server.url.replace("://", "://me:p%40ss@") + "/prom";
    const client = new PrometheusClient(url);
    assertEquals(await client.labelValues("instance", 'up{a="b"}', range), ["x"]);
    assertEquals(new URL(seen.url).pathname, "/prom/api/v1/label/instance/values");
    assertEquals(seen.authorization, `Basic ${btoa("me:p@ss")}`);
    assertFalse(client.url.includes("p%40ss") || seen.url.includes("me:"));
  });

  it("takes the shortest scrape interval of all targets", async () => {
    const activeTargets = [{ scrapeInterval: "1m" }, { scrapeInterval: "15s" }, {}];
    await using server = serve(() => success({ activeTargets }));
    assertEquals(await new PrometheusClient(server.url).scrapeInterval(), 15);
  });

  it("says what Prometheus says of a wrong expression", async () => {
    await using server = serve(() =>
      Response.json({ status: "error", error: "parse error: unexpected end" }, { status: 400 })
    );
    await assertRejects(
      () => new PrometheusClient(server.url).query("up{", 0),
      PrometheusError,
      "parse error: unexpected end",
    );
  });

  const wrong: readonly (readonly [string, () => Response, string])[] = [
    ["is no JSON", () => new Response("<html>"), "must answer with JSON"],
    ["is of another API", () => success({ resultType: "streams", result: [] }), "API v1"],
    [
      "has values that are none",
      () => success({ resultType: "matrix", result: [{ metric: {}, values: [1] }] }),
      "API v1",
    ],
    ["is a list", () => Response.json([]), "API v1"],
    ["is too long", () => new Response("x".repeat(5000)), "at most 4000 bytes"],
    ["leads elsewhere", () => Response.redirect("http://127.0.0.1:1/"), "it must answer"],
  ];
  for (const [what, response, message] of wrong) {
    it(`refuses an answer that ${what}`, async () => {
      await using server = serve(response);
      const client = new PrometheusClient(server.url, { maxAnswerBytes: 4000 });
      await assertRejects(() => client.query("up", 0), PrometheusError, message);
    });
  }

  it("gives up on one that never answers", async () => {
    const never = Promise.withResolvers<Response>();
    await using server = serve(() => never.promise);
    const client = new PrometheusClient(server.url, { timeoutMs: 50 });
    await assertRejects(() => client.query("up", 0), PrometheusError, "within 0.05 s");
    never.resolve(success(null));
  });

  it("ends with what its signal was given, and goes on with nobody's turn", async () => {
    const controller = new AbortController();
    const never = Promise.withResolvers<Response>();
    const asked = Promise.withResolvers<void>();
    await using server = serve(() => {
      asked.resolve();
      return never.promise;
    });
    const client = new PrometheusClient(server.url, { signal: controller.signal, concurrency: 1 });
    const first = client.query("up", 0);
    const second = client.query("up", 0);
    await asked.promise;
    controller.abort(new RangeError("enough"));
    await assertRejects(() => first, RangeError, "enough");
    await assertRejects(() => second, RangeError, "enough");
    never.resolve(success(null));
  });

  it("asks for no more at once than it may", async () => {
    let atOnce = 0;
    let most = 0;
    await using server = serve(async (request) => {
      most = Math.max(most, ++atOnce);
      await request.text();
      atOnce--;
      return success({ resultType: "vector", result: [] });
    });
    const client = new PrometheusClient(server.url, { concurrency: 2 });
    await Promise.all(Array.from({ length: 12 }, () => client.query("up", 0)));
    assert(most <= 2, `${most} at once`);
  });

  for (const url of ["127.0.0.1:9090", "ftp://127.0.0.1/", ""]) {
    it(`refuses ${JSON.stringify(url)} as an address`, () => {
      assertThrows(() => new PrometheusClient(url), ConfigError, "http or https URL");
    });
  }
});

describe("the client with a real Prometheus", { skip: skipWithoutPrometheus() }, () => {
  it("gets series, values of labels and the scrape interval", async () => {
    await using server = await PrometheusServer.start({
      configuration: JSON.stringify({
        global: { scrape_interval: "1s" },
        scrape_configs: [{ job_name: "itself", static_configs: [{ targets: ["127.0.0.1:1"] }] }],
      }),
    });
    const client = new PrometheusClient(server.url);
    const now = (): number => Math.floor(Date.now() / 1000);
    await waitForAnswer(
      async () => (await client.query("up", now())).length > 0,
      "the first scrape",
      30_000,
    );
    const labels = { __name__: "up", instance: "127.0.0.1:1", job: "itself" };
    const [series] = await client.queryRange("up", { start: now() - 60, end: now() }, 1);
    assertEquals(series?.labels, labels);
    assertEquals(series?.points.at(-1)?.[1], 0);
    const hour = { start: now() - 3600, end: now() };
    assertEquals(await client.labelValues("instance", 'up{job="itself"}', hour), ["127.0.0.1:1"]);
    assertEquals(await client.scrapeInterval(), 1);
    await assertRejects(() => client.query("up{", 0), PrometheusError, "parse error");
  });
});
