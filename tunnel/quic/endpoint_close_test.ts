import { assert, assertEquals, assertThrows } from "@std/assert";
import { after, before, describe, it } from "@std/testing/bdd";
import { TestCertificates, type TestIdentity } from "../../tests/support/certificates.ts";
import { NativeClient } from "../../tests/support/native_client.ts";
import { QuicLab } from "../../tests/support/quic_lab.ts";
import { UdpLink } from "../../tests/support/udp_link.ts";
import { pause, waitFor } from "../../tests/support/wait.ts";
import { ConfigError } from "../errors.ts";
import { FakeClock } from "../fake_clock.ts";

let certificates: TestCertificates;
let identity: TestIdentity;

before(async () => {
  certificates = await TestCertificates.create();
  identity = await certificates.server();
});
after(() => certificates[Symbol.dispose]());

function newLab(): QuicLab {
  return new QuicLab(certificates, identity);
}

describe("QuicConnection.close", () => {
  const cases = [
    { code: 0, text: "server shutting down", application: true },
    { code: 0x01, text: "client cert required", application: false },
    { code: 2 ** 32, text: "grüße", application: true },
  ];
  for (const { code, text, application } of cases) {
    it(`carries code ${code} and "${text}" from server to client`, async () => {
      await using lab = newLab();
      const { server, client, accepted } = await lab.connectedPair();
      accepted.close(code, text, application);
      await waitFor(() => client.handler.closed.length > 0, "the client's side");
      assertEquals(client.handler.closed, [{ by: "peer", application, code, text }]);
      assertEquals(server.handler.closed, [{ by: "local", application, code, text }]);
    });

    it(`carries code ${code} and "${text}" from client to server`, async () => {
      await using lab = newLab();
      const { server, client } = await lab.connectedPair();
      client.connection.close(code, text, application);
      await waitFor(() => server.handler.closed.length > 0, "the server's side");
      assertEquals(server.handler.closed, [{ by: "peer", application, code, text }]);
      assertEquals(client.handler.closed, [{ by: "local", application, code, text }]);
    });
  }

  it("takes what was sent before it along", async () => {
    await using lab = newLab();
    const { client, accepted } = await lab.connectedPair();
    accepted.sendDatagram(new Uint8Array([1, 2, 3]));
    accepted.close(0, "done");
    await waitFor(() => client.handler.closed.length > 0, "the close");
    assertEquals(client.handler.datagrams, [new Uint8Array([1, 2, 3])]);
  });

  it("does nothing the second time", async () => {
    await using lab = newLab();
    const { server, client } = await lab.connectedPair();
    client.connection.close(1, "first");
    client.connection.close(2, "second");
    await waitFor(() => server.handler.closed.length > 0, "the server's side");
    client.connection.close(3, "third");
    assertEquals(server.handler.closed.map(({ text }) => text), ["first"]);
  });

  it("leaves nothing of the connection on either side", async () => {
    await using lab = newLab();
    const { server, client } = await lab.connectedPair();
    client.connection.close(0, "");
    for (const { stats } of [server.endpoint, client.endpoint]) {
      await waitFor(() => stats.connections === 0, "the release");
      assertEquals(stats.establishedConnections, 0);
    }
    assertEquals([...server.endpoint.connections()], []);
  });

  it("ends all that a connection can do", async () => {
    await using lab = newLab();
    const { client } = await lab.connectedPair();
    const { connection, endpoint } = client;
    const stream = connection.openStream();
    const useAll = (): unknown[] => {
      connection.ping();
      connection.keepAlive(1);
      return [
        connection.sendDatagram(new Uint8Array(1)),
        connection.writeStream(stream, new Uint8Array(1)),
        connection.readStream(stream),
        connection.isClosed,
        connection.isEstablished,
      ];
    };
    connection.close(0, "");
    const nothing = ["closed", undefined, undefined, true, true];
    assertEquals(useAll(), nothing);
    await waitFor(() => endpoint.stats.connections === 0, "the release");
    assertEquals(useAll(), nothing);
    assertEquals(endpoint.stats.datagramsDropped.closed, 2);
  });

  it("ends a connection that was not established, on a server that has not answered", async () => {
    await using lab = newLab();
    const client = lab.connect({ hostname: "127.0.0.1", port: 9 });
    client.connection.close(7, "never mind");
    await waitFor(() => client.handler.closed.length > 0, "the end");
    const [reason] = client.handler.closed;
    assertEquals([reason!.by, reason!.application, reason!.text], ["handshake", false, ""]);
    await waitFor(() => client.endpoint.stats.connections === 0, "the release");
    assertEquals(client.endpoint.stats.handshakesFailed, 1);
  });

  it("reports whatever code and bytes a peer gives", async () => {
    await using lab = newLab();
    const server = lab.startServer();
    using client = new NativeClient(server.endpoint.address);
    await waitFor(() => server.handler.established.length === 1, "the connection");
    const code = Number.MAX_SAFE_INTEGER;
    client.native.close(true, code, new Uint8Array([0xff, 0, 0x1b, 0xc3]));
    client.flush();
    await waitFor(() => server.handler.closed.length > 0, "the close");
    assertEquals(server.handler.closed, [
      { by: "peer", application: true, code, text: "\ufffd\0\x1b\ufffd" },
    ]);
  });

  it("is made up for by a stateless reset when it is lost", async () => {
    await using lab = newLab();
    const server = lab.startServer({ resetKey: new Uint8Array(32) });
    using link = UdpLink.open(server.endpoint.address);
    const client = await lab.connectEstablished(link.address);
    const accepted = await waitFor(() => server.handler.established[0], "the server's side");
    accepted.sendDatagram(new Uint8Array(1));
    await waitFor(() => client.handler.datagrams.length > 0, "a DATAGRAM");
    link.watcher = (direction) => direction === "to_server";
    accepted.close(0, "lost");
    await waitFor(() => server.endpoint.stats.connections === 0, "the release");
    link.watcher = () => {};
    await waitFor(() => {
      client.connection.sendDatagram(new Uint8Array(100));
      return client.handler.closed.length > 0;
    }, "the client's side");
    assertEquals(client.handler.closed[0]!.by, "stateless_reset");
  });

  it("tells a client that is not yet established, by code 0x0c and no text", async () => {
    await using lab = newLab();
    const server = lab.startServer();
    using link = UdpLink.open(server.endpoint.address);
    // The first flight passes, the client's second does not.
    let toServer = 0;
    link.watcher = (direction) => direction === "to_client" || ++toServer === 1;
    const client = lab.connect(link.address);
    await waitFor(() => client.connection.isEstablished, "the client's side");
    const [half] = [...server.endpoint.connections()];
    assertEquals(half!.isEstablished, false);
    link.watcher = () => {};
    half!.close(0, "server shutting down");
    await waitFor(() => client.handler.closed.length > 0, "the client's side");
    assertEquals(server.handler.closed, [
      { by: "handshake", application: false, code: 0x0c, text: "" },
    ]);
  });

  it("closes also when a handshake probe is due at that moment", async () => {
    await using lab = newLab();
    const server = lab.startServer();
    using link = UdpLink.open(server.endpoint.address);
    const clock = new FakeClock();
    let isLost = false;
    link.watcher = (direction) => direction === "to_client" || !isLost;
    const client = await lab.connectEstablished(link.address, {
      endpointOptions: { clock },
      hooks: { onEstablished: () => isLost = true },
    });
    // Longer than the probe timeout of a path of about 1 ms (RFC 9002 section 6.2.1).
    await pause(150);
    clock.advance(1000);
    isLost = false;
    client.connection.close(5, "bye");
    await waitFor(() => server.handler.closed.length > 0, "the server's side");
    assertEquals([server.handler.closed[0]!.code, server.handler.closed[0]!.text], [5, "bye"]);
  });
});

