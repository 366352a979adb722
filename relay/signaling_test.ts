import { describe, it } from "@std/testing/bdd";
import { assertEquals } from "@std/assert";
import { Counter } from "../tunnel/instruments.ts";
import { maxStreamChunksPerEvent } from "./limits.ts";
import { Peer } from "./peer.ts";
import { DiscardedSignaling } from "./signaling.ts";
import { TestConnection } from "./test_bench.ts";

describe("DiscardedSignaling", () => {
  it("empties a stream and counts its bytes", () => {
    const discarded = new Counter();
    const connection = new TestConnection(1);
    connection.streams.set(0, [new Uint8Array(10), new Uint8Array(0), new Uint8Array(5)]);
    const signaling = new DiscardedSignaling(discarded);
    const peer = new Peer(connection, undefined, 0);
    signaling.onStreamReadable(peer, 0);
    signaling.onStreamReadable(peer, 4);
    assertEquals([discarded.value, connection.streams.get(0)], [15, []]);
    signaling.forget(peer);
  });

  it("takes a bounded number of chunks at a time", () => {
    const connection = new TestConnection(1);
    const chunks = Array.from({ length: maxStreamChunksPerEvent + 7 }, () => new Uint8Array(1));
    connection.streams.set(0, chunks);
    new DiscardedSignaling(new Counter()).onStreamReadable(new Peer(connection, undefined, 0), 0);
    assertEquals(chunks.length, 7);
  });
});
