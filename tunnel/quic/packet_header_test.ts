import { assert, assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import fc from "fast-check";
import { TestCertificates } from "../../tests/support/certificates.ts";
import { connectionIdLength } from "./limits.ts";
import {
  hasShortHeaderCid,
  isLongHeader,
  longPacketType,
  parseLongHeader,
  quicVersion1,
} from "./packet_header.ts";
import { quiche } from "./quiche.ts";
import { createClientConfig, createServerConfig } from "./tls_config.ts";

const address = { host: "127.0.0.1", port: 1 };

/** A server's first datagram, as the native library makes it. */
async function realServerFlight(): Promise<Uint8Array> {
  using certificates = await TestCertificates.create();
  const identity = await certificates.server();
  const config = createServerConfig({ identity, clientCertificate: "none" });
  const cid = new Uint8Array(20).fill(0x40);
  const server = quiche.Connection.accept(cid, null, address, address, config);
  server.recv(realInitial(new Uint8Array(20)), { from: address, to: address });
  const datagram = new Uint8Array(1350);
  const [length] = server.send(datagram)!;
  return datagram.subarray(0, length);
}

/** A client's first datagram, as the native library makes it. */
function realInitial(sourceCid: Uint8Array): Uint8Array {
  const config = createClientConfig({ verifyPeer: false });
  const connection = quiche.Connection.connect("a", sourceCid, address, address, config);
  const datagram = new Uint8Array(1500);
  const [length] = connection.send(datagram)!;
  return datagram.subarray(0, length);
}

interface HeaderParts {
  readonly first: number;
  readonly version: number;
  readonly destinationCid: Uint8Array;
  readonly sourceCid: Uint8Array;
  readonly token: Uint8Array;
}

/** Writes a long header; the token's length takes two bytes, or one with `shortLength`. */
function writeLongHeader(parts: HeaderParts, shortLength = false): Uint8Array {
  const { first, version, destinationCid, sourceCid, token } = parts;
  const tokenLength = shortLength
    ? [token.length]
    : [0x40 | token.length >> 8, token.length & 0xff];
  return new Uint8Array([
    first,
    ...[24, 16, 8, 0].map((shift) => (version >>> shift) & 0xff),
    destinationCid.length,
    ...destinationCid,
    sourceCid.length,
    ...sourceCid,
    ...tokenLength,
    ...token,
    0,
  ]);
}

const anyCid = fc.uint8Array({ maxLength: 20 });
const anyToken = fc.uint8Array({ maxLength: 300 });

describe("parseLongHeader", () => {
  it("reads a real Initial as the native library does", () => {
    for (const length of [0, 8, 16, 20]) {
      const sourceCid = crypto.getRandomValues(new Uint8Array(length));
      const datagram = realInitial(sourceCid);
      const header = parseLongHeader(datagram)!;
      const expected = quiche.Header.fromSlice(datagram, connectionIdLength);
      assertEquals(header.version, quicVersion1);
      assertEquals(header.type, longPacketType.initial);
      assertEquals(header.sourceCid, sourceCid);
      assertEquals(header.destinationCid, new Uint8Array(expected.dcid));
      assertEquals(header.token.length, 0);
    }
  });

  it("reads any Initial with any token", () => {
    fc.assert(fc.property(anyCid, anyCid, anyToken, (destinationCid, sourceCid, token) => {
      const parts = { first: 0xc3, version: quicVersion1, destinationCid, sourceCid, token };
      const expected = {
        version: quicVersion1,
        type: longPacketType.initial,
        destinationCid,
        sourceCid,
        token,
      };
      const long = writeLongHeader(parts);
      assertEquals(parseLongHeader(long), { ...expected, end: long.length });
      if (token.length >= 64) return;
      const short = writeLongHeader(parts, true);
      assertEquals(parseLongHeader(short), { ...expected, end: short.length });
    }));
  });

  it("looks for a token in Initials of version 1 only", () => {
    const token = new Uint8Array([1, 2, 3]);
    const cids = { destinationCid: new Uint8Array(8), sourceCid: new Uint8Array(8), token };
    for (
      const [first, version] of [[0xc0, 2], [0xd0, 1], [0xe0, 1], [0xf0, 1], [0xc0, 0xff00001d]]
    ) {
      const header = parseLongHeader(
        writeLongHeader({ first: first!, version: version!, ...cids }),
      );
      assertEquals(header?.token.length, 0);
      assertEquals(header?.version, version);
    }
  });

  it("refuses connection IDs of more than 20 bytes", () => {
    const base = { first: 0xc0, version: quicVersion1, token: new Uint8Array(0) };
    const long = new Uint8Array(21);
    const short = new Uint8Array(8);
    const cases = [
      { ...base, destinationCid: long, sourceCid: short },
      { ...base, destinationCid: short, sourceCid: long },
    ];
    for (const parts of cases) assertEquals(parseLongHeader(writeLongHeader(parts)), undefined);
  });

  it("refuses every header that is cut off", () => {
    const whole = writeLongHeader({
      first: 0xc0,
      version: quicVersion1,
      destinationCid: new Uint8Array(8),
      sourceCid: new Uint8Array(5),
      token: new Uint8Array(70),
    });
    // The last byte is no part of the header.
    for (let length = 0; length < whole.length - 1; length++) {
      assertEquals(parseLongHeader(whole.subarray(0, length)), undefined, `${length} bytes`);
    }
  });

  it("refuses a token's length that needs more than two bytes", () => {
    const header = writeLongHeader({
      first: 0xc0,
      version: quicVersion1,
      destinationCid: new Uint8Array(8),
      sourceCid: new Uint8Array(0),
      token: new Uint8Array(2000),
    });
    const lengthAt = 1 + 4 + 1 + 8 + 1;
    for (const prefix of [0x80, 0xc0]) {
      header[lengthAt] = prefix;
      assertEquals(parseLongHeader(header), undefined);
    }
  });

  it("finds the end of a packet that others are coalesced behind", () => {
    const cids = { destinationCid: new Uint8Array(20), sourceCid: new Uint8Array(16) };
    for (const [first, token] of [[0xc0, new Uint8Array(9)], [0xe0, undefined]] as const) {
      const parts = { first, version: quicVersion1, ...cids, token: new Uint8Array(0) };
      // Without its token's length, and its payload's.
      const header = writeLongHeader(parts).subarray(0, -3);
      const start = token === undefined ? [...header] : [...header, token.length, ...token];
      for (const payload of [0, 1, 63, 64, 300]) {
        const lengths = [
          [0x40 | payload >> 8, payload & 0xff],
          ...(payload < 64 ? [[payload]] : []),
        ];
        for (const length of lengths) {
          const packet = [...start, ...length, ...new Uint8Array(payload)];
          assertEquals(parseLongHeader(new Uint8Array(packet))?.end, packet.length);
          const coalesced = new Uint8Array([...packet, 0x41, 1, 2, 3]);
          assertEquals(parseLongHeader(coalesced)?.end, packet.length);
        }
      }
      for (const length of [[], [0x40], [0x44, 0], [0x80, 0, 0, 1], [0xc0, 0, 0, 0, 0, 0, 0, 1]]) {
        const packet = new Uint8Array([...start, ...length, 5, 5]);
        assertEquals(parseLongHeader(packet)?.end, packet.length, `length ${length}`);
      }
    }
  });

  it("finds the end of the coalesced packets of a real server's first flight", async () => {
    const packets: number[] = [];
    let rest = await realServerFlight();
    while (rest.length > 0 && isLongHeader(rest)) {
      const { type, end } = parseLongHeader(rest)!;
      packets.push(type);
      assert(end > 0 && end <= rest.length);
      rest = rest.subarray(end);
    }
    assertEquals(packets, [longPacketType.initial, longPacketType.handshake]);
  });

  it("takes any bytes, and gives views that lie within them", () => {
    const bytes = fc.oneof(
      fc.uint8Array({ maxLength: 80 }),
      fc.uint8Array({ maxLength: 80 }).map((tail) => new Uint8Array([0xc0, 0, 0, 0, 1, ...tail])),
    );
    fc.assert(
      fc.property(bytes, (datagram) => {
        const header = parseLongHeader(datagram);
        if (header === undefined) return;
        for (const view of [header.destinationCid, header.sourceCid, header.token]) {
          if (view.length === 0) continue;
          assert(view.buffer === datagram.buffer);
          assert(view.byteOffset + view.length <= datagram.byteOffset + datagram.length);
        }
      }),
      { numRuns: 2000 },
    );
  });

  it("takes any mutation of a real Initial", () => {
    const initial = realInitial(new Uint8Array(20));
    const mutation = fc.record({ at: fc.nat(60), to: fc.nat(255), length: fc.nat(1200) });
    fc.assert(
      fc.property(fc.array(mutation, { minLength: 1, maxLength: 4 }), (mutations) => {
        const datagram = initial.slice();
        let length = datagram.length;
        for (const { at, to, length: cut } of mutations) {
          datagram[at] = to;
          length = Math.min(length, cut);
        }
        parseLongHeader(datagram.subarray(0, length));
      }),
      { numRuns: 2000 },
    );
  });
});

describe("isLongHeader and hasShortHeaderCid", () => {
  it("tell the two header forms apart by the first bit", () => {
    for (let first = 0; first < 256; first++) {
      assertEquals(isLongHeader(new Uint8Array([first])), first >= 128);
    }
  });

  it("want room for a connection ID behind the first byte", () => {
    assertEquals(hasShortHeaderCid(new Uint8Array(connectionIdLength)), false);
    assertEquals(hasShortHeaderCid(new Uint8Array(connectionIdLength + 1)), true);
  });
});