describe("QuicEndpoint.close", () => {
  it("tells all peers and finishes long before the grace has passed", async () => {
    await using lab = newLab();
    const server = lab.startServer();
    const clients = Array.from({ length: 10 }, () => lab.connect(server.endpoint.address));
    await waitFor(() => server.handler.established.length === 10, "the connections");
    const startedAt = performance.now();
    await server.endpoint.close(0, "server shutting down", 30_000);
    assert(performance.now() - startedAt < 10_000);
    await waitFor(() => clients.every(({ handler }) => handler.closed.length === 1), "all clients");
    for (const { handler } of clients) {
      assertEquals(handler.closed, [
        { by: "peer", application: true, code: 0, text: "server shutting down" },
      ]);
    }
    assertEquals(server.handler.closed.length, 10);
    assertEquals(server.endpoint.stats.connections, 0);
  });

  it("waits no longer than the grace for peers that are gone", async () => {
    await using lab = newLab();
    const clock = new FakeClock();
    const server = lab.startServer({ clock });
    await lab.connectEstablished(server.endpoint.address);
    await waitFor(() => server.handler.established.length === 1, "the server's side");
    let isClosed = false;
    const closing = server.endpoint.close(0, "", 3000).then(() => isClosed = true);
    clock.advance(2999);
    await pause(0);
    assertEquals(isClosed, false);
    clock.advance(1);
    await closing;
    assertEquals(clock.pendingTimers, 0);
  });

  it("waits for nobody without a grace, and frees the port at once", async () => {
    await using lab = newLab();
    const { server, client } = await lab.connectedPair();
    const { port } = server.endpoint.address;
    await server.endpoint[Symbol.asyncDispose]();
    lab.startServer({ port });
    await waitFor(() => client.handler.closed.length > 0, "the client's side");
    assertEquals(client.handler.closed[0]!.by, "peer");
  });

  it("may be called again, also while it waits", async () => {
    await using lab = newLab();
    const clock = new FakeClock();
    const server = lab.startServer({ clock });
    await lab.connectEstablished(server.endpoint.address);
    await waitFor(() => server.handler.established.length === 1, "the server's side");
    const closings = [
      server.endpoint.close(0, "", 3000),
      server.endpoint.close(0, "", 60_000),
      server.endpoint.close(0, "", 0),
    ];
    await Promise.all(closings);
    await server.endpoint.close(0, "", 1000);
    assertEquals(clock.pendingTimers, 0);
  });

  it("closes connections whose handshake is under way, too", async () => {
    await using lab = newLab();
    const server = lab.startServer();
    using link = UdpLink.open(server.endpoint.address);
    link.watcher = (direction) => direction === "to_server";
    lab.connect(link.address);
    await waitFor(() => server.endpoint.stats.connections === 1, "the first packet");
    await server.endpoint.close(0, "", 10_000);
    assertEquals(server.handler.closed.map(({ by }) => by), ["handshake"]);
    assertEquals(server.endpoint.stats.connections, 0);
  });

  it("lets nobody connect afterwards", async () => {
    await using lab = newLab();
    const { client, server } = await lab.connectedPair();
    await client.endpoint[Symbol.asyncDispose]();
    assertThrows(
      () => lab.connect(server.endpoint.address, { endpoint: client.endpoint }),
      ConfigError,
      "Cannot connect as the endpoint is closed",
    );
  });
});

