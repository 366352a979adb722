import { assertEquals, assertNotEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { formatSocketAddress } from "../../tunnel/quic/address.ts";
import { TestCertificates } from "../support/certificates.ts";
import { udpPacket } from "../support/inner_packets.ts";
import { Program } from "../support/program.ts";
import type { QuicheClient } from "../support/quiche_client.ts";
import { relayAddress, relayArguments } from "../support/relay_program.ts";
import { TunnelLab } from "../support/tunnel_lab.ts";
import { waitFor } from "../support/wait.ts";

function leafOf(client: QuicheClient): string {
  return client.connection.peerCertificates()[0]!.toHex();
}

describe("reloading the relay's TLS files", () => {
  it("gives new clients the new certificate and leaves the old ones alone", async () => {
    await using lab = await TunnelLab.create();
    const relay = await lab.openRelay();
    const connector = await lab.registered(relay, "connector", "a");
    await lab.certificates.server();
    await relay.reload();
    const agent = await lab.registered(relay, "agent", "a");
    assertNotEquals(leafOf(agent), leafOf(connector));
    agent.sendRouted("a", udpPacket("10.0.0.1:1 > 10.100.0.1:2", "old and new"));
    assertEquals(await connector.nextPacket(), "10.0.0.1:1 > 10.100.0.1:2 old and new");
    assertEquals(relay.metrics.counter.tlsReloads.labels({ result: "succeeded" }).value, 1);
  });

  it("changes the authority of clients to come", async () => {
    await using lab = await TunnelLab.create();
    const relay = await lab.relay();
    const identity = await lab.identity("agent", ["a"]);
    const before = await lab.registered(relay, "agent", "a", identity);
    using others = await TestCertificates.create("another authority");
    Deno.writeTextFileSync(lab.certificates.caFile, others.caPem);
    await relay.reload();
    Deno.writeTextFileSync(lab.certificates.caFile, lab.certificates.caPem);
    const refused = await lab.client(relay, identity);
    assertEquals((await refused.closed()).by, "peer");
    const admitted = await lab.client(relay, await others.client("agent", "other", ["a"]));
    assertEquals(await admitted.register("agent", "a"), "ack");
    assertEquals(await before.register("agent", "a"), "ack");
  });

  it("keeps the old files in use when the new ones are wrong", async () => {
    await using lab = await TunnelLab.create();
    const relay = await lab.openRelay();
    const before = await lab.client(relay);
    const { certificateFile, keyFile } = lab.relayConfig();
    for (const file of [certificateFile, keyFile]) {
      const good = Deno.readTextFileSync(file);
      Deno.writeTextFileSync(file, "not PEM");
      await relay.reload();
      Deno.writeTextFileSync(file, good);
    }
    assertEquals(relay.metrics.counter.tlsReloads.labels({ result: "failed" }).value, 2);
    assertEquals(leafOf(await lab.client(relay)), leafOf(before));
    assertEquals(relay.status().ready, true);
  });

  it("happens on SIGHUP, at once, also without any client [LR21]", async () => {
    await using lab = await TunnelLab.create();
    await using relay = new Program("relay", relayArguments(lab));
    const address = await relayAddress(relay);
    const first = await lab.client({ address });
    await lab.certificates.server();
    relay.signal("SIGHUP");
    await relay.logged("reloaded");
    assertNotEquals(leafOf(await lab.client({ address })), leafOf(first));

    const { certificateFile } = lab.relayConfig();
    Deno.writeTextFileSync(certificateFile, "not PEM");
    relay.signal("SIGHUP");
    await relay.logged("reload_failed");
    assertEquals(await (await lab.client({ address })).register("agent", "a"), "ack");
  });
});

describe("reloading the connector's TLS files", () => {
  it("takes effect with the next connection, and the present one stays", async () => {
    await using lab = await TunnelLab.create();
    const relay = await lab.relay();
    const file = await lab.identity("connector", ["a"], "before");
    const connector = await lab.connector(relay, { a: lab.backend() }, { identity: file });
    const identities = (): (string | null)[] =>
      relay.status().services["a"]?.connectors.map(({ identity }) => identity) ?? [];
    assertEquals(identities(), ["before"]);
    const renewed = await lab.identity("connector", ["a"], "after");
    Deno.writeTextFileSync(file.certificateFile, renewed.certificatePem);
    Deno.writeTextFileSync(file.keyFile, renewed.keyPem);
    await connector.reload();
    assertEquals(connector.metrics.counter.tlsReloads.labels({ result: "succeeded" }).value, 1);
    assertEquals([identities(), connector.readiness().ready], [["before"], true]);

    const { port } = relay.address;
    await relay.close();
    const next = await lab.relay({ port });
    await waitFor(() => next.status().connections.connectors === 1, "the next connection");
    assertEquals(next.status().services["a"]!.connectors[0]!.identity, "after");
  });

  it("happens on SIGHUP, which does not end the process, and complains of wrong files [LC29]", async () => {
    await using lab = await TunnelLab.create();
    const relay = await lab.relay();
    const { certificateFile, keyFile, keyPem } = await lab.identity("connector", ["a"]);
    await using connector = new Program("connector", [
      ...["--server", formatSocketAddress(relay.address), "--service", "a"],
      ...["--ca-cert", lab.certificates.caFile, "--metrics-port", "0"],
      ...["--client-cert", certificateFile, "--client-key", keyFile],
    ]);
    await connector.logged("registered");
    connector.signal("SIGHUP");
    await connector.logged("reloaded");
    Deno.writeTextFileSync(keyFile, "not PEM");
    connector.signal("SIGHUP");
    await connector.logged("reload_failed");
    Deno.writeTextFileSync(keyFile, keyPem);
    assertEquals(relay.status().connections.connectors, 1);
    connector.signal("SIGTERM");
    assertEquals((await connector.ended()).code, 0);
  });
});
