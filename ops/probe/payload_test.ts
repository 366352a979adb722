import { assert, assertEquals, assertThrows } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import fc from "fast-check";
import {
  maximumPayloadBytes,
  minimumPayloadBytes,
  PayloadCodec,
  type PayloadFault,
} from "./payload.ts";

const runId = Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8);
const codec = new PayloadCodec(runId);

const sequences = fc.maxSafeNat();
const times = fc.maxSafeNat();
const lengths = fc.integer({ min: minimumPayloadBytes, max: 1400 });

function encoded(sequence: number, sentMicroseconds: number, length: number): Uint8Array {
  const payload = new Uint8Array(length);
  codec.encode(payload, sequence, sentMicroseconds);
  return payload;
}

function isFault(value: unknown): value is PayloadFault {
  return typeof value === "string";
}

describe("probe payload", () => {
  it("has the documented layout", () => {
    assertEquals(
      encoded(0x1_0000_0002, 1_000_000, 40).toHex(),
      "5a504201" + "0102030405060708" + "0000000100000002" + "00000000000f4240" + "00000028" +
        "e6676293" + "fe747c50",
    );
  });

  it("says what was put into it", () => {
    fc.assert(fc.property(sequences, times, lengths, (sequence, sentMicroseconds, length) => {
      const decoded = codec.decode(encoded(sequence, sentMicroseconds, length));
      assertEquals(decoded, { sequence, sentMicroseconds });
    }));
  });

  it("takes the shortest and the longest length, and no other beyond", () => {
    for (const length of [minimumPayloadBytes, maximumPayloadBytes]) {
      assertEquals(codec.decode(encoded(7, 8, length)), { sequence: 7, sentMicroseconds: 8 });
    }
    for (const length of [0, minimumPayloadBytes - 1, maximumPayloadBytes + 1]) {
      assertThrows(() => encoded(7, 8, length), RangeError, `current length is ${length}`);
    }
  });

  it("notices every changed byte", () => {
    fc.assert(fc.property(
      sequences,
      lengths,
      fc.nat(),
      fc.integer({ min: 1, max: 255 }),
      (sequence, length, at, change) => {
        const payload = encoded(sequence, 5, length);
        payload[at % length]! ^= change;
        assertEquals(codec.decode(payload), "corrupted");
      },
    ));
  });

  it("notices missing and additional bytes", () => {
    fc.assert(fc.property(sequences, lengths, lengths, (sequence, length, other) => {
      fc.pre(length !== other);
      const changed = new Uint8Array(other);
      changed.set(encoded(sequence, 5, length).subarray(0, other));
      assertEquals(codec.decode(changed), "corrupted");
    }));
  });

  it("notices a payload put together from two packets", () => {
    const length = 100;
    const first = encoded(1, 5, length);
    const second = encoded(2, 5, length);
    for (let cut = minimumPayloadBytes; cut < length; cut += 1) {
      const mixed = Uint8Array.from([...first.subarray(0, cut), ...second.subarray(cut)]);
      const tailIsTheSame = first.subarray(cut).toHex() === second.subarray(cut).toHex();
      assertEquals(isFault(codec.decode(mixed)), !tailIsTheSame, `cut at ${cut}`);
    }
  });

  it("tells another run's packets from damaged ones", () => {
    const other = new PayloadCodec(Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 9));
    assertEquals(other.decode(encoded(1, 5, 64)), "foreign");
  });

  it("reads any bytes without an exception", () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
      assertEquals(codec.decode(bytes), "corrupted");
    }));
  });

  it("fills packets with bytes that look random", () => {
    const counts = new Uint32Array(256);
    for (const byte of encoded(1, 5, 4096).subarray(minimumPayloadBytes)) counts[byte]! += 1;
    // 16 of each are expected; 60 of one would be 11 standard deviations off
    assert(Math.max(...counts) < 60, `one byte occurs ${Math.max(...counts)} times`);
  });

  it("refuses a run ID of another length", () => {
    assertThrows(() => new PayloadCodec(new Uint8Array(7)), RangeError, "current length is 7");
  });
});
