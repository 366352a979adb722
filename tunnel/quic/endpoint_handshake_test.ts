import { assert, assertEquals, assertThrows } from "@std/assert";
import { after, before, describe, it } from "@std/testing/bdd";
import { TestCertificates, type TestIdentity } from "../../tests/support/certificates.ts";
import { NativeClient } from "../../tests/support/native_client.ts";
import { QuicLab } from "../../tests/support/quic_lab.ts";
import { UdpLink } from "../../tests/support/udp_link.ts";
import { waitFor } from "../../tests/support/wait.ts";
import { ConfigError } from "../errors.ts";
import { FakeClock } from "../fake_clock.ts";
import { readPem } from "../pem.ts";
import { sameSocketAddress } from "./address.ts";
import type { CloseReason } from "./connection_handler.ts";
import { handshakeTimeoutMs } from "./limits.ts";
import { RetryTokens } from "./retry_tokens.ts";

let certificates: TestCertificates;
let strangers: TestCertificates;
let identity: TestIdentity;
let agent: TestIdentity;
let stranger: TestIdentity;

before(async () => {
  certificates = await TestCertificates.create();
  strangers = await TestCertificates.create("strangers");
  identity = await certificates.server();
  agent = await certificates.client("agent", "agent-1", ["web"]);
  stranger = await strangers.client("agent", "agent-1", ["web"]);
});
after(() => {
  certificates[Symbol.dispose]();
  strangers[Symbol.dispose]();
});

function newLab(): QuicLab {
  return new QuicLab(certificates, identity);
}

function der(pem: string): Uint8Array[] {
  return readPem(pem).map((block) => block.der!);
}

function assertRefusedByClient(reason: CloseReason): void {
  assertEquals([reason.by, reason.application], ["handshake", false]);
  assert([alert.badCertificate, alert.unknownCa, alert.unknownCertificate].includes(reason.code));
}

/** TLS alerts as QUIC error codes (RFC 9001 section 4.8, RFC 8446 section 6). */
const alert = {
  badCertificate: 0x12a,
  unknownCertificate: 0x12e,
  unknownCa: 0x130,
  certificateRequired: 0x174,
  noAlpn: 0x178,
};

