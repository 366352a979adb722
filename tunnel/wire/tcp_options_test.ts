import { assert, assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import fc from "fast-check";
import {
  parseTcpOptions,
  type TcpOptions,
  tcpOptionsLength,
  writeTcpOptions,
} from "./tcp_options.ts";

const u32 = fc.nat(0xffffffff);
const blocks = fc.array(fc.record({ left: u32, right: u32 }), { minLength: 1, maxLength: 6 });
const optionSets: fc.Arbitrary<TcpOptions> = fc.record({
  mss: fc.nat(0xffff),
  windowScale: fc.nat(14),
  sackPermitted: fc.constant(true as const),
  timestamps: fc.record({ value: u32, echo: u32 }),
  sackBlocks: blocks,
}, { requiredKeys: [] });

function write(options: TcpOptions): Uint8Array {
  const data = new Uint8Array(tcpOptionsLength(options));
  writeTcpOptions(data, 0, options);
  return data;
}

function parse(hex: string): TcpOptions {
  const data = Uint8Array.fromHex(hex);
  return parseTcpOptions(data, 0, data.length);
}

describe("TCP options", () => {
  it("are read as written, as many SACK blocks as fit", () => {
    fc.assert(
      fc.property(optionSets, (options) => {
        const data = write(options);
        assert(data.length <= 40 && data.length % 4 === 0);
        const { sackBlocks = [], ...others } = parseTcpOptions(data, 0, data.length);
        const { sackBlocks: given = [], ...otherGiven } = options;
        assertEquals(others, otherGiven);
        assertEquals(sackBlocks, given.slice(0, sackBlocks.length));
        // Either all are there, or another one would not have fitted.
        assert(sackBlocks.length === given.length || data.length + 8 > 40);
      }),
    );
  });

  it("of a common SYN are understood", () => {
    assertEquals(parse("020405b40402080a0000000100000000010303070000"), {
      mss: 1460,
      sackPermitted: true,
      timestamps: { value: 1, echo: 0 },
      windowScale: 7,
    });
  });

  it("that are unknown or of odd length are skipped", () => {
    assertEquals(parse("fd041234" + "020305" + "0302" + "040301" + "0101" + "020405b4"), {
      mss: 1460,
    });
  });

  it("with impossible lengths end the reading", () => {
    assertEquals(parse("020402180300020405b4"), { mss: 536 });
    assertEquals(parse("02040218030102040001"), { mss: 536 });
    assertEquals(parse("0204021803ff"), { mss: 536 });
    assertEquals(parse("0204021803"), { mss: 536 });
    assertEquals(parse("0204021800020405b4"), { mss: 536 });
  });

  it("never scale the window by more than 14", () => {
    assertEquals(parse("0303ff"), { windowScale: 14 });
  });
});
