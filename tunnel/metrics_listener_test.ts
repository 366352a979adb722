import {
  assert,
  assertEquals,
  assertRejects,
  assertStringIncludes,
  assertThrows,
} from "@std/assert";
import { after, before, describe, it } from "@std/testing/bdd";
import { TestCertificates, type TestIdentity } from "../tests/support/certificates.ts";
import {
  askMetrics,
  metricsClient,
  metricsListenerConfig,
} from "../tests/support/metrics_client.ts";
import { waitFor } from "../tests/support/wait.ts";
import { ConfigError } from "./errors.ts";
import { FakeClock } from "./fake_clock.ts";
import { createLogger } from "./log.ts";
import {
  MetricsListener,
  type MetricsListenerConfig,
  type MetricsListenerOptions,
} from "./metrics_listener.ts";
import { metricsClientName, type MetricsRequestResult } from "./metrics_request.ts";

/** A listener, with what it has told. */
class Started implements AsyncDisposable {
  readonly results: MetricsRequestResult[] = [];
  readonly lines: string[] = [];
  readonly listener: MetricsListener;

  private constructor(listener: MetricsListener) {
    this.listener = listener;
  }

  static start(
    config: MetricsListenerConfig,
    options: Partial<MetricsListenerOptions> = {},
  ): Started {
    const results: MetricsRequestResult[] = [];
    const lines: string[] = [];
    const write = (line: string): number => lines.push(line);
    const listener = MetricsListener.start(config, {
      exposition: () => Promise.resolve("ztna_x 1\n"),
      onResult: (result) => results.push(result),
      logger: createLogger({ level: "info", format: "json", write }),
      ...options,
    });
    return Object.assign(new Started(listener), { results, lines });
  }

  get port(): number {
    return this.listener.address.port;
  }

  connect(): Promise<Deno.TcpConn> {
    return Deno.connect({ hostname: "127.0.0.1", port: this.port });
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.listener[Symbol.asyncDispose]();
  }
}

/** What comes until the other side closes; resetting counts as closing. */
async function untilClosed(connection: Deno.Conn): Promise<number> {
  const buffer = new Uint8Array(65_536);
  let length = 0;
  try {
    for (let n = await connection.read(buffer); n !== null; n = await connection.read(buffer)) {
      length += n;
    }
  } catch (error) {
    if (!(error instanceof Deno.errors.ConnectionReset)) throw error;
  }
  return length;
}

