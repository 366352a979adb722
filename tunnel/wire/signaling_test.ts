import { assert, assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import fc from "fast-check";
import {
  type Candidate,
  decodeSignalingPayload,
  encodeSignalingFrame,
  maxSignalingPayloadLength,
  type SignalingMessage,
} from "./signaling.ts";
import { SignalingDecoder } from "./signaling_decoder.ts";
import { isWireError } from "./wire_error.ts";

const u64 = fc.bigInt({ min: 0n, max: 0xffff_ffff_ffff_ffffn });
const texts = fc.string({ unit: "binary", maxLength: 20 });
const endpoints = fc.record({
  hostname: fc.oneof(
    fc.ipV4(),
    fc.constantFrom("::", "::1", "2001:db8::1", "fe80::1:0:0:1", "::ffff:192.0.2.1"),
  ),
  port: fc.nat(0xffff),
});
const candidates = fc.array(
  fc.record<Candidate>({
    type: fc.constantFrom("host", "serverReflexive", "peerReflexive", "relay"),
    address: endpoints,
    priority: fc.nat(0xffffffff),
    foundation: texts,
    relatedAddress: fc.option(endpoints, { nil: undefined }),
  }),
  { maxLength: 3 },
);
const messages: fc.Arbitrary<SignalingMessage> = fc.oneof(
  fc.record({
    type: fc.constant("candidateOffer" as const),
    sessionId: u64,
    serviceId: texts,
    candidates,
  }),
  fc.record({ type: fc.constant("candidateAnswer" as const), sessionId: u64, candidates }),
  fc.record({
    type: fc.constant("startPunching" as const),
    sessionId: u64,
    startDelayMs: u64,
    peerCandidates: candidates,
  }),
  fc.record({
    type: fc.constant("punchingResult" as const),
    sessionId: u64,
    success: fc.boolean(),
    workingAddress: fc.option(endpoints, { nil: undefined }),
  }),
  fc.record({
    type: fc.constant("error" as const),
    sessionId: fc.option(u64, { nil: undefined }),
    code: fc.constantFrom(
      "unknown" as const,
      "serviceNotFound" as const,
      "noConnectorAvailable" as const,
      "sessionNotFound" as const,
      "sessionTimeout" as const,
      "invalidMessage" as const,
      "peerRejected" as const,
    ),
    message: texts,
  }),
);

function frameOf(message: SignalingMessage): Uint8Array {
  const frame = encodeSignalingFrame(message);
  assert(!isWireError(frame));
  return frame;
}

function plain<T extends object>(value: T): T {
  return structuredClone(value);
}

function offerOf(idLength: number): SignalingMessage {
  const serviceId = "a".repeat(idLength);
  return { type: "candidateOffer", sessionId: 1n, serviceId, candidates: [] };
}

/** Type, session, text length and candidate count around the ID. */
const offerOverhead = 4 + 8 + 8 + 8;

describe("signaling frames", () => {
  it("are read as written", () => {
    fc.assert(
      fc.property(messages, (message) => {
        const frame = frameOf(message);
        assertEquals(new DataView(frame.buffer).getUint32(0), frame.length - 4);
        const decoded = decodeSignalingPayload(frame.subarray(4));
        assert(!isWireError(decoded));
        assertEquals(plain(decoded), plain(message));
      }),
    );
  });

  it("may be as long as the limit and no longer, for an error instead of an exception", () => {
    const longest = frameOf(offerOf(maxSignalingPayloadLength - offerOverhead));
    assertEquals(longest.length, 4 + maxSignalingPayloadLength);
    assertEquals(new SignalingDecoder().push(longest).messages.length, 1);
    for (const length of [maxSignalingPayloadLength - offerOverhead + 1, 10_000_000]) {
      const frame = encodeSignalingFrame(offerOf(length));
      assert(isWireError(frame));
      assertEquals(frame.code, "too_long");
    }
  });

  it("of very many candidates are an error too", () => {
    const candidate: Candidate = {
      type: "host",
      address: { hostname: "192.0.2.1", port: 1 },
      priority: 1,
      foundation: "",
      relatedAddress: undefined,
    };
    const frame = encodeSignalingFrame({
      type: "candidateAnswer",
      sessionId: 1n,
      candidates: new Array<Candidate>(100_000).fill(candidate),
    });
    assert(isWireError(frame));
    assertEquals(frame.code, "too_long");
  });
});

describe("SignalingDecoder", () => {
  it("finds the same messages however the stream is split", () => {
    fc.assert(
      fc.property(
        fc.array(messages, { maxLength: 5 }),
        fc.array(fc.nat(40), { maxLength: 60 }),
        (sent, pieceLengths) => {
          const stream = new Uint8Array(sent.flatMap((message) => [...frameOf(message)]));
          const decoder = new SignalingDecoder();
          const received: SignalingMessage[] = [];
          let at = 0;
          for (const length of [...pieceLengths, stream.length]) {
            // A copy that is then wiped: the decoder may not keep the piece.
            const piece = stream.slice(at, at + length);
            const { messages, error } = decoder.push(piece);
            piece.fill(0xff);
            assertEquals(error, undefined);
            received.push(...messages);
            at += length;
          }
          assertEquals(received.map(plain), sent.map(plain));
          assertEquals(decoder.bufferedBytes, 0);
        },
      ),
    );
  });

  it("takes the longest frame byte by byte", () => {
    const frame = frameOf(offerOf(maxSignalingPayloadLength - offerOverhead));
    const decoder = new SignalingDecoder();
    for (let i = 0; i < frame.length - 1; i++) {
      assertEquals(decoder.push(frame.subarray(i, i + 1)).messages.length, 0);
    }
    assertEquals(decoder.bufferedBytes, frame.length - 1);
    assertEquals(decoder.push(frame.subarray(-1)).messages.length, 1);
    assertEquals(decoder.bufferedBytes, 0);
  });

  it("never holds more than one frame, whatever arrives", () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 50 })), (pieces) => {
        const decoder = new SignalingDecoder();
        for (const piece of pieces) {
          // Plausible lengths, so that it does wait for more.
          if (piece.length >= 2) piece.fill(0, 0, 2);
          decoder.push(piece);
          assert(decoder.bufferedBytes <= 4 + maxSignalingPayloadLength);
        }
      }),
    );
  });

  it("delivers what came before an error, discards the rest, and starts afresh", () => {
    const good = frameOf(offerOf(3));
    const bad = Uint8Array.fromHex("0000000405000000");
    const decoder = new SignalingDecoder();
    const first = decoder.push(new Uint8Array([...good, ...bad, ...good]));
    assertEquals(first.messages.length, 1);
    assertEquals(first.error?.code, "unknown_type");
    assertEquals(decoder.bufferedBytes, 0);
    assertEquals(decoder.push(good).messages.length, 1);
  });

  it("refuses a length above the limit as soon as its four bytes are there", () => {
    const decoder = new SignalingDecoder();
    assertEquals(decoder.push(Uint8Array.of(0, 1, 0)).error, undefined);
    assertEquals(decoder.push(Uint8Array.of(1)).error?.code, "too_long");
    assertEquals(decoder.bufferedBytes, 0);
    assertEquals(decoder.push(frameOf(offerOf(3))).messages.length, 1);
  });
});
