import { assert, assertEquals, assertMatch, assertRejects } from "@std/assert";
import { after, before, describe, it } from "@std/testing/bdd";
import { TestCertificates, type TestIdentity } from "../../tests/support/certificates.ts";
import { type LabServerOptions, QuicLab } from "../../tests/support/quic_lab.ts";
import { UdpLink } from "../../tests/support/udp_link.ts";
import { pause, waitFor } from "../../tests/support/wait.ts";
import { sameSocketAddress, type SocketAddress } from "./address.ts";
import type { QuicConnection } from "./connection.ts";
import { RetryTokens } from "./retry_tokens.ts";
import { readPem } from "../pem.ts";

let certificates: TestCertificates;
let identity: TestIdentity;
let agent: TestIdentity;

before(async () => {
  certificates = await TestCertificates.create();
  identity = await certificates.server();
  agent = await certificates.client("agent", "agent-1", ["web"]);
});
after(() => certificates[Symbol.dispose]());

/** Deno's client takes a certificate, which its types don't say. */
interface DenoClientOptions extends Partial<Deno.ConnectQuicOptions<false>> {
  readonly cert?: string;
  readonly key?: string;
}

/** A client of Deno's own QUIC, which is another implementation. */
class DenoPeer implements Disposable {
  readonly connection: Deno.QuicConn;
  readonly datagrams: Uint8Array[] = [];
  closed: Deno.QuicCloseInfo | Error | undefined;
  readonly #endpoint: Deno.QuicEndpoint;

  private constructor(endpoint: Deno.QuicEndpoint, connection: Deno.QuicConn) {
    this.#endpoint = endpoint;
    this.connection = connection;
    connection.closed.then((info) => this.closed = info, (error) => this.closed = error);
    void this.#read();
  }

  static async connect(remote: SocketAddress, options: DenoClientOptions = {}): Promise<DenoPeer> {
    const endpoint = new Deno.QuicEndpoint({ hostname: remote.hostname, port: 0 });
    try {
      const connection = await Deno.connectQuic<false>({
        hostname: remote.hostname,
        port: remote.port,
        serverName: "ztna-server",
        alpnProtocols: ["ztna-v1"],
        caCerts: [certificates.caPem],
        ...options,
        endpoint,
      } as Deno.ConnectQuicOptions<false>);
      return new DenoPeer(endpoint, connection);
    } catch (error) {
      endpoint.close();
      throw error;
    }
  }

  send(data: Uint8Array): void {
    this.connection.sendDatagram(data).catch(() => {});
  }

  [Symbol.dispose](): void {
    this.connection.close({ closeCode: 0, reason: "" });
    this.#endpoint.close();
  }

  async #read(): Promise<void> {
    try {
      for (;;) this.datagrams.push(await this.connection.readDatagram());
    } catch {
      // The connection has ended.
    }
  }
}

interface Scene extends AsyncDisposable {
  readonly server: ReturnType<QuicLab["startServer"]>;
  readonly link: UdpLink;
  readonly peer: DenoPeer;
  readonly accepted: QuicConnection;
}

/** Our server, Deno's client, and a link between them. */
async function openScene(
  serverOptions: LabServerOptions = {},
  clientOptions?: DenoClientOptions,
): Promise<Scene> {
  const resources = new AsyncDisposableStack();
  const lab = resources.use(new QuicLab(certificates, identity));
  const server = lab.startServer(serverOptions);
  const link = resources.use(UdpLink.open(server.endpoint.address));
  const peer = resources.use(await DenoPeer.connect(link.address, clientOptions));
  const accepted = await waitFor(() => server.handler.established[0], "the server's side");
  return { server, link, peer, accepted, [Symbol.asyncDispose]: () => resources.disposeAsync() };
}

async function exchange(scene: Scene): Promise<void> {
  const { peer, server, accepted } = scene;
  const [toServer, toPeer] = [server.handler.datagrams.length, peer.datagrams.length];
  await waitFor(() => {
    peer.send(new Uint8Array([1, 2, 3]));
    return server.handler.datagrams.length > toServer;
  }, "a DATAGRAM from Deno's client");
  await waitFor(() => {
    accepted.sendDatagram(new Uint8Array([4, 5]));
    return peer.datagrams.length > toPeer;
  }, "a DATAGRAM to Deno's client");
  assertEquals(server.handler.datagrams.at(-1), new Uint8Array([1, 2, 3]));
  assertEquals(peer.datagrams.at(-1), new Uint8Array([4, 5]));
}

