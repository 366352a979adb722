import { assert, assertEquals, assertRejects } from "@std/assert";
import { after, before, describe, it } from "@std/testing/bdd";
import { ConfigError } from "../../tunnel/errors.ts";
import { type ProbeOptions, runProbe } from "./probe.ts";
import type { ProbeProgress, RunEvent } from "./probe_run.ts";
import { RelayStandIn, TestCertificates } from "./relay_stand_in.ts";
import { UdpWire } from "./udp_wire.ts";

describe("runProbe", () => {
  let certificates: TestCertificates;
  before(async () => {
    certificates = await TestCertificates.create();
  });
  after(() => certificates[Symbol.dispose]());

  function relayStandIn(
    behaviour: ConstructorParameters<typeof RelayStandIn>[1] = {},
  ): RelayStandIn {
    return new RelayStandIn(certificates.serverTls, behaviour);
  }

  function options(relay: RelayStandIn, more: Partial<ProbeOptions> = {}): ProbeOptions {
    return {
      relay: relay.address,
      serverName: "ztna-server",
      serviceId: "web",
      protocol: "udp",
      intervalMs: 1,
      tls: certificates.clientTls,
      lingerMs: 1000,
      ...(more.durationMs === undefined ? { count: 100 } : {}),
      ...more,
    };
  }

  for (const protocol of ["udp", "icmp"] as const) {
    it(`reports that every ${protocol} packet has come back`, async () => {
      await using relay = relayStandIn();
      const report = await runProbe(options(relay, { protocol, payloadBytes: 200 }));
      const { sent, received, lost, pending, duplicated, reordered, corrupted, late } = report;
      assertEquals([sent, received, lost, pending], [100, 100, 0, 0]);
      assertEquals([duplicated, reordered, corrupted, late], [0, 0, 0, 0]);
      assertEquals([report.unexpected, report.fromOtherSource, report.reconnections], [0, 0, 0]);
      assertEquals([report.outagesMs, report.longestOutageMs], [[], 0]);
      assertEquals([report.payloadBytes, report.packetBytes, report.lossPercent], [200, 228, 0]);
      assertEquals([report.interrupted, report.events], [false, []]);
      const { min, p50, p95, p99, max } = report.rttMs;
      assert(0 < min! && min! <= p50! && p50! <= p95! && p95! <= p99! && p99! <= max!);
    });
  }

  it("counts what was lost, doubled, swapped, damaged and not its own", async () => {
    const held: Uint8Array[] = [];
    await using relay = relayStandIn({
      deliver(reply, index): Uint8Array[] {
        const copy = reply.slice();
        switch (index % 10) {
          case 1: // lost
            return [];
          case 2: // three copies
            return [copy, copy, copy];
          case 3: // overtaken by the next one
            held.push(copy);
            return [];
          case 4:
            return [copy, ...held.splice(0)];
          case 5: // damaged
            copy[copy.length - 1]! ^= 0x80;
            return [copy];
          case 6: // with a stranger's packet: another destination address
            return [copy, Uint8Array.from(copy, (byte, at) => at === 19 ? byte ^ 1 : byte)];
          default:
            return [copy];
        }
      },
    });
    const report = await runProbe(options(relay));
    const { sent, received, lost, duplicated, reordered, corrupted, unexpected } = report;
    assertEquals({ sent, received, lost, duplicated, reordered, corrupted, unexpected }, {
      sent: 100,
      received: 80,
      lost: 20,
      duplicated: 20,
      reordered: 10,
      corrupted: 10,
      unexpected: 10,
    });
    assertEquals([report.lossPercent, report.outagesMs], [20, []]);
  });

  it("counts replies that come too late as lost", async () => {
    const held: Uint8Array[] = [];
    await using relay = relayStandIn({
      // The first five replies come back with the last one, after more than lingerMs.
      deliver(reply, index): Uint8Array[] {
        if (index >= 5) return index === 39 ? [reply.slice(), ...held] : [reply];
        held.push(reply.slice());
        return [];
      },
    });
    const report = await runProbe(options(relay, { count: 40, intervalMs: 20, lingerMs: 400 }));
    assertEquals([report.received, report.lost, report.late], [35, 5, 5]);
    assertEquals(report.reordered, 0);
  });

  it("notices the answers of a backend's own address", async () => {
    await using relay = relayStandIn({
      deliver(reply): Uint8Array[] {
        const copy = reply.slice();
        // Source 10.100.0.1 becomes 10.100.0.0: header checksum up by one, no UDP checksum.
        copy[15]! -= 1;
        const checksum = (copy[10]! << 8 | copy[11]!) + 1;
        copy[10] = checksum >>> 8;
        copy[11] = checksum;
        copy[26] = copy[27] = 0;
        return [copy];
      },
    });
    const report = await runProbe(options(relay, { count: 10 }));
    assertEquals([report.received, report.fromOtherSource], [10, 10]);
  });

  it("shows a relay's restart as one outage and goes on", async () => {
    await using relay = relayStandIn();
    const events: RunEvent[] = [];
    const probing = runProbe(options(relay, {
      intervalMs: 5,
      durationMs: 2000,
      onEvent: (event) => events.push(event),
    }));
    await new Promise((resolve) => setTimeout(resolve, 500));
    await relay.stop();
    await new Promise((resolve) => setTimeout(resolve, 300));
    await relay.start();
    const report = await probing;
    assertEquals(report.sent, 400);
    assertEquals([report.outageCount, report.reconnections, report.duplicated], [1, 1, 0]);
    const [outage] = report.outages;
    assert(outage!.durationMs >= 300 && outage!.durationMs < 1450, `${outage!.durationMs} ms`);
    assertEquals(outage!.lost, report.lost);
    assert(Math.abs(outage!.lost - outage!.durationMs / 5) <= 20, `lost ${outage!.lost}`);
    assert(report.refused.disconnected > 0 && report.refused.disconnected <= report.lost);
    assertEquals(report.events, events.map((e, i) => ({ ...e, atMs: report.events[i]!.atMs })));
    assertEquals(report.events[0]!.kind, "lost");
    assertEquals(report.events.at(-1)!.kind, "ready");
  });

  it("shows a cut wire as an outage on the same connection", async () => {
    await using relay = relayStandIn();
    await using wire = new UdpWire(relay.address);
    const probing = runProbe({
      ...options(relay, { intervalMs: 5, durationMs: 1200 }),
      relay: wire.address,
    });
    await new Promise((resolve) => setTimeout(resolve, 400));
    wire.isCut = true;
    await new Promise((resolve) => setTimeout(resolve, 250));
    wire.isCut = false;
    const report = await probing;
    assertEquals([report.outageCount, report.reconnections], [1, 0]);
    const { longestOutageMs } = report;
    assert(longestOutageMs >= 200 && longestOutageMs < 750, `${longestOutageMs} ms`);
  });

  it("keeps the rate: 5,000 packets a second without drift", async () => {
    await using relay = relayStandIn();
    const report = await runProbe(options(relay, { intervalMs: 0.2, count: 5000 }));
    assertEquals([report.sent, report.lost], [5000, 0]);
    // The first packet may be late, or the last one, by what a busy machine takes for a timer.
    assert(Math.abs(report.sendingMs - 1000) < 200, `took ${report.sendingMs} ms`);
  });

  it("reports what is known, and what is open, when it is interrupted", async () => {
    await using relay = relayStandIn({ deliver: (reply, index) => index < 20 ? [reply] : [] });
    const controller = new AbortController();
    const started = performance.now();
    const progress: ProbeProgress[] = [];
    const report = await runProbe(options(relay, {
      durationMs: 60_000,
      intervalMs: 10,
      lingerMs: 10_000,
      signal: controller.signal,
      onProgress: (now) => {
        progress.push(now);
        controller.abort();
      },
    }));
    assert(performance.now() - started < 5000);
    assertEquals(report.interrupted, true);
    assertEquals([report.received, report.lost], [20, 0]);
    assertEquals(report.pending, report.sent - 20);
    assertEquals([progress.length, progress[0]!.total, progress[0]!.isReady], [1, 6000, true]);
  });

  it("is over at once when it is interrupted while waiting for the last replies", async () => {
    await using relay = relayStandIn({ deliver: () => [] });
    const controller = new AbortController();
    const started = performance.now();
    const report = await runProbe(options(relay, {
      count: 3,
      lingerMs: 60_000,
      signal: controller.signal,
      onProgress: () => controller.abort(),
    }));
    assert(performance.now() - started < 5000);
    assertEquals([report.sent, report.pending], [3, 3]);
  });

  it("rejects with the signal's reason when it is interrupted before it is connected", async () => {
    await using relay = relayStandIn();
    const signal = AbortSignal.abort(new Error("never mind"));
    await assertRejects(() => runProbe(options(relay, { signal })), Error, "never mind");
  });

  it("does not take longer than asked when the rate cannot be reached", async () => {
    await using relay = relayStandIn();
    const started = performance.now();
    const report = await runProbe(
      options(relay, { intervalMs: 0.0005, durationMs: 300, lingerMs: 300 }),
    );
    assert(performance.now() - started < 5000);
    assert(report.sent < 600_000);
    assertEquals(report.sent, report.received + report.lost);
  });

  it("names the largest payload when one does not fit the connection", async () => {
    await using relay = relayStandIn();
    const error = await assertRejects(
      () => runProbe(options(relay, { payloadBytes: 1400 })),
      ConfigError,
    );
    const most = Number(/at most (\d+) bytes/.exec(error.message)?.[1]);
    const report = await runProbe(options(relay, { payloadBytes: most, count: 5 }));
    assertEquals(report.received, 5);
    await assertRejects(() => runProbe(options(relay, { payloadBytes: most + 1 })), ConfigError);
  });

  const wrong: { what: string; more: Partial<ProbeOptions>; says: string }[] = [
    { what: "an interval of 0", more: { intervalMs: 0 }, says: '"intervalMs" must be above 0' },
    { what: "no packets", more: { count: 0 }, says: '"count" must be above 0' },
    { what: "35 bytes", more: { payloadBytes: 35 }, says: "36 to 4096 bytes" },
    { what: "half a byte", more: { payloadBytes: 64.5 }, says: "36 to 4096 bytes" },
    {
      what: "a name as destination",
      more: { destination: { address: "localhost", port: 7 } },
      says: '"localhost"',
    },
    {
      what: "port 65536",
      more: { source: { address: "100.64.0.1", port: 65_536 } },
      says: "current value is 65536",
    },
    {
      what: "more waiting packets than fit",
      more: { intervalMs: 0.001, lingerMs: 60_000 },
      says: "use a longer interval",
    },
  ];
  for (const { what, more, says } of wrong) {
    it(`refuses ${what}`, async () => {
      await using relay = relayStandIn();
      await assertRejects(() => runProbe(options(relay, more)), ConfigError, says);
      assertEquals(relay.agents, 0);
    });
  }

  it("refuses a run without an end", async () => {
    await using relay = relayStandIn();
    const { count: _count, ...endless } = options(relay);
    await assertRejects(() => runProbe(endless), ConfigError, "without an end");
  });
});
