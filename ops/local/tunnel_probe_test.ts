import { assertEquals, assertRejects } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import type { ProbeOptions, runProbe } from "../probe/probe.ts";
import type { ProbeTarget } from "../probe/target.ts";
import { DeploymentError } from "./deployment_error.ts";
import { probeTunnel } from "./tunnel_probe.ts";

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

const never = new AbortController().signal;

describe("probeTunnel", () => {
  it("waits for a first packet, then counts UDP and ICMP", async () => {
    const { run, runs } = fakeProbe(0, 0, 1);
    const { udp, icmp } = await probeTunnel(run, target, "/log", never);
    assertEquals(runs, ["udp 1", "udp 1", "udp 1", "udp 20", "icmp 20"]);
    assertEquals([udp.received, icmp.received], [20, 20]);
  });

  it("gives up when no packet comes back in time", async () => {
    const { run } = fakeProbe(...Array.from({ length: 1000 }, () => 0));
    await assertRejects(
      () => probeTunnel(run, target, "/log", never, 100),
      DeploymentError,
      "within 0.1 s",
    );
  });

  it("takes a single lost packet for a failure, and names the logs", async () => {
    const { run } = fakeProbe(1, 20, 19);
    await assertRejects(
      () => probeTunnel(run, target, "/log", never),
      DeploymentError,
      'every ICMP packet must come back: 19 of 20 did; see the logs in "/log"',
    );
  });

  it("ends at once when it is interrupted", async () => {
    const { run, runs } = fakeProbe(0);
    const signal = AbortSignal.abort(new TypeError("enough"));
    await assertRejects(() => probeTunnel(run, target, "/log", signal), TypeError, "enough");
    assertEquals(runs, []);
  });
});