describe("Our server and Deno's client", () => {
  for (const retry of [true, false]) {
    it(`exchange DATAGRAMs ${retry ? "with" : "without"} Retry`, async () => {
      const tokens = retry ? new RetryTokens(new Uint8Array(32)) : undefined;
      await using scene = await openScene({ retry: tokens });
      assertEquals(scene.peer.connection.protocol, "ztna-v1");
      await exchange(scene);
      const { stats } = scene.server.endpoint;
      assertEquals([stats.connections, stats.retryTokensValidated], [1, retry ? 1 : 0]);
    });
  }

  it("exchange DATAGRAMs of every size", async () => {
    await using scene = await openScene();
    const { accepted, peer, server } = scene;
    // Its connection IDs have 8 bytes: 1350 - 1 - 8 - 4 - 16 - 3 (protocol section 1.2).
    assertEquals(accepted.maxDatagramLength, 1318);
    for (const length of [0, 1, 500, 1318]) {
      const data = crypto.getRandomValues(new Uint8Array(length));
      const before = peer.datagrams.length;
      assertEquals(accepted.sendDatagram(data), "queued");
      await waitFor(() => peer.datagrams.length > before, `${length} bytes to the client`);
      assertEquals(peer.datagrams.at(-1), data);
    }
    for (const length of [0, 1, 500, peer.connection.maxDatagramSize]) {
      const data = crypto.getRandomValues(new Uint8Array(length));
      const before = server.handler.datagrams.length;
      peer.send(data);
      await waitFor(() => server.handler.datagrams.length > before, `${length} bytes to us`);
      assertEquals(server.handler.datagrams.at(-1), data);
    }
  });

  it("agree on a client certificate where one is required", async () => {
    const { caFile } = certificates;
    const tls = { identity, caFile, clientCertificate: "require" } as const;
    const { certificatePem: cert, keyPem: key } = agent;
    await using scene = await openScene({ tls }, { cert, key });
    assertEquals(scene.accepted.peerCertificates()[0], readPem(cert)[0]!.der);
    await exchange(scene);
  });

  it("part when a required client certificate is missing", async () => {
    await using lab = new QuicLab(certificates, identity);
    const { caFile } = certificates;
    const server = lab.startServer({ tls: { identity, caFile, clientCertificate: "require" } });
    using peer = await DenoPeer.connect(server.endpoint.address);
    const closed = await waitFor(() => peer.closed, "the refusal");
    assert(closed instanceof Error);
    assertMatch(closed.message, /116/);
    await waitFor(() => server.handler.closed.length === 1, "the server's side");
    assertEquals(server.handler.closed[0]!.code, 0x174);
  });

  it("part over another protocol, another name and another authority", async () => {
    await using lab = new QuicLab(certificates, identity);
    const server = lab.startServer();
    using strangers = await TestCertificates.create("strangers");
    const wrong: DenoClientOptions[] = [
      { alpnProtocols: ["h3"] },
      { serverName: "ztna-connector" },
      { caCerts: [strangers.caPem] },
    ];
    for (const options of wrong) {
      await assertRejects(() => DenoPeer.connect(server.endpoint.address, options), Error);
    }
    await waitFor(() => server.handler.closed.length === wrong.length, "the server's side");
    assertEquals(server.handler.established, []);
    for (const { by } of server.handler.closed) assertEquals(by, "handshake");
  });

  it("use streams both ways", async () => {
    const received: string[] = [];
    await using scene = await openScene({
      hooks: {
        onStreamReadable: (connection, id) => {
          for (let chunk; (chunk = connection.readStream(id)) !== undefined;) {
            received.push(new TextDecoder().decode(chunk.data));
            if (chunk.fin) connection.writeStream(id, new TextEncoder().encode("answer"), true);
          }
        },
      },
    });
    const { peer, accepted } = scene;
    const stream = await peer.connection.createBidirectionalStream();
    const writer = stream.writable.getWriter();
    await writer.write(new TextEncoder().encode("question"));
    await writer.close();
    assertEquals(await new Response(stream.readable).text(), "answer");
    assertEquals(received.join(""), "question");

    const id = accepted.openStream();
    accepted.writeStream(id, new TextEncoder().encode("news"), true);
    const incoming = peer.connection.incomingBidirectionalStreams.getReader();
    const { value } = await incoming.read();
    assertEquals(await new Response(value!.readable).text(), "news");
    incoming.releaseLock();
  });

  it("notice stream data in packets that carry DATAGRAMs, too", async () => {
    const received: string[] = [];
    await using scene = await openScene({
      hooks: {
        onStreamReadable: (connection, id) => {
          for (let chunk; (chunk = connection.readStream(id)) !== undefined;) {
            received.push(new TextDecoder().decode(chunk.data));
          }
        },
      },
    });
    const { peer, server, link } = scene;
    await exchange(scene);
    const stream = await peer.connection.createBidirectionalStream();
    const writer = stream.writable.getWriter();
    // Nothing of the server's is under way then, whose loss would wake it.
    await pause(150);
    let isSent = false;
    link.watcher = (direction, packet) => {
      if (direction === "to_client") return;
      if (isSent) return false;
      // More than a DATAGRAM, an acknowledgment and their header take.
      isSent = packet.length >= 48;
    };
    const before = server.handler.datagrams.length;
    // Both are ready when the client makes its next packet.
    const written = writer.write(new TextEncoder().encode("beside"));
    peer.send(new Uint8Array([9]));
    await written;
    await waitFor(() => server.handler.datagrams.length > before, "the DATAGRAM");
    await waitFor(() => received.length > 0, "the stream data", 1000);
    assertEquals(received, ["beside"]);
    writer.releaseLock();
  });

  it("close with code and text both ways", async () => {
    await using first = await openScene();
    first.accepted.close(7, "enough");
    await waitFor(() => first.peer.closed, "the client's side");
    assertMatch(JSON.stringify(first.peer.closed), /7.*enough/);
    await using second = await openScene();
    second.peer.connection.close({ closeCode: 5, reason: "bye" });
    await waitFor(() => second.server.handler.closed.length > 0, "the server's side");
    assertEquals(second.server.handler.closed, [
      { by: "peer", application: true, code: 5, text: "bye" },
    ]);
  });

  it("stay connected through many changes of the client's address", async () => {
    await using scene = await openScene();
    await exchange(scene);
    for (let count = 0; count < 5; count++) {
      const address = scene.link.rebind();
      await exchange(scene);
      await waitFor(() => sameSocketAddress(scene.accepted.remoteAddress, address), "the move");
    }
    await waitFor(() => {
      scene.peer.send(new Uint8Array([0]));
      return sameSocketAddress(scene.accepted.remoteAddress, scene.link.rebindTo(0));
    }, "the way back");
    await exchange(scene);
    assertEquals(scene.server.handler.closed, []);
  });

  it("stay connected through many new connection IDs", async () => {
    await using scene = await openScene({ connectionIdRotationMs: 30 });
    await waitFor(() => {
      scene.peer.send(new Uint8Array([0]));
      return scene.server.endpoint.stats.connectionIdsRotated >= 8;
    }, "the rotations");
    await exchange(scene);
    assertEquals(scene.server.handler.closed, []);
    assertEquals(scene.server.endpoint.stats.packetsDropped.unknown_connection, 0);
  });

  for (const rotations of [0, 8]) {
    it(`agree on a stateless reset after ${rotations} new connection IDs`, async () => {
      const resetKey = new Uint8Array(32).fill(1);
      await using scene = await openScene({
        resetKey,
        connectionIdRotationMs: rotations === 0 ? 300_000 : 30,
      });
      const { server, link, peer } = scene;
      await waitFor(() => {
        peer.send(new Uint8Array([0]));
        return server.endpoint.stats.connectionIdsRotated >= rotations;
      }, "the rotations");
      await exchange(scene);
      link.isCut = true;
      const { address, stats } = server.endpoint;
      await server.endpoint[Symbol.asyncDispose]();
      await waitFor(() => link.counts.fromServer === stats.packetsSent, "the close, which is lost");
      await using lab = new QuicLab(certificates, identity);
      lab.startServer({ resetKey, port: address.port });
      link.isCut = false;
      const data = new Uint8Array(500);
      await waitFor(() => {
        if (peer.closed === undefined) peer.send(data);
        return peer.closed;
      }, "the client to hear of it");
      assert(peer.closed instanceof Error);
      assertMatch(peer.closed.message, /reset/);
    });
  }

  it("survive loss and reordering", async () => {
    await using lab = new QuicLab(certificates, identity);
    const server = lab.startServer({ retry: new RetryTokens(new Uint8Array(32)) });
    const faults = { lossRate: 0.1, reorderRate: 0.1, duplicateRate: 0.1 };
    using link = UdpLink.open(server.endpoint.address, faults, 11);
    using peer = await DenoPeer.connect(link.address);
    await waitFor(() => {
      peer.send(new Uint8Array(100));
      return server.handler.datagrams.length >= 50;
    }, "DATAGRAMs");
    assertEquals(server.endpoint.stats.handshakesCompleted, 1);
  });
});

