import { assertEquals, assertRejects } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { RelayUnreachableError } from "./agent_errors.ts";
import type { ProbeOptions, runProbe } from "./probe.ts";
import type { ProbeTarget } from "./target.ts";
import { TunnelError, verifyTunnel } from "./verify_tunnel.ts";

const target: ProbeTarget = {
  relay: { hostname: "127.0.0.1", port: 1 },
  serverName: "ztna-server",
  serviceId: "s",
  tls: { verifyPeer: true },
};

/** A probe whose runs get as many packets back as the list says, then all of them. */
function fakeProbe(...received: number[]): { run: typeof runProbe; runs: string[] } {
  const runs: string[] = [];
  const run = ({ protocol, count = 0 }: ProbeOptions): ReturnType<typeof runProbe> => {
    runs.push(`${protocol} ${count}`);
    const back = received.shift() ?? count;
    const report = { sent: count, received: back, lost: count - back };
    return Promise.resolve(report as Awaited<ReturnType<typeof runProbe>>);
  };
  return { run, runs };
}

const options = {
  target,
  protocols: ["udp", "icmp"],
  advice: 'see the logs in "/log"',
  signal: new AbortController().signal,
} as const;

describe("verifyTunnel", () => {
  it("waits for a first packet, then counts UDP and ICMP", async () => {
    const { run, runs } = fakeProbe(0, 0, 1);
    const { udp, icmp } = await verifyTunnel(run, options);
    assertEquals(runs, ["udp 1", "udp 1", "udp 1", "udp 20", "icmp 20"]);
    assertEquals([udp.received, icmp.received], [20, 20]);
  });

  it("gives up when no packet comes back in time", async () => {
    const { run } = fakeProbe(...Array.from({ length: 1000 }, () => 0));
    await assertRejects(
      () => verifyTunnel(run, { ...options, deadlineMs: 100 }),
      TunnelError,
      "within 0.1 s",
    );
  });

  it("tries again while the relay does not answer, and says so in the end", async () => {
    const { run } = fakeProbe();
    const unreachable = (): never => {
      throw new RelayUnreachableError("silence");
    };
    let attempts = 0;
    const flaky: typeof runProbe = (probe) => ++attempts < 3 ? unreachable() : run(probe);
    await verifyTunnel(flaky, options);
    await assertRejects(
      () => verifyTunnel(unreachable, { ...options, deadlineMs: 100 }),
      RelayUnreachableError,
      "silence",
    );
  });

  it("takes a single lost packet for a failure, and names the logs", async () => {
    const { run } = fakeProbe(1, 20, 19);
    await assertRejects(
      () => verifyTunnel(run, options),
      TunnelError,
      'every ICMP packet must come back: 19 of 20 did; see the logs in "/log"',
    );
  });

  it("ends at once when it is interrupted", async () => {
    const { run, runs } = fakeProbe(0);
    const signal = AbortSignal.abort(new TypeError("enough"));
    await assertRejects(() => verifyTunnel(run, { ...options, signal }), TypeError, "enough");
    assertEquals(runs, []);
  });
});