describe("QuicEndpoint handshake", () => {
  it("completes on both sides without Retry", async () => {
    await using lab = newLab();
    const { server, client, accepted } = await lab.connectedPair();
    assertEquals(server.endpoint.stats.retriesSent, 0);
    assertEquals([client.connection.isServer, accepted.isServer], [false, true]);
    assert(sameSocketAddress(accepted.remoteAddress, client.endpoint.address));
    assert(sameSocketAddress(client.connection.remoteAddress, server.endpoint.address));
    for (const { stats } of [server.endpoint, client.endpoint]) {
      assertEquals([stats.connections, stats.establishedConnections], [1, 1]);
      assertEquals([stats.handshakesCompleted, stats.handshakesFailed], [1, 0]);
    }
    assertEquals([...server.endpoint.connections()], [accepted]);
  });

  it("completes with Retry, and keeps nothing before the address is validated", async () => {
    await using lab = newLab();
    const server = lab.startServer({ retry: new RetryTokens(new Uint8Array(32)) });
    using link = UdpLink.open(server.endpoint.address);
    const connectionsAtRetry: number[] = [];
    link.watcher = (direction, packet) => {
      // A Retry packet (RFC 9000 section 17.2.5).
      if (direction === "to_client" && (packet[0]! & 0xf0) === 0xf0) {
        connectionsAtRetry.push(server.endpoint.stats.connections);
      }
    };
    await lab.connectEstablished(link.address);
    await waitFor(() => server.handler.established.length === 1, "the server's side");
    const { stats } = server.endpoint;
    assertEquals(connectionsAtRetry, [0]);
    assertEquals([stats.retriesSent, stats.retryTokensValidated], [1, 1]);
    assertEquals([stats.retryTokenFailures, stats.handshakesCompleted], [0, 1]);
  });

  it("completes over IPv6", async () => {
    await using lab = newLab();
    const retry = new RetryTokens(new Uint8Array(32));
    const server = lab.startServer({ hostname: "::1", retry });
    const endpointOptions = { hostname: "::1" };
    await lab.connectEstablished(server.endpoint.address, { endpointOptions });
    await waitFor(() => server.handler.established.length === 1, "the server's side");
    assertEquals(server.endpoint.stats.addressChanges, 0);
  });

  it("completes with an address in another form, and not with a host name", async () => {
    await using lab = newLab();
    const server = lab.startServer({ hostname: "::1" });
    const { port } = server.endpoint.address;
    const endpointOptions = { hostname: "::1" };
    const hostname = "0:0:0:0:0:0:0:1";
    const client = await lab.connectEstablished({ hostname, port }, { endpointOptions });
    assertEquals(client.endpoint.stats.packetsDropped.foreign_address, 0);
    assertThrows(
      () => lab.connect({ hostname: "localhost", port }),
      ConfigError,
      'Cannot connect to "localhost" as it must be a numeric address',
    );
  });

  for (const hostname of ["0.0.0.0", "::"]) {
    it(`completes with a server on all addresses (${hostname})`, async () => {
      await using lab = newLab();
      const server = lab.startServer({ hostname, retry: new RetryTokens(new Uint8Array(32)) });
      const { port } = server.endpoint.address;
      await lab.connectEstablished({ hostname: "127.0.0.1", port });
      const accepted = await waitFor(() => server.handler.established[0], "the server's side");
      const prefix = hostname === "::" ? "::ffff:" : "";
      assertEquals(accepted.remoteAddress.hostname, `${prefix}127.0.0.1`);
    });
  }

  it("completes with a server that is known by another address (1:1 NAT)", async () => {
    await using lab = newLab();
    await lab.connectedPair({
      externalHostname: "192.0.2.7",
      retry: new RetryTokens(new Uint8Array(32)),
    });
  });

  it("serves many connections of one client socket", async () => {
    await using lab = newLab();
    const server = lab.startServer({ retry: new RetryTokens(new Uint8Array(32)) });
    const first = await lab.connectEstablished(server.endpoint.address);
    const others = Array.from(
      { length: 20 },
      () => lab.connect(server.endpoint.address, { endpoint: first.endpoint }),
    );
    await waitFor(() => others.every(({ connection }) => connection.isEstablished), "all of them");
    await waitFor(() => server.handler.established.length === 21, "the server's side");
    assertEquals(first.endpoint.stats.connections, 21);
    assertEquals(new Set(others.map(({ connection }) => connection.id)).size, 20);
  });

  it("fails when the client speaks another protocol", async () => {
    await using lab = newLab();
    const server = lab.startServer();
    using client = new NativeClient(server.endpoint.address, {
      configure: (config) => config.setApplicationProtos(["h3"]),
    });
    // Long before the closing period of a connection without any round trip has passed.
    const reason = await waitFor(() => server.handler.closed[0], "the refusal", 1500);
    assertEquals(reason.by, "handshake");
    assertEquals([reason.application, reason.code], [false, alert.noAlpn]);
    await waitFor(() => client.native.peerError(), "the client's side");
    assertEquals(client.native.peerError()?.errorCode, alert.noAlpn);
    assertEquals(client.native.isEstablished(), false);
    assertEquals(server.handler.established, []);
    assertEquals(server.endpoint.stats.handshakesFailed, 1);
  });

  it("announces the protocol's transport parameters", async () => {
    await using lab = newLab();
    const server = lab.startServer();
    using client = new NativeClient(server.endpoint.address);
    await waitFor(() => client.native.isEstablished(), "the handshake");
    const stats = client.native.stats();
    assertEquals(stats.peerMaxIdleTimeout, 30_000);
    assertEquals(stats.peerMaxUdpPayloadSize, 1350);
    assertEquals(stats.peerInitialMaxData, 10_000_000);
    assertEquals(stats.peerInitialMaxStreamDataBidiLocal, 1_000_000);
    assertEquals(stats.peerInitialMaxStreamDataBidiRemote, 1_000_000);
    assertEquals(stats.peerInitialMaxStreamDataUni, 0);
    assertEquals([stats.peerInitialMaxStreamsBidi, stats.peerInitialMaxStreamsUni], [100, 100]);
    assertEquals([stats.peerAckDelayExponent, stats.peerMaxAckDelay], [3, 25]);
    assertEquals([stats.peerActiveConnIdLimit, stats.peerDisableActiveMigration], [2, false]);
    assertEquals(stats.peerMaxDatagramFrameSize, 65_536);
    assertEquals(new TextDecoder().decode(client.native.applicationProto()), "ztna-v1");
  });
});

