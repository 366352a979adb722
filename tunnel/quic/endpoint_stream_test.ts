import { assert, assertEquals } from "@std/assert";
import { after, before, describe, it } from "@std/testing/bdd";
import { TestCertificates, type TestIdentity } from "../../tests/support/certificates.ts";
import { NativeClient } from "../../tests/support/native_client.ts";
import { QuicLab } from "../../tests/support/quic_lab.ts";
import type { HandlerHooks } from "../../tests/support/recording_handler.ts";
import { UdpLink } from "../../tests/support/udp_link.ts";
import { waitFor } from "../../tests/support/wait.ts";
import type { QuicConnection } from "./connection.ts";

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

/** Reads streams to the end and keeps what was in them. */
class StreamReader {
  readonly texts = new Map<number, string>();
  readonly finished: number[] = [];
  readonly hooks: HandlerHooks = {
    onStreamReadable: (connection, id) => this.#read(connection, id),
  };

  #read(connection: QuicConnection, id: number): void {
    for (;;) {
      const chunk = connection.readStream(id);
      if (chunk === undefined) return;
      this.texts.set(id, (this.texts.get(id) ?? "") + new TextDecoder().decode(chunk.data));
      if (chunk.fin) this.finished.push(id);
    }
  }
}

const encoder = new TextEncoder();

describe("QuicConnection streams", () => {
  it("are opened by either side and carry data both ways", async () => {
    await using lab = newLab();
    const [onServer, onClient] = [new StreamReader(), new StreamReader()];
    const { client, accepted } = await lab.connectedPair(
      { hooks: onServer.hooks },
      { hooks: onClient.hooks },
    );
    const fromClient = client.connection.openStream();
    const fromServer = accepted.openStream();
    assertEquals([fromClient, client.connection.openStream()], [0, 4]);
    assertEquals([fromServer, accepted.openStream()], [1, 5]);
    assertEquals(client.connection.writeStream(fromClient, encoder.encode("question"), true), 8);
    assertEquals(accepted.writeStream(fromServer, encoder.encode("news")), 4);
    await waitFor(() => onServer.finished.includes(fromClient), "the question");
    await waitFor(() => onClient.texts.get(fromServer) === "news", "the news");
    accepted.writeStream(fromClient, encoder.encode("answer"), true);
    client.connection.writeStream(fromServer, encoder.encode("thanks"), true);
    await waitFor(() => onClient.finished.includes(fromClient), "the answer");
    await waitFor(() => onServer.finished.includes(fromServer), "the thanks");
    assertEquals(onServer.texts, new Map([[fromClient, "question"], [fromServer, "thanks"]]));
    assertEquals(onClient.texts, new Map([[fromServer, "news"], [fromClient, "answer"]]));
  });

  it("carry far more than their window, in order", async () => {
    await using lab = newLab();
    const onServer = new StreamReader();
    const { client } = await lab.connectedPair({ hooks: onServer.hooks });
    const text = Array.from({ length: 250_000 }, (_, i) => `${i},`).join("");
    const bytes = encoder.encode(text);
    const id = client.connection.openStream();
    let offset = 0;
    let partial = 0;
    await waitFor(() => {
      const rest = bytes.subarray(offset);
      const taken = client.connection.writeStream(id, rest, true)!;
      if (taken < rest.length) partial += 1;
      offset += taken;
      return offset === bytes.length;
    }, "the stream to be written");
    await waitFor(() => onServer.finished.includes(id), "the stream's end");
    assert(partial > 0, "the window was never full");
    assert(onServer.texts.get(id) === text, "the text is not what was sent");
  });

  it("are read and discarded when nobody handles them", async () => {
    await using lab = newLab();
    const server = lab.startServer();
    const client = await lab.connectEstablished(server.endpoint.address);
    const ids = Array.from({ length: 5 }, () => client.connection.openStream());
    const sent = new Map<number, number>();
    const chunk = new Uint8Array(100_000);
    // More than the windows of the streams and of the connection hold.
    await waitFor(() => {
      for (const id of ids) {
        const taken = client.connection.writeStream(id, chunk);
        sent.set(id, (sent.get(id) ?? 0) + taken!);
      }
      return ids.every((id) => sent.get(id)! > 2_200_000);
    }, "the streams to be taken");
  });

  it("cannot be written to beyond the peer's limit of streams", async () => {
    await using lab = newLab();
    const { client } = await lab.connectedPair();
    const results = Array.from(
      { length: 101 },
      () => client.connection.writeStream(client.connection.openStream(), new Uint8Array(1)),
    );
    assertEquals(results, [...Array<number>(100).fill(1), undefined]);
  });

  it("give nothing for IDs that do not exist", async () => {
    await using lab = newLab();
    const { client } = await lab.connectedPair();
    for (const id of [0, 1, 2, 3, 4000, -1, 2 ** 40]) {
      assertEquals(client.connection.readStream(id), undefined);
    }
    for (const id of [1, 3, 4000, 2 ** 40]) {
      assertEquals(client.connection.writeStream(id, new Uint8Array(1)), undefined, `${id}`);
    }
    assertEquals(client.connection.isClosed, false);
  });

  it("end without data when the peer resets them", async () => {
    await using lab = newLab();
    const onServer = new StreamReader();
    const server = lab.startServer({ hooks: onServer.hooks });
    using client = new NativeClient(server.endpoint.address);
    await waitFor(() => server.handler.established.length === 1, "the connection");
    client.native.streamSend(0, encoder.encode("ab"), false);
    client.flush();
    await waitFor(() => onServer.texts.get(0) === "ab", "the data");
    client.native.streamShutdown(0, 1, 42);
    client.flush();
    client.sendDatagram(new Uint8Array([1]));
    await waitFor(() => server.handler.datagrams.length === 1, "a later DATAGRAM");
    assertEquals(onServer.finished, []);
    assertEquals(server.handler.closed, []);
  });

  it("don't disturb the DATAGRAM that a handler is given", async () => {
    await using lab = newLab();
    const seen: Uint8Array[] = [];
    let isReadable = false;
    const { client } = await lab.connectedPair({
      hooks: {
        onStreamReadable: () => void (isReadable = true),
        onDatagram: (connection, data) => {
          connection.readStream(0);
          seen.push(data.slice());
        },
      },
    });
    client.connection.writeStream(client.connection.openStream(), new Uint8Array(50).fill(0xaa));
    await waitFor(() => isReadable, "the stream");
    client.connection.sendDatagram(new Uint8Array(50).fill(0xbb));
    await waitFor(() => seen.length === 1, "the DATAGRAM");
    assertEquals(seen, [new Uint8Array(50).fill(0xbb)]);
  });

  it("arrive whole over a link that loses and reorders", async () => {
    await using lab = newLab();
    const onServer = new StreamReader();
    const server = lab.startServer({ hooks: onServer.hooks });
    using link = UdpLink.open(server.endpoint.address, { lossRate: 0.05, reorderRate: 0.1 });
    const client = await lab.connectEstablished(link.address);
    const text = "0123456789".repeat(10_000);
    const id = client.connection.openStream();
    let offset = 0;
    await waitFor(() => {
      offset += client.connection.writeStream(id, encoder.encode(text.slice(offset)), true)!;
      return offset === text.length;
    }, "the stream to be written");
    await waitFor(() => onServer.finished.includes(id), "the stream's end");
    assert(onServer.texts.get(id) === text, "the text is not what was sent");
    assert(link.counts.lost > 0 && link.counts.reordered > 0);
  });
});
