import { after, before, describe, it } from "@std/testing/bdd";
import { assert, assertEquals } from "@std/assert";
import { TestCertificates, type TestIdentity } from "../tests/support/certificates.ts";

const main = new URL("main.ts", import.meta.url).pathname;

let certificates: TestCertificates;
let server: TestIdentity;

function command(args: readonly string[]): Deno.Command {
  return new Deno.Command(Deno.execPath(), {
    args: ["run", "--allow-all", "--no-check", main, ...args],
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
    env: { ZTNA_RELEASE: "test-release" },
  });
}

async function run(args: readonly string[]): Promise<{ code: number; out: string; error: string }> {
  const { code, stdout, stderr } = await command(args).output();
  const decoder = new TextDecoder();
  return { code, out: decoder.decode(stdout), error: decoder.decode(stderr) };
}

function start(more: readonly string[] = []): Deno.ChildProcess {
  const { certificateFile, keyFile } = server;
  const files = ["--cert", certificateFile, "--key", keyFile, "--ca-cert", certificates.caFile];
  const ports = ["--port", "0", "--bind", "127.0.0.1", "--metrics-port", "0"];
  return command([...files, ...ports, ...more]).spawn();
}

/** The log's events, one by one. */
async function* events(relay: Deno.ChildProcess): AsyncGenerator<Record<string, unknown>> {
  let rest = "";
  for await (const text of relay.stderr.pipeThrough(new TextDecoderStream())) {
    const lines = (rest + text).split("\n");
    rest = lines.pop()!;
    for (const line of lines) yield JSON.parse(line);
  }
}

describe("the relay program", () => {
  before(async () => {
    certificates = await TestCertificates.create();
    server = await certificates.server();
  });
  after(() => certificates[Symbol.dispose]());

  it("prints help and exits with 0", async () => {
    const { code, out } = await run(["--help"]);
    assertEquals([code, out.includes("--[no-]require-client-cert")], [0, true]);
  });

  it("exits with 2 and one clear line for each mistake on the command line", async () => {
    const { code, error } = await run(["--prot", "1", "--no-require-client-cert"]);
    assertEquals(code, 2);
    assert(error.startsWith('Cannot use "--prot" as there is no such flag'), error);
    assert(!error.includes(" at "), error);
  });

  it("exits with 2 when a certificate is missing", async () => {
    const { code, error } = await run(["--cert", "/no.pem", "--no-require-client-cert"]);
    assertEquals([code, error.includes('"/no.pem"')], [2, true], error);
  });

  it("reloads on SIGHUP, and drains and exits with 0 on SIGTERM", async () => {
    const relay = start();
    const seen: string[] = [];
    for await (const { event, ...fields } of events(relay)) {
      seen.push(String(event));
      if (event === "relay_started") assertEquals(fields["release"], "test-release");
      if (event === "ready") relay.kill("SIGHUP");
      if (event === "reloaded") relay.kill("SIGTERM");
    }
    await relay.stdout.cancel();
    assertEquals((await relay.status).code, 0);
    assertEquals(seen, ["relay_started", "ready", "reloaded", "draining", "stopped"]);
  });

  it("drains and exits with 0 on SIGINT", async () => {
    const relay = start();
    for await (const { event } of events(relay)) if (event === "ready") relay.kill("SIGINT");
    await relay.stdout.cancel();
    assertEquals((await relay.status).code, 0);
  });
});