describe("Our client and Deno's server", () => {
  /** Deno's server, which echoes DATAGRAMs. */
  function listen(options: Partial<Deno.QuicListenOptions> = {}): {
    address: SocketAddress;
    connections: Deno.QuicConn[];
  } & Disposable {
    const endpoint = new Deno.QuicEndpoint({ hostname: "127.0.0.1", port: 0 });
    const listener = endpoint.listen({
      cert: identity.certificatePem,
      key: identity.keyPem,
      alpnProtocols: ["ztna-v1"],
      ...options,
    });
    const connections: Deno.QuicConn[] = [];
    const echo = async (connection: Deno.QuicConn): Promise<void> => {
      connections.push(connection);
      for (;;) await connection.sendDatagram(await connection.readDatagram());
    };
    void (async () => {
      for (;;) echo(await listener.accept()).catch(() => {});
    })().catch(() => {});
    const { hostname, port } = endpoint.addr;
    return {
      address: { hostname, port },
      connections,
      [Symbol.dispose]: () => {
        listener.stop();
        endpoint.close();
      },
    };
  }

  it("exchange DATAGRAMs, and the client sees the server's certificate", async () => {
    using server = listen();
    await using lab = new QuicLab(certificates, identity);
    const client = await lab.connectEstablished(server.address);
    assertEquals(client.connection.peerCertificates()[0], readPem(identity.certificatePem)[0]!.der);
    // Its first packets have 1,200 bytes at most.
    for (const length of [0, 1, 1100]) {
      const before = client.handler.datagrams.length;
      const data = crypto.getRandomValues(new Uint8Array(length));
      client.connection.sendDatagram(data);
      await waitFor(() => client.handler.datagrams.length > before, `${length} bytes`);
      assertEquals(client.handler.datagrams.at(-1), data);
    }
  });

  it("close with code and text both ways", async () => {
    using server = listen();
    await using lab = new QuicLab(certificates, identity);
    const first = await lab.connectEstablished(server.address);
    const accepted = await waitFor(() => server.connections[0], "the server's side");
    accepted.close({ closeCode: 9, reason: "going away" });
    await waitFor(() => first.handler.closed.length > 0, "the client's side");
    assertEquals(first.handler.closed, [
      { by: "peer", application: true, code: 9, text: "going away" },
    ]);
    const second = await lab.connectEstablished(server.address);
    const other = await waitFor(() => server.connections[1], "the server's side");
    second.connection.close(3, "done");
    assertMatch(JSON.stringify(await other.closed), /3.*done/);
  });

  it("keep an idle connection by the client's keep-alive, and lose one without", async () => {
    using server = listen({ maxIdleTimeout: 500 });
    await using lab = new QuicLab(certificates, identity);
    const held = await lab.connectEstablished(server.address);
    held.connection.keepAlive(100);
    const idle = await lab.connectEstablished(server.address);
    await waitFor(() => idle.handler.closed.length > 0, "the idle one's end");
    assertEquals(idle.handler.closed[0]!.by, "idle_timeout");
    assertEquals(held.connection.isClosed, false);
    const before = held.handler.datagrams.length;
    held.connection.sendDatagram(new Uint8Array([1]));
    await waitFor(() => held.handler.datagrams.length > before, "an echo");
  });
});
