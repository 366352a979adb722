import { assert, assertEquals, assertRejects } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { DenoClient } from "../support/deno_client.ts";
import { NativeClient } from "../support/native_client.ts";
import { ReferenceConnector } from "../support/reference_connector.ts";
import { TunnelLab } from "../support/tunnel_lab.ts";
import { vector } from "../support/vectors.ts";
import { waitFor } from "../support/wait.ts";

describe("Deno's own QUIC as a client of the relay", () => {
  for (const retry of [true, false]) {
    it(`shakes hands ${retry ? "with" : "without"} Retry`, async () => {
      await using lab = await TunnelLab.create();
      const relay = await lab.openRelay({ retry });
      const client = await lab.denoClient(relay);
      assertEquals(client.connection.protocol, "ztna-v1");
      await client.fence();
      assertEquals(client.observed, [client.address]);
      assertEquals(relay.metrics.counter.retriesSent.value! > 0, retry);
      assertEquals(relay.metrics.counter.retryTokensValidated.value, retry ? 1 : 0);
    });
  }

  it("shakes hands whichever of its names it asks the relay for", async () => {
    await using lab = await TunnelLab.create();
    const relay = await lab.openRelay();
    const { caPem } = lab.certificates;
    for (const serverName of ["ztna-server", "localhost", "127.0.0.1"]) {
      const remote = relay.address;
      await using client = await DenoClient.connect({ remote, caPem, serverName });
      await client.fence();
    }
    await assertRejects(() =>
      DenoClient.connect({ remote: relay.address, caPem, serverName: "relay.example" })
    );
  });

  it("is not let in with another protocol", async () => {
    await using lab = await TunnelLab.create();
    const relay = await lab.openRelay();
    const { caPem } = lab.certificates;
    await assertRejects(() => DenoClient.connect({ remote: relay.address, caPem, alpn: "h3" }));
    await assertRejects(() =>
      DenoClient.connect({ remote: relay.address, caPem, alpn: "ztna-v2" })
    );
    assertEquals(relay.metrics.counter.observedAddresses.value, 0);
  });

  it("is let in with a client certificate where one is required, and held to its names", async () => {
    await using lab = await TunnelLab.create();
    const relay = await lab.relay();
    const connector = await lab.denoClient(relay, await lab.identity("connector", ["echo"]));
    assertEquals(await connector.register("connector", "echo"), "ack");
    assertEquals(await connector.register("connector", "payroll"), "nack 2");
    const agent = await lab.denoClient(relay, await lab.identity("agent", ["echo"]));
    assertEquals(await agent.register("agent", "echo"), "ack");
    assertEquals(await agent.register("connector", "echo"), "nack 2");
    agent.sendRouted("echo", vector("I01").bytes);
    await waitFor(() => connector.packets.length === 1, "the packet");
    assertEquals(connector.packets[0]!.toHex(), vector("I01").hex);
    const anonymous = await lab.denoClient(relay);
    await assertRejects(() => anonymous.closed, Error);
    await waitFor(() => relay.status().connections.total === 2, "the end of its connection");
    assertEquals(relay.status().connections, { total: 2, agents: 1, connectors: 1 });
  });

  it("gets the vectors' answers to registrations, byte for byte", async () => {
    await using lab = await TunnelLab.create();
    const relay = await lab.openRelay();
    const client = await lab.denoClient(relay);
    for (const id of ["D06", "D08", "D10", "D07", "D09", "D11", "D13", "D14"]) {
      const { hex, answer } = vector(id);
      const before = client.answers.length;
      client.sendHex(hex);
      await client.fence();
      // The fence's own answer comes last.
      assertEquals(client.answers.slice(before, -1), answer === undefined ? [] : [answer], id);
    }
  });

  it("routes the vectors' packets, byte for byte, as agent and as connector", async () => {
    await using lab = await TunnelLab.create();
    const relay = await lab.openRelay();
    const connector = await lab.denoClient(relay);
    const agent = await lab.denoClient(relay);
    for (const service of ["echo-service", "svc", "x", "", "abcde"]) {
      assertEquals(await connector.register("connector", service), "ack");
    }
    agent.sendHex(vector("D16").hex); // not registered yet
    for (const service of ["echo-service", "svc", "x", ""]) {
      assertEquals(await agent.register("agent", service), "ack");
    }
    for (const id of ["D15", "D17", "D18", "D19", "D20", "D21"]) agent.sendHex(vector(id).hex);
    await waitFor(() => connector.packets.length === 4, "4 packets");
    await agent.fence();
    await connector.fence();
    const { I01, I02 } = { I01: vector("I01"), I02: vector("I02") };
    const packets = connector.packets.map((packet) => packet.toHex());
    assertEquals(packets, [I01.hex, "", "ff", vector("D21").hex]);
    connector.sendHex(I02.hex);
    await waitFor(() => agent.packets.length === 1, "the reply");
    assertEquals(agent.packets[0]!.toHex(), I02.hex);
  });

  it("talks through the relay to our connector and its backend", async () => {
    await using lab = await TunnelLab.create();
    const relay = await lab.openRelay();
    const backend = lab.backend();
    await lab.connector(relay, { "echo-service": backend });
    const agent = await lab.denoClient(relay);
    agent.sendHex(vector("D06").hex);
    await waitFor(() => agent.answers.length === 1, "the ACK");
    agent.sendHex(vector("D15").hex);
    assertEquals(await agent.nextPacket(), "127.0.0.1:9999 > 10.0.0.100:12345 Hello");
    agent.sendRouted("echo-service", vector("I14").bytes);
    await waitFor(() => agent.packets.length === 1, "the echo reply");
    assertEquals(agent.packets[0]!.toHex(), vector("I14").answer);
  });

  it("serves our agents as a connector of the reference's kind", async () => {
    await using lab = await TunnelLab.create();
    const relay = await lab.openRelay();
    const backend = lab.backend();
    const connector = await lab.denoClient(relay);
    lab.use(await ReferenceConnector.start(connector, "echo-service", backend.address));
    const agent = await lab.registered(relay, "agent", "echo-service");
    agent.sendHex(vector("D15").hex);
    const from = `127.0.0.1:${backend.address.port}`;
    assertEquals(await agent.nextPacket(), `${from} > 10.0.0.100:12345 Hello`);
    agent.send(vector("I14").bytes);
    await waitFor(() => agent.packets.length === 1, "the echo reply");
    assertEquals(agent.packets[0]!.toHex(), vector("I14").answer);
  });

  it("learns why the relay has closed, and the relay that it has closed", async () => {
    await using lab = await TunnelLab.create();
    const relay = await lab.openRelay();
    const leaver = await lab.denoClient(relay);
    await leaver.register("agent", "a");
    leaver.connection.close({ closeCode: 7, reason: "had enough" });
    const { closedConnections } = relay.metrics.counter;
    await waitFor(() => closedConnections.labels({ by: "peer" }).value === 1, "its end");
    assertEquals(relay.metrics.gauge.services.value, 0);
    const stayer = await lab.denoClient(relay);
    await stayer.fence();
    await relay.close();
    const { closeCode, reason } = await stayer.closed;
    assertEquals({ closeCode, reason }, { closeCode: 0, reason: "server shutting down" });
  });
});

