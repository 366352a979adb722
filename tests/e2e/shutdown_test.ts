import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { formatSocketAddress } from "../../tunnel/quic/address.ts";
import { Program } from "../support/program.ts";
import { relayAddress, relayArguments } from "../support/relay_program.ts";
import { QuicheClient } from "../support/quiche_client.ts";
import { TunnelLab } from "../support/tunnel_lab.ts";
import { waitFor } from "../support/wait.ts";

const goodbye = { by: "peer", application: true, code: 0, text: "server shutting down" } as const;

describe("a relay that shuts down", () => {
  it("tells all clients at once, on whatever QUIC they run", async () => {
    await using lab = await TunnelLab.create();
    const relay = await lab.openRelay();
    const agent = await lab.registered(relay, "agent", "a");
    const connector = await lab.registered(relay, "connector", "a");
    const other = await lab.denoClient(relay);
    await other.fence();
    await relay.close();
    assertEquals([await agent.closed(), await connector.closed()], [goodbye, goodbye]);
    const { closeCode, reason } = await other.closed;
    assertEquals([closeCode, reason], [0, "server shutting down"]);
    assertEquals(await relay.stopped, 0);
  });

  it("takes nobody in any more, and its admin endpoints answer until the end [LR19] [LR24]", async () => {
    await using lab = await TunnelLab.create();
    const relay = await lab.openRelay({ admin: { hostname: "127.0.0.1", port: 0 } });
    const admin = `http://${formatSocketAddress(relay.adminAddress!)}`;
    const ask = async (path: string): Promise<[number, string]> => {
      const response = await fetch(`${admin}${path}`);
      return [response.status, await response.text()];
    };
    assertEquals(await ask("/readyz"), [200, "ok\n"]);
    // Far away: the relay repeats its goodbye for three times the timeout of a probe.
    const link = lab.link(relay, { delayMs: 200 });
    const client = await lab.registered(link, "agent", "a");
    const closing = relay.close();
    assertEquals((await ask("/healthz"))[0], 200);
    const [status, reason] = await ask("/readyz");
    assertEquals(status, 503);
    assertStringIncludes(reason, "draining");
    assertStringIncludes((await ask("/metrics"))[1], "ztna_relay_ready 0");
    const tls = { caFile: lab.certificates.caFile, verifyPeer: true };
    const late = lab.use(new QuicheClient({ remote: relay.address, tls }));
    const refused = relay.metrics.counter.quicPacketsDropped.labels({ reason: "not_accepting" });
    await waitFor(() => refused.value! > 0, "the refusal of a late client");
    assertEquals(late.connection.isEstablished, false);
    await closing;
    assertEquals(await client.closed(), goodbye);
    await fetch(`${admin}/healthz`).then((response) => assert(!response), () => {});
  });

  it("ends with code 0 on SIGTERM and on SIGINT, also without any client [LR20]", async () => {
    await using lab = await TunnelLab.create();
    for (const signal of ["SIGTERM", "SIGINT"] as const) {
      await using relay = new Program("relay", relayArguments(lab));
      await relay.logged("ready");
      relay.signal(signal);
      const { code } = await relay.ended();
      assertEquals(code, 0, signal);
      assertEquals(relay.log.at(-1)!.event, "stopped");
    }
  });

  it("says goodbye when it gets SIGTERM, and the connector notices at once", async () => {
    await using lab = await TunnelLab.create();
    await using relay = new Program("relay", relayArguments(lab));
    const address = await relayAddress(relay);
    const connector = await lab.connector({ address }, { a: lab.backend() });
    const agent = await lab.registered({ address }, "agent", "a");
    relay.signal("SIGTERM");
    assertEquals(await agent.closed(), goodbye);
    const lost = connector.metrics.counter.connectionLosses;
    await waitFor(
      () => lost.labels({ service: "a", cause: "relay_closed" }).value === 1,
      "the connector's loss",
    );
    assertEquals((await relay.ended()).code, 0);
  });

  it("ends at the second signal, without waiting for anybody", async () => {
    await using lab = await TunnelLab.create();
    await using relay = new Program("relay", [...relayArguments(lab), "--drain-timeout", "60"]);
    const link = lab.link({ address: await relayAddress(relay) }, { delayMs: 500 });
    await lab.registered(link, "agent", "a");
    relay.signal("SIGTERM");
    await relay.logged("draining");
    relay.signal("SIGTERM");
    assertEquals((await relay.ended()).code, 143);
  });
});

describe("a connector that shuts down", () => {
  it("tells the relay at once [LC29]", async () => {
    await using lab = await TunnelLab.create();
    const relay = await lab.openRelay();
    const connector = await lab.connector(relay, { a: lab.backend(), b: lab.backend() });
    assertEquals(relay.status().connections.connectors, 2);
    await connector.close();
    assertEquals(connector.readiness().ready, false);
    await waitFor(() => relay.status().connections.connectors === 0, "the end of both");
    const { closedConnections } = relay.metrics.counter;
    assertEquals(closedConnections.labels({ by: "peer" }).value, 2);
  });

  it("does so on SIGTERM and on SIGINT, and ends with code 0 [LC29]", async () => {
    await using lab = await TunnelLab.create();
    const relay = await lab.openRelay();
    for (const [index, signal] of (["SIGTERM", "SIGINT"] as const).entries()) {
      await using connector = new Program("connector", [
        ...["--server", formatSocketAddress(relay.address)],
        ...["--ca-cert", lab.certificates.caFile],
        ...["--service", "a", "--metrics-port", "0"],
      ]);
      await connector.logged("registered");
      assertEquals(relay.status().services["a"]!.connectors.length, 1);
      connector.signal(signal);
      assertEquals((await connector.ended()).code, 0, signal);
      await waitFor(() => relay.status().connections.connectors === 0, "its end at the relay");
      const { closedConnections } = relay.metrics.counter;
      assertEquals(closedConnections.labels({ by: "peer" }).value, index + 1);
    }
  });

  it("ends at once while it waits for a relay that is not there [LC28]", async () => {
    await using lab = await TunnelLab.create();
    const relay = await lab.openRelay();
    const { address } = relay;
    await relay.close();
    const connector = await lab.connector({ address }, { a: lab.backend() }, {
      limits: { lastHandshakeTimeoutMs: 50, reconnectBaseMs: 3_600_000, reconnectMaxMs: 3_600_000 },
      dontWait: true,
    });
    await waitFor(() => connector.status().services[0]!.state === "waiting", "its wait");
    await connector.close();
    assertEquals(await connector.stopped, 0);
  });
});
