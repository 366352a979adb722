import { assert, assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { type ProbeOptions, runProbe } from "../../ops/probe/probe.ts";
import { TunnelLab } from "../support/tunnel_lab.ts";
import { waitFor } from "../support/wait.ts";

function optionsFor(
  lab: TunnelLab,
  relay: { readonly address: ProbeOptions["relay"] },
): Omit<ProbeOptions, "protocol"> {
  return {
    relay: relay.address,
    serverName: "ztna-server",
    serviceId: "a",
    intervalMs: 2,
    count: 100,
    tls: { caFile: lab.certificates.caFile, verifyPeer: true },
  };
}

describe("a probe through relay and connector", () => {
  for (const protocol of ["udp", "icmp"] as const) {
    it(`gets every ${protocol} packet back once, from where it was sent to`, async () => {
      await using lab = await TunnelLab.create();
      const relay = await lab.openRelay();
      await lab.connector(relay, { a: lab.backend() });
      const report = await runProbe({ ...optionsFor(lab, relay), protocol });
      const { sent, received, lost, duplicated, fromOtherSource } = report;
      assertEquals(
        { sent, received, lost, duplicated, fromOtherSource },
        { sent: 100, received: 100, lost: 0, duplicated: 0, fromOtherSource: 0 },
      );
      assertEquals(report.outages, []);
    });
  }

  it("measures what a bad network loses", async () => {
    await using lab = await TunnelLab.create();
    const relay = await lab.openRelay();
    await lab.connector(relay, { a: lab.backend() });
    const link = lab.link(relay);
    // From the first packets of the probe on; its handshake and registration are spared.
    link.watcher = (direction) => {
      if (direction === "to_server" && link.counts.arrived > 30) link.faults = { lossRate: 0.3 };
    };
    const report = await runProbe({ ...optionsFor(lab, link), protocol: "udp", lingerMs: 300 });
    assertEquals(report.received + report.lost, report.sent);
    assert(report.lost > 0 && report.received > 0, `${report.lost} of ${report.sent} lost`);
    assertEquals(report.duplicated, 0);
  });

  it("goes on when the relay is replaced, and tells how long it was away", async () => {
    await using lab = await TunnelLab.create();
    const relay = await lab.openRelay();
    const backend = lab.backend();
    await lab.connector(relay, { a: backend });
    const stop = new AbortController();
    const { count: _, ...options } = optionsFor(lab, relay);
    const running = runProbe({
      ...options,
      protocol: "udp",
      intervalMs: 5,
      lingerMs: 300,
      signal: stop.signal,
    });
    await waitFor(() => backend.received.length >= 20, "20 packets");
    await relay.close();
    await lab.openRelay({ port: relay.address.port });
    const before = backend.received.length;
    await waitFor(() => backend.received.length >= before + 20, "20 more");
    stop.abort();
    const report = await running;
    assertEquals(report.interrupted, true);
    assertEquals(report.reconnections, 1);
    assert(report.outageCount > 0);
    assertEquals(report.received + report.lost + report.pending, report.sent);
  });
});
