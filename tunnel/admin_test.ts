import {
  assert,
  assertEquals,
  assertMatch,
  assertRejects,
  assertStringIncludes,
} from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { type AdminOptions, type AdminServer, startAdminServer } from "./admin.ts";
import { ConfigError } from "./errors.ts";
import { FakeClock } from "./fake_clock.ts";
import { createLogger, silentLogger } from "./log.ts";

function start(options: Partial<AdminOptions> = {}): Promise<AdminServer> {
  return startAdminServer({
    hostname: "127.0.0.1",
    port: 0,
    exposition: () => Promise.resolve("ztna_x 1\n"),
    health: () => ({ healthy: true }),
    readiness: () => ({ ready: true }),
    status: () => ({ version: "1" }),
    logger: silentLogger,
    ...options,
  });
}

interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly body: string;
}

async function request(server: AdminServer, path: string, method = "GET"): Promise<Answer> {
  const url = `http://127.0.0.1:${server.address.port}${path}`;
  const response = await fetch(url, { method });
  return { status: response.status, headers: response.headers, body: await response.text() };
}

function connect(server: AdminServer): Promise<Deno.TcpConn> {
  return Deno.connect({ hostname: "127.0.0.1", port: server.address.port });
}

/** All that the server sends on a connection until it closes it. @throws when it resets it. */
async function readToEnd(connection: Deno.TcpConn): Promise<string> {
  const decoder = new TextDecoder();
  const buffer = new Uint8Array(4096);
  let text = "";
  for (let n = await connection.read(buffer); n !== null; n = await connection.read(buffer)) {
    text += decoder.decode(buffer.subarray(0, n), { stream: true });
  }
  return text;
}

async function raw(server: AdminServer, text: string): Promise<string> {
  using connection = await connect(server);
  await connection.write(new TextEncoder().encode(text));
  return await readToEnd(connection);
}

