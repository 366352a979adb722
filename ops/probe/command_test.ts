import { assert, assertEquals, assertMatch, assertRejects } from "@std/assert";
import { after, before, describe, it } from "@std/testing/bdd";
import { ConfigError } from "../../tunnel/errors.ts";
import { Report } from "../report.ts";
import { RelayUnreachableError } from "./agent_errors.ts";
import { probeCommand } from "./command.ts";
import { RelayStandIn, TestCertificates } from "./relay_stand_in.ts";
import type { ProbeTarget } from "./target.ts";

interface Outcome {
  code: number;
  stdout: string;
  stderr: string;
}

describe("deno task probe", () => {
  let certificates: TestCertificates;
  before(async () => {
    certificates = await TestCertificates.create();
  });
  after(() => certificates[Symbol.dispose]());

  async function command(
    argv: readonly string[],
    options: {
      signal?: AbortSignal;
      localTarget?: ProbeTarget;
      isTerminal?: boolean;
      written?: { stdout: string };
    } = {},
  ): Promise<Outcome> {
    const written = Object.assign(options.written ?? { stdout: "" }, { stderr: "" });
    const writeError = (text: string): void => void (written.stderr += text);
    const report = new Report({
      stdout: (text) => written.stdout += text,
      stderr: writeError,
      color: { stdout: false, stderr: false },
    });
    const code = await probeCommand(argv, {
      report,
      signal: options.signal ?? new AbortController().signal,
      writeError,
      isTerminal: options.isTerminal ?? false,
      localTarget: () => options.localTarget,

      fleetTarget: () => Promise.reject(new TypeError("no inventory is given")),
    });
    return { code, ...written };
  }

  function flags(relay: RelayStandIn, ...more: string[]): string[] {
    const { identity, caFile } = certificates.clientTls;
    return [
      `--relay=127.0.0.1:${relay.address.port}`,
      "--service=web",
      `--ca=${caFile}`,
      `--cert=${identity?.certificateFile}`,
      `--key=${identity?.keyFile}`,
      "--rate=500",
      "--wait=1",
      ...(more.some((flag) => flag.startsWith("--count")) ? [] : ["--count=20"]),
      ...more,
    ];
  }

  it("prints a report and exits with 0", async () => {
    await using relay = new RelayStandIn(certificates.serverTls);
    const { code, stdout, stderr } = await command(flags(relay, "--proto=icmp"));
    assertEquals([code, stderr], [0, ""]);
    assertMatch(stdout, /^"web" through 127\.0\.0\.1:\d+: ICMP with 64 bytes/);
    assertMatch(stdout, /received +20 of 20\n/);
  });

  it("prints JSON with the documented fields", async () => {
    await using relay = new RelayStandIn(certificates.serverTls);
    const { stdout } = await command(flags(relay, "--json"));
    const { schema, sent, received, lost, duplicated, reordered, rttMs, outagesMs } = JSON.parse(
      stdout,
    );
    assertEquals({ schema, sent, received, lost, duplicated, reordered, outagesMs }, {
      schema: 1,
      sent: 20,
      received: 20,
      lost: 0,
      duplicated: 0,
      reordered: 0,
      outagesMs: [],
    });
    assertEquals(Object.keys(rttMs), ["min", "p50", "p95", "p99", "max"]);
  });

  it("exits with 1 on loss above --max-loss, and with 0 on loss of exactly that", async () => {
    await using relay = new RelayStandIn(certificates.serverTls, {
      deliver: (reply, index) => index % 10 === 3 ? [] : [reply],
    });
    const failed = await command(flags(relay));
    assertEquals(failed.code, 1);
    assertMatch(failed.stderr, /Lost 2 of 20 packets: --max-loss is 0\n/);
    assertMatch(failed.stdout, /lost +2 \(10 %\)/);
    assertEquals((await command(flags(relay, "--max-loss=10%"))).code, 0);
  });

  it("prints the report of what it knows, and exits with 130, when it is interrupted", async () => {
    await using relay = new RelayStandIn(certificates.serverTls);
    const controller = new AbortController();
    const running = command(flags(relay, "--count=100000", "--json"), {
      signal: controller.signal,
    });
    while (relay.agents === 0) await new Promise((resolve) => setTimeout(resolve, 5));
    await new Promise((resolve) => setTimeout(resolve, 100));
    controller.abort();
    const { code, stdout } = await running;
    assertEquals(code, 130);
    const { interrupted, sent, received, pending } = JSON.parse(stdout);
    assert(interrupted === true && sent > 0 && received + pending === sent);
  });

  it("probes the local deployment when no relay is given", async () => {
    await using relay = new RelayStandIn(certificates.serverTls);
    const localTarget = {
      relay: relay.address,
      serverName: "ztna-server",
      serviceId: "web",
      tls: certificates.clientTls,
    };
    const { code, stdout } = await command(["--count=5", "--rate=500"], { localTarget });
    assertEquals(code, 0);
    assertMatch(stdout, /received +5 of 5/);
  });

  it("keeps one line up to date on a terminal, and takes it away", async () => {
    await using relay = new RelayStandIn(certificates.serverTls);
    const argv = flags(relay, "--count=550");
    const { stderr } = await command(argv, { isTerminal: true });
    const [, line, rest] = stderr.split("\r\x1b[2K");
    assertMatch(line!, /^1 s: sent \d+ of 550, received \d+, lost 0, waiting for \d+$/);
    assertEquals(rest, "");
  });

  it("fails with exit code 4 when there is no relay, in JSON too", async () => {
    const written = { stdout: "" };
    // .invalid never resolves (RFC 6761 section 6.4)
    const argv = ["--relay=relay.invalid", "--service=web", "--no-verify-peer", "--json"];
    const error = await assertRejects(() => command(argv, { written }), RelayUnreachableError);
    assertEquals(error.exitCode, 4);
    assertEquals(JSON.parse(written.stdout), { schema: 1, error: error.message, exitCode: 4 });
  });

  it("fails with exit code 2 for a certificate that cannot be used", async () => {
    await using relay = new RelayStandIn(certificates.serverTls);
    const argv = flags(relay).filter((flag) => !flag.startsWith("--key"));
    const key = `--key=${certificates.directory}/relay.key`;
    const error = await assertRejects(() => command([...argv, key]), ConfigError);
    assertMatch(error.message, /relay\.key/);
    assertEquals(relay.agents, 0);
  });

  it("prints its help on standard output", async () => {
    const { code, stdout, stderr } = await command(["-h"]);
    assertEquals([code, stderr], [0, ""]);
    assertMatch(stdout, /Usage: deno task probe/);
  });
});