describe("Deno's own QUIC as a relay", () => {
  it("is one that our connector works with", async () => {
    await using lab = await TunnelLab.create();
    const { certificateFile, keyFile } = lab.relayConfig();
    const endpoint = new Deno.QuicEndpoint({ hostname: "127.0.0.1", port: 0 });
    const listener = endpoint.listen({
      cert: Deno.readTextFileSync(certificateFile),
      key: Deno.readTextFileSync(keyFile),
      alpnProtocols: ["ztna-v1"],
    });
    lab.use({ [Symbol.dispose]: () => endpoint.close() });
    const backend = lab.backend();
    const { hostname, port } = endpoint.addr;
    const accepted = listener.accept();
    const connector = await lab.connector({ host: hostname, port }, { "test-service": backend }, {
      dontWait: true,
    });
    const connection = await accepted;
    const registration = await connection.readDatagram();
    assertEquals(registration.toHex(), vector("D07").hex);
    await connection.sendDatagram(vector("D02").bytes);
    await connection.sendDatagram(Uint8Array.fromHex(vector("D07").answer!));
    await waitFor(() => connector.readiness().ready, "the registration");
    await connection.sendDatagram(vector("I14").bytes);
    assertEquals((await connection.readDatagram()).toHex(), vector("I14").answer);
    await connection.sendDatagram(vector("I01").bytes);
    const reply = await connection.readDatagram();
    assertEquals(new TextDecoder().decode(reply.subarray(28)), "Hello");
    assertEquals(connector.status().services[0]!.observedAddress, "127.0.0.1:4433");
    connection.close({ closeCode: 0, reason: "server shutting down" });
    const { connectionLosses } = connector.metrics.counter;
    const labels = { service: "test-service", cause: "relay_closed" };
    await waitFor(() => connectionLosses.labels(labels).value === 1, "the loss");
    listener.stop();
  });
});

describe("clients of other habits", () => {
  for (const connectionIdLength of [4, 16, 20]) {
    it(`are served with connection IDs of ${connectionIdLength} bytes`, async () => {
      await using lab = await TunnelLab.create();
      const relay = await lab.openRelay();
      const client = lab.use(new NativeClient(relay.address, { connectionIdLength }));
      await waitFor(() => client.native.isEstablished(), "the handshake");
      client.sendDatagram(vector("D06").bytes);
      const { answer } = vector("D06");
      await waitFor(() => client.datagrams.some((each) => each.toHex() === answer), "the ACK");
      const [observed, ...others] = client.datagrams.filter((message) => message[0] === 0x01);
      assertEquals([observed?.length, others], [7, []]);
      assert(client.native.dgramMaxWritableLen()! <= 1306);
    });
  }
});