describe("QuicEndpoint.stopAccepting", () => {
  it("ignores new clients and keeps the others", async () => {
    await using lab = newLab();
    const { server, client, accepted } = await lab.connectedPair();
    server.endpoint.stopAccepting();
    lab.connect(server.endpoint.address);
    const { stats } = server.endpoint;
    await waitFor(() => stats.packetsDropped.not_accepting > 0, "the refusal");
    assertEquals(stats.connections, 1);
    accepted.sendDatagram(new Uint8Array([1]));
    await waitFor(() => client.handler.datagrams.length === 1, "a DATAGRAM");
  });
});

describe("ConnectionHandler", () => {
  const boom = (): never => {
    throw new Error("a fault of the program");
  };
  const faults = ["onEstablished", "onDatagram", "onStreamReadable"] as const;
  for (const method of faults) {
    it(`closes only its own connection when ${method} throws`, async () => {
      await using lab = newLab();
      let faulty = false;
      const server = lab.startServer({ hooks: { [method]: () => faulty && boom() } });
      const other = await lab.connectEstablished(server.endpoint.address);
      await waitFor(() => server.handler.established.length === 1, "the server's side");
      faulty = true;
      const client = await lab.connectEstablished(server.endpoint.address);
      client.connection.sendDatagram(new Uint8Array([1]));
      client.connection.writeStream(client.connection.openStream(), new Uint8Array([1]));
      await waitFor(() => client.handler.closed.length === 1, "the close");
      assertEquals(client.handler.closed, [
        { by: "peer", application: true, code: 1, text: "internal error" },
      ]);
      faulty = false;
      assertEquals(server.endpoint.stats.handlerErrors, 1);
      const before = server.handler.datagrams.length;
      other.connection.sendDatagram(new Uint8Array([2]));
      await waitFor(() => server.handler.datagrams.length > before, "the other's DATAGRAM");
      assertEquals(other.connection.isClosed, false);
    });
  }

  it("goes on when onClosed throws", async () => {
    await using lab = newLab();
    const { server, client } = await lab.connectedPair({ hooks: { onClosed: boom } });
    client.connection.close(0, "");
    await waitFor(() => server.endpoint.stats.connections === 0, "the release");
    assertEquals(server.endpoint.stats.handlerErrors, 1);
    await lab.connectEstablished(server.endpoint.address);
  });

  it("gets nothing more of a connection that it has closed when it was established", async () => {
    await using lab = newLab();
    const server = lab.startServer({
      hooks: { onEstablished: (connection) => connection.close(1, "client cert required", false) },
    });
    using link = UdpLink.open(server.endpoint.address);
    const client = lab.connect(link.address, {
      // It leaves with the client's last handshake packet (fault LR28).
      hooks: { onEstablished: (connection) => connection.sendDatagram(new Uint8Array([0x11])) },
    });
    await waitFor(() => client.handler.closed.length === 1, "the close");
    assertEquals([client.handler.closed[0]!.code, client.handler.closed[0]!.text], [
      1,
      "client cert required",
    ]);
    assert(server.endpoint.stats.datagramsReceived > 0, "the DATAGRAM did arrive");
    assertEquals(server.handler.datagrams, []);
  });

  it("may close its endpoint from within", async () => {
    await using lab = newLab();
    let closing: Promise<void> | undefined;
    const { server, client } = await lab.connectedPair({
      hooks: { onDatagram: () => void (closing = server.endpoint.close(3, "from within", 5000)) },
    });
    client.connection.sendDatagram(new Uint8Array([1]));
    await waitFor(() => client.handler.closed.length === 1, "the close");
    assertEquals(client.handler.closed[0]!.text, "from within");
    await closing;
  });

  it("may send to other connections when one has ended", async () => {
    await using lab = newLab();
    const server = lab.startServer({
      hooks: {
        onClosed: () => {
          for (const other of server.endpoint.connections()) {
            other.sendDatagram(new Uint8Array([9]));
          }
        },
      },
    });
    const first = await lab.connectEstablished(server.endpoint.address);
    const second = await lab.connectEstablished(server.endpoint.address);
    await waitFor(() => server.handler.established.length === 2, "the server's side");
    server.handler.established[0]!.close(0, "");
    await waitFor(
      () => first.handler.datagrams.length + second.handler.datagrams.length === 1,
      "the notice",
    );
  });
});