describe("admin server", () => {
  it("answers its four endpoints, and no cache keeps the answers", async () => {
    await using server = await start();
    const cases: [path: string, type: string, body: string][] = [
      ["/healthz", "text/plain; charset=utf-8", "ok\n"],
      ["/readyz", "text/plain; charset=utf-8", "ok\n"],
      ["/metrics", "text/plain; version=0.0.4; charset=utf-8", "ztna_x 1\n"],
      ["/status", "application/json", '{\n  "version": "1"\n}\n'],
    ];
    for (const [path, type, body] of cases) {
      const answer = await request(server, `${path}?cache=no`);
      assertEquals(answer.status, 200);
      assertEquals(answer.headers.get("content-type"), type);
      assertEquals(answer.headers.get("cache-control"), "no-store");
      assertEquals(answer.body, body);
    }
  });

  it("says 503 with the reason when unhealthy or not ready", async () => {
    await using server = await start({
      health: () => ({ healthy: false, reason: "the socket is gone" }),
      readiness: () => ({ ready: false, reason: "draining: SIGTERM" }),
    });
    const answers = await Promise.all(["/healthz", "/readyz"].map((path) => request(server, path)));
    assertEquals(answers.map(({ status, body }) => [status, body]), [
      [503, "the socket is gone\n"],
      [503, "draining: SIGTERM\n"],
    ]);
  });

  it("answers HEAD with the same head and no body", async () => {
    await using server = await start();
    const text = await raw(server, "HEAD /healthz HTTP/1.1\r\nHost: x\r\n\r\n");
    assertMatch(text, /^HTTP\/1\.1 200 OK\r\n/);
    assertStringIncludes(text, "Content-Length: 3\r\n");
    assert(text.endsWith("\r\n\r\n"));
  });

  it("says 404 to other paths and 405 with Allow to other methods", async () => {
    await using server = await start();
    for (const path of ["/", "/healthz/", "/HEALTHZ", "/constructor", "/__proto__"]) {
      assertEquals((await request(server, path)).status, 404);
    }
    const posted = await request(server, "/metrics", "POST");
    assertEquals([posted.status, posted.headers.get("allow")], [405, "GET, HEAD"]);
    assertEquals((await request(server, "/healthz", "DELETE")).status, 405);
  });

  it("says 500 when an answer can't be made, logs why, and goes on", async () => {
    const lines: string[] = [];
    const write = (line: string): number => lines.push(line);
    const fail = (): never => {
      throw new Error("secret detail");
    };
    await using server = await start({
      exposition: () => Promise.reject(new Error("no scrape")),
      status: () => ({ big: 1n }),
      health: fail,
      readiness: fail,
      logger: createLogger({ level: "info", format: "json", write }),
    });
    for (const path of ["/metrics", "/status", "/healthz", "/readyz"]) {
      const { status, body } = await request(server, path);
      assertEquals(status, 500);
      assert(!body.includes("secret detail"));
    }
    assertEquals(lines.length, 4);
    assertStringIncludes(lines.join("\n"), "no scrape");
  });

  it("refuses what is not HTTP or too long", async () => {
    await using server = await start();
    assertMatch(await raw(server, "\x16\x03\x01garbage\n\n"), /^HTTP\/1\.1 400 /);
    const long = `GET / HTTP/1.1\r\nX: ${"a".repeat(40_000)}`;
    assertMatch(await raw(server, long), /^HTTP\/1\.1 431 /);
  });

  it("delivers its answer also to a client that goes on sending", async () => {
    await using server = await start();
    using client = await connect(server);
    const body = new TextEncoder().encode("x".repeat(1000));
    await client.write(new TextEncoder().encode("POST /metrics HTTP/1.1\r\n\r\n"));
    assertMatch(await readToEnd(client), /^HTTP\/1\.1 405 /);
    // A server that had closed its socket would reset the connection at the first of these.
    for (let i = 0; i < 20; i++) {
      await client.write(body);
      await new Promise((resolve) => setTimeout(resolve, 0));
    }
  });

  it("closes a client that stays silent for ten seconds", async () => {
    const clock = new FakeClock();
    await using server = await start({ clock });
    using connection = await connect(server);
    await connection.write(new TextEncoder().encode("GET / HT"));
    while (clock.pendingTimers === 0) await new Promise((resolve) => setTimeout(resolve, 1));
    clock.advance(9999);
    const closed = readToEnd(connection);
    clock.advance(1);
    assertEquals(await closed, "");
    assertEquals((await request(server, "/healthz")).status, 200);
  });

  it("closes the oldest of too many silent clients, and serves others", async () => {
    await using server = await start();
    const startMs = performance.now();
    const silent = await Promise.all(Array.from({ length: 150 }, () => connect(server)));
    assertEquals((await request(server, "/healthz")).status, 200);
    assertEquals(await readToEnd(silent[0] as Deno.TcpConn), "");
    assert(performance.now() - startMs < 9000, "the deadline closed it, not the limit");
    for (const connection of silent) connection.close();
  });

  it("closes at once with clients connected and an answer pending", async () => {
    const server = await start({ exposition: () => new Promise(() => {}) });
    using silent = await connect(server);
    using waiting = await connect(server);
    await waiting.write(new TextEncoder().encode("GET /metrics HTTP/1.1\r\n\r\n"));
    assertEquals((await request(server, "/healthz")).status, 200);
    const startMs = performance.now();
    await server[Symbol.asyncDispose]();
    await server[Symbol.asyncDispose]();
    assert(performance.now() - startMs < 1000);
    assertEquals(await Promise.all([readToEnd(silent), readToEnd(waiting)]), ["", ""]);
  });

  it("says which flag changes the port when it is in use", async () => {
    await using first = await start();
    const { port } = first.address;
    const error = await assertRejects(() => start({ port }), ConfigError, "in use");
    assertStringIncludes(error.message, `"127.0.0.1:${port}"`);
    assertStringIncludes(error.message, '"--metrics-port"');
    await assertRejects(() => start({ port, portFlag: "--admin" }), ConfigError, '"--admin"');
  });

  it("reports an address that is not this host's as a configuration error", async () => {
    await assertRejects(() => start({ hostname: "192.0.2.1" }), ConfigError, '"192.0.2.1:0"');
  });
});