describe("the TLS listener of metrics", () => {
  let certificates: TestCertificates;
  let config: MetricsListenerConfig;
  let prometheus: TestIdentity;
  before(async () => {
    certificates = await TestCertificates.create();
    config = await metricsListenerConfig(certificates);
    prometheus = await metricsClient(certificates);
  });
  after(() => certificates?.[Symbol.dispose]());

  const ask = (
    { port }: { readonly port: number },
    question: { identity?: TestIdentity; path?: string; method?: string } = {},
  ): ReturnType<typeof askMetrics> =>
    askMetrics({ port, caPem: certificates.caPem, identity: prometheus, ...question });

  it("shows metrics, and nothing else, to the client that it is for", async () => {
    await using started = Started.start(config);
    assertEquals(await ask(started), { status: 200, body: "ztna_x 1\n" });
    assertEquals(await ask(started, { method: "HEAD" }), { status: 200, body: "" });
    for (const path of ["/", "/status", "/healthz", "/readyz", "/metrics/", "/constructor"]) {
      assertEquals((await ask(started, { path })).status, 404, path);
    }
    assertEquals((await ask(started, { method: "POST" })).status, 405);
    await waitFor(() => started.results.length === 9, "all requests to be counted");
    assertEquals(started.results.slice(0, 3), ["answered", "answered", "failed"]);
    assertEquals(started.lines, []);
  });

  it("says 403 to other certificates of the authority, and logs the rule", async () => {
    await using started = Started.start(config);
    const others = [
      await certificates.client("agent", "agent", ["*"]),
      await metricsClient(certificates, "other"),
      await certificates.clientWithNames("wild", ["*.prometheus.ztna"]),
      await certificates.clientWithNames("nameless", ["x"]),
      await certificates.server("relay"),
    ];
    for (const identity of others) {
      const { status, body } = await ask(started, { identity }).catch(() => ({
        status: 0,
        body: "",
      }));
      // A server's certificate may be refused by TLS already.
      assert(status === 403 || status === 0, `${identity.certificateFile} got ${status}`);
      assert(!body.includes("ztna_x"));
    }
    await waitFor(() => started.results.length === others.length, "all to be counted");
    assert(started.results.every((result) => result === "forbidden" || result === "no_handshake"));
    assertStringIncludes(started.lines.join(""), metricsClientName("prometheus"));
  });

  it("refuses clients without a valid certificate of the authority", async () => {
    await using started = Started.start(config);
    using stranger = await TestCertificates.create("test authority");
    const request = {
      commonName: "late",
      usage: "client" as const,
      names: [metricsClientName("prometheus")],
    };
    const cases = [
      undefined,
      await metricsClient(stranger),
      await certificates.issue("expired", request, Date.now() - 400 * 86_400_000),
    ];
    for (const identity of cases) {
      await assertRejects(() =>
        askMetrics({ port: started.port, caPem: certificates.caPem, ...identity && { identity } })
      );
    }
    await waitFor(() => started.results.length === cases.length, "all to be counted");
    assertEquals(new Set(started.results), new Set(["no_handshake"]));
    assertStringIncludes(started.lines.join(""), "metrics_client_refused");
  });

  it("tells plain HTTP and garbage nothing, and goes on", async () => {
    await using started = Started.start(config);
    for (
      const text of ["GET /metrics HTTP/1.1\r\n\r\n", "\x16\x03\x01\xff\xff", "\n".repeat(9000)]
    ) {
      using connection = await started.connect();
      await connection.write(Uint8Array.from(text, (letter) => letter.charCodeAt(0)));
      await connection.closeWrite();
      assert(await untilClosed(connection) < 100);
    }
    assertEquals((await ask(started)).status, 200);
  });

  it("cuts a client that stays silent, before its handshake and after it", async () => {
    const clock = new FakeClock();
    await using started = Started.start(config, { clock });
    using beforeHandshake = await started.connect();
    await waitFor(() => clock.pendingTimers === 1, "the first to be accepted");
    using afterHandshake = await Deno.connectTls({
      hostname: "127.0.0.1",
      port: started.port,
      caCerts: [certificates.caPem],
      cert: prometheus.certificatePem,
      key: prometheus.keyPem,
    });
    await afterHandshake.handshake();
    await afterHandshake.write(new TextEncoder().encode("GET / HT"));
    await waitFor(() => clock.pendingTimers === 2, "the second to be accepted");
    clock.advance(9999);
    const closed = Promise.all([
      untilClosed(beforeHandshake),
      afterHandshake.read(new Uint8Array(9))
        .catch(() => null),
    ]);
    clock.advance(1);
    assertEquals(await closed, [0, null]);
    assertEquals((await ask(started)).status, 200);
    await waitFor(() => clock.pendingTimers === 0, "all places to be free");
  });

  it("closes the oldest of too many silent clients, and serves others", async () => {
    const clock = new FakeClock();
    await using started = Started.start(config, { clock });
    const connect = (count: number): Promise<Deno.TcpConn[]> =>
      Promise.all(Array.from({ length: count }, () => started.connect()));
    const first = await connect(40);
    await waitFor(() => clock.pendingTimers === 40, "all to be accepted");
    clock.advance(5000);
    const second = await connect(40);
    assertEquals(await untilClosed(first[0]!), 0);
    assertEquals((await ask(started)).status, 200);
    for (const connection of [...first, ...second]) connection.close();
  });

  it("grants strangers few handshakes a second, so that packets are forwarded", async () => {
    const clock = new FakeClock();
    await using started = Started.start(config, { clock });
    const flood = await Promise.all(Array.from({ length: 60 }, () => started.connect()));
    await waitFor(() => started.results.length === 10, "ten to be turned away");
    await assertRejects(() => ask(started));
    assertStringIncludes(started.lines.join(), "metrics_handshakes_limited");
    for (const connection of flood) connection.close();
    clock.advance(1000);
    assertEquals((await ask(started)).status, 200);
  });

  it("goes on when its process had no descriptors left for a while", async () => {
    const program = new URL("./test_scarce_program.ts", import.meta.url).pathname;
    const command = `ulimit -n 120; exec "$@"`;
    const deno = [Deno.execPath(), "run", "--quiet", "-A", program, JSON.stringify(config)];
    await using scarce = new Deno.Command("sh", {
      args: ["-c", command, "sh", ...deno],
      stdin: "piped",
      stdout: "piped",
    }).spawn();
    const input = scarce.stdin.getWriter();
    let said = "";
    const reading = (async (): Promise<void> => {
      for await (const text of scarce.stdout.pipeThrough(new TextDecoderStream())) said += text;
    })();
    const says = (text: RegExp): Promise<RegExpExecArray> =>
      waitFor(() => text.exec(said), `${text} from the program`, 30_000);
    const tell = (): Promise<void> => input.write(new TextEncoder().encode("go on\n"));
    const port = Number((await says(/^port (\d+)$/m))[1]);
    assertEquals((await ask({ port })).status, 200);
    await tell();
    await says(/^full$/m);
    using _waiting = await Deno.connect({ hostname: "127.0.0.1", port });
    await says(/metrics_accept_failed/);
    await tell();
    await says(/^free$/m);
    assertEquals((await ask({ port })).status, 200);
    await input.close();
    await reading;
  });

  it("says 500 when the metrics can't be read, logs why, and tells the client nothing", async () => {
    await using started = Started.start(config, {
      exposition: () => Promise.reject(new Error("secret detail")),
    });
    const { status, body } = await ask(started);
    assertEquals(status, 500);
    assert(!body.includes("secret detail"));
    assertStringIncludes(started.lines.join(""), "secret detail");
  });

  it("delivers an answer of a megabyte", async () => {
    const text = "x".repeat(1024 * 1024);
    await using started = Started.start(config, { exposition: () => Promise.resolve(text) });
    assertEquals((await ask(started)).body.length, text.length);
  });

  it("takes new files at a reload, and keeps the old ones when they are bad", async () => {
    using next = await TestCertificates.create();
    const files = {
      ...config,
      certificateFile: `${next.directory}/m.pem`,
      keyFile: `${next.directory}/m.key`,
      caFile: `${next.directory}/both.pem`,
    };
    Deno.writeTextFileSync(files.caFile, certificates.caPem + next.caPem);
    const copy = (from: MetricsListenerConfig): void => {
      for (const name of ["certificateFile", "keyFile"] as const) {
        Deno.copyFileSync(from[name], files[name]);
      }
    };
    copy(config);
    await using started = Started.start(files);
    assertEquals((await ask(started)).status, 200);
    Deno.writeTextFileSync(files.keyFile, "no key");
    assertThrows(() => started.listener.reload(), ConfigError, files.keyFile);
    assertEquals((await ask(started)).status, 200);
    copy(await metricsListenerConfig(next));
    started.listener.reload();
    await assertRejects(() => ask(started));
    assertEquals(
      (await askMetrics({ port: started.port, caPem: next.caPem, identity: prometheus }))
        .status,
      200,
    );
  });

  it("closes at once with clients connected and an answer pending", async () => {
    let asked = false;
    const started = Started.start(config, {
      exposition: () => {
        asked = true;
        return new Promise(() => {});
      },
    });
    using silent = await started.connect();
    const pending = ask(started).then(() => "answered", () => "cut");
    await waitFor(() => asked, "the metrics to be asked for");
    const startMs = performance.now();
    await started[Symbol.asyncDispose]();
    await started[Symbol.asyncDispose]();
    assert(performance.now() - startMs < 1000);
    assertEquals([await untilClosed(silent), await pending], [0, "cut"]);
  });

  it("says what is wrong with its address and its files", async () => {
    await using first = Started.start(config);
    const { port } = first;
    const cases: [change: Partial<MetricsListenerConfig>, text: string][] = [
      [{ port }, `port is in use: current value is "127.0.0.1:${port}"`],
      [{ port }, '"--metrics-tls-port"'],
      [{ hostname: "192.0.2.1" }, '"192.0.2.1:0"'],
      [{ certificateFile: "/nowhere.pem" }, '"/nowhere.pem"'],
      [{ caFile: config.keyFile }, config.keyFile],
    ];
    for (const [change, text] of cases) {
      assertThrows(() => Started.start({ ...config, ...change }), ConfigError, text);
    }
  });
});