describe("QuicEndpoint handshake, client certificates", () => {
  const modes = ["require", "request", "none"] as const;
  const presented = ["trusted", "untrusted", "no"] as const;
  const accepts: Record<(typeof modes)[number], readonly (typeof presented)[number][]> = {
    require: ["trusted"],
    request: ["trusted", "no"],
    none: ["trusted", "untrusted", "no"],
  };
  for (const mode of modes) {
    for (const which of presented) {
      const isAccepted = accepts[mode].includes(which);
      it(`${isAccepted ? "accepts" : "refuses"} ${which} certificate in mode "${mode}"`, async () => {
        await using lab = newLab();
        const { caFile } = certificates;
        const server = lab.startServer({ tls: { identity, caFile, clientCertificate: mode } });
        const own = { trusted: agent, untrusted: stranger, no: undefined }[which];
        const client = lab.connect(server.endpoint.address, {
          tls: { caFile, verifyPeer: true, ...(own === undefined ? {} : { identity: own }) },
        });
        if (isAccepted) {
          const accepted = await waitFor(() => server.handler.established[0], "the handshake");
          const isSeen = which === "trusted" && mode !== "none";
          assertEquals(accepted.peerCertificates(), isSeen ? der(agent.certificatePem) : []);
          return;
        }
        const refused = await waitFor(() => server.handler.closed[0], "the refusal");
        const code = which === "no" ? alert.certificateRequired : alert.unknownCa;
        assertEquals(refused, { by: "handshake", application: false, code, text: "" });
        // The client was established when it heard of the refusal (TLS 1.3).
        const heard = await waitFor(() => client.handler.closed[0], "the client's side");
        assertEquals([heard.by, heard.application, heard.code], ["peer", false, code]);
        assertEquals(server.handler.established, []);
      });
    }
  }

  for (const clientCertificate of modes) {
    it(`hands over the whole chain of the server, leaf first (${clientCertificate})`, async () => {
      await using lab = newLab();
      const { caFile } = certificates;
      const certificateFile = `${certificates.directory}/chain-${clientCertificate}.pem`;
      Deno.writeTextFileSync(certificateFile, identity.certificatePem + certificates.caPem);
      const chained = { certificateFile, keyFile: identity.keyFile };
      const { client } = await lab.connectedPair(
        { tls: { identity: chained, caFile, clientCertificate } },
        { tls: { identity: agent, caFile, verifyPeer: true } },
      );
      assertEquals(client.connection.peerCertificates(), [
        ...der(identity.certificatePem),
        ...der(certificates.caPem),
      ]);
    });
  }
});

describe("QuicEndpoint handshake, the server's certificate", () => {
  const cases = [
    { does: "accepts the name that it carries", serverName: "ztna-server", isAccepted: true },
    { does: "accepts another name that it carries", serverName: "localhost", isAccepted: true },
    { does: "accepts it when no name is asked for", serverName: null, isAccepted: true },
    { does: "refuses a name that is not in it", serverName: "ztna-connector", isAccepted: false },
  ];
  for (const { does, serverName, isAccepted } of cases) {
    it(does, async () => {
      await using lab = newLab();
      const server = lab.startServer();
      const { handler } = lab.connect(server.endpoint.address, { serverName });
      await waitFor(() => handler.established.length + handler.closed.length > 0, "an outcome");
      assertEquals(handler.established.length, isAccepted ? 1 : 0);
      if (!isAccepted) assertRefusedByClient(handler.closed[0]!);
    });
  }

  it("refuses a chain of an authority that is not trusted", async () => {
    await using lab = newLab();
    const server = lab.startServer();
    const { handler } = lab.connect(server.endpoint.address, {
      tls: { caFile: strangers.caFile, verifyPeer: true },
    });
    assertRefusedByClient(await waitFor(() => handler.closed[0], "the refusal"));
    const seen = await waitFor(() => server.handler.closed[0], "the server's side");
    assertEquals([seen.by, seen.application], ["handshake", false]);
  });

  it("accepts any certificate when it is told to", async () => {
    await using lab = newLab();
    const server = lab.startServer();
    await lab.connectEstablished(server.endpoint.address, {
      serverName: "anything",
      tls: { verifyPeer: false },
    });
  });
});

describe("QuicEndpoint handshake that does not finish", () => {
  it("is given up by a client whose server is silent", async () => {
    await using lab = newLab();
    using silent = UdpLink.open({ hostname: "127.0.0.1", port: 9 });
    silent.isCut = true;
    const clock = new FakeClock();
    const client = lab.connect(silent.address, { endpointOptions: { clock } });
    await waitFor(() => silent.counts.arrived > 0, "the first packet");
    clock.advance(handshakeTimeoutMs - 1);
    assertEquals(client.handler.closed, []);
    clock.advance(2);
    await waitFor(() => client.handler.closed.length > 0, "the end");
    assertEquals(client.handler.closed, [
      { by: "handshake", application: false, code: 0, text: "handshake timeout" },
    ]);
    assertEquals(client.endpoint.stats.handshakesFailed, 1);
    clock.advance(10);
    assertEquals(client.endpoint.stats.connections, 0);
  });

  it("is given up by a server whose client has gone", async () => {
    await using lab = newLab();
    const clock = new FakeClock();
    const server = lab.startServer({ clock });
    using link = UdpLink.open(server.endpoint.address);
    link.watcher = (direction) => direction === "to_server";
    lab.connect(link.address);
    await waitFor(() => server.endpoint.stats.connections === 1, "the first packet");
    link.isCut = true;
    clock.advance(handshakeTimeoutMs + 1);
    await waitFor(() => server.handler.closed.length > 0, "the end");
    assertEquals(server.handler.closed, [
      { by: "handshake", application: false, code: 0, text: "handshake timeout" },
    ]);
  });
});
