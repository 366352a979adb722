import { assert, assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import fc from "fast-check";
import { BincodeReader } from "./bincode.ts";
import { internetChecksum } from "./checksum.ts";
import { classifyDirectPacket, decodeConnectivityCheck } from "./connectivity_check.ts";
import {
  decodeObservedAddress,
  decodeRegistration,
  decodeRegistrationReply,
  decodeRouted,
  routedPacketOffset,
} from "./datagram_message.ts";
import { buildIcmpEchoReply, parseIcmpEcho } from "./icmp.ts";
import { parseIpv4 } from "./ipv4.ts";
import { decodeSignalingPayload } from "./signaling.ts";
import { SignalingDecoder } from "./signaling_decoder.ts";
import { isTcpChecksumValid, parseTcp, readTcpOptions } from "./tcp.ts";
import { rewriteDestination, rewriteSource } from "./translate.ts";
import { parseUdp } from "./udp.ts";
import { decodeUtf8 } from "./utf8.ts";
import { isWireError } from "./wire_error.ts";

/**
 * The same bytes, but an index beyond the end throws instead of answering `undefined`, which
 * arithmetic would silently take for 0; writing beyond the end throws too.
 */
function guarded(data: Uint8Array): Uint8Array {
  const check = (key: string | symbol): void => {
    if (typeof key === "string" && /^-?\d+$/.test(key) && !(Number(key) in data)) {
      throw new Error(`Cannot access byte ${key} of ${data.length}`);
    }
  };
  return new Proxy(data, {
    get(target, key): unknown {
      check(key);
      const value: unknown = Reflect.get(target, key, target);
      return typeof value === "function" ? value.bind(target) : value;
    },
    set(target, key, value): boolean {
      check(key);
      return Reflect.set(target, key, value, target);
    },
  });
}

/** Everything that can be done to an IP packet. */
function usePacket(packet: Uint8Array): void {
  const ip = parseIpv4(packet);
  if (isWireError(ip)) return;
  const { totalLength } = ip;
  assert(ip.headerLength <= totalLength && totalLength <= packet.length);
  const udp = parseUdp(packet, ip);
  if (!isWireError(udp)) {
    assert(udp.payloadStart <= udp.payloadEnd && udp.payloadEnd <= totalLength);
  }
  const tcp = parseTcp(packet, ip);
  if (!isWireError(tcp)) {
    assert(tcp.payloadStart <= tcp.payloadEnd && tcp.payloadEnd <= totalLength);
    readTcpOptions(packet, tcp);
  }
  isTcpChecksumValid(packet, ip);
  parseIcmpEcho(packet, ip);
  buildIcmpEchoReply(packet, ip);
  rewriteSource(packet, ip, 0x64400001);
  rewriteDestination(packet, ip, 0x64400002);
}

/** Uses of hostile bytes; each must return, whatever they are. */
const uses: Record<string, (data: Uint8Array) => void> = {
  observedAddress: decodeObservedAddress,
  registration: decodeRegistration,
  registrationReply: decodeRegistrationReply,
  routed: (data) => {
    const offset = routedPacketOffset(data);
    assert(offset >= -1 && offset <= data.length);
    decodeRouted(data);
  },
  packet: usePacket,
  connectivityCheck: (data) => {
    classifyDirectPacket(data);
    // The reader's DataView checks its bounds itself and takes no proxy.
    decodeConnectivityCheck(data.subarray());
  },
  signaling: (data) => {
    decodeSignalingPayload(data.subarray());
    const decoder = new SignalingDecoder();
    decoder.push(data.subarray());
    assert(decoder.bufferedBytes <= data.length);
  },
  text: (data) => decodeUtf8(data.subarray()),
  checksum: (data) => internetChecksum(data, 0, data.length + 10),
  bincode: (data) => {
    const reader = new BincodeReader(data.subarray());
    reader.list(1, () => reader.text());
  },
};

const packetCodecs = new Set(["udp", "icmp", "tcp"]);

/** The valid and almost valid messages of the test vectors, each with the use that it is for. */
const samples = (JSON.parse(
  Deno.readTextFileSync(new URL("../../tests/vectors.json", import.meta.url)),
) as { id: string; codec: string; hex: string }[])
  .filter(({ codec }) => codec !== "retryToken")
  .map(({ id, codec, hex }) => ({
    id,
    use: uses[packetCodecs.has(codec) ? "packet" : codec]!,
    data: Uint8Array.fromHex(hex),
  }));

describe("decoders", () => {
  for (const [name, use] of Object.entries(uses)) {
    it(`never throw or read beyond the end: ${name} of arbitrary bytes`, () => {
      fc.assert(
        fc.property(fc.uint8Array({ maxLength: 100 }), (data) => {
          use(guarded(data));
        }),
        { numRuns: 500 },
      );
    });
  }

  it("never throw or read beyond the end: IP packets with a sound header", () => {
    const protocols = fc.constantFrom(1, 6, 17);
    const types = fc.constantFrom(0, 3, 5, 8, 11);
    fc.assert(
      fc.property(protocols, types, fc.uint8Array({ maxLength: 80 }), (protocol, type, payload) => {
        const packet = new Uint8Array(20 + payload.length);
        packet.set(Uint8Array.fromHex("45000000000040004000"));
        packet[3] = packet.length;
        packet[9] = protocol;
        packet.set(payload, 20);
        if (protocol === 1 && payload.length > 8) {
          packet[20] = type;
          packet[28] = 0x40 | (packet[28]! & 0x0f);
          // Addresses that match, so that the quoted packet is worth rewriting.
          packet.fill(1, 12, 20);
          packet.fill(1, 40, 48);
        }
        usePacket(guarded(packet));
      }),
      { numRuns: 2000 },
    );
  });

  it("never throw or read beyond the end: every use of every prefix of every vector", () => {
    for (const { data } of samples) {
      for (let length = 0; length <= data.length; length++) {
        for (const use of Object.values(uses)) use(guarded(data.slice(0, length)));
      }
    }
  });

  it("never throw: every single-byte change of every vector", () => {
    for (const { data, use } of samples) {
      for (let at = 0; at < data.length; at++) {
        for (let change = 1; change < 256; change++) {
          const changed = data.slice();
          changed[at]! ^= change;
          use(changed);
        }
      }
    }
  });

  it("never read beyond the end: every single-bit change of every vector", () => {
    for (const { data, use } of samples) {
      for (let bit = 0; bit < 8 * data.length; bit++) {
        const changed = data.slice();
        changed[bit >> 3]! ^= 1 << (bit & 7);
        use(guarded(changed));
      }
    }
  });

  it("do not see what surrounds the message in its buffer", () => {
    for (const { id, data } of samples) {
      const answers = [0x00, 0xff].map((filler) => {
        const buffer = new Uint8Array(data.length + 64).fill(filler);
        buffer.set(data, 32);
        const view = buffer.subarray(32, 32 + data.length);
        return [
          decodeRegistration(view),
          decodeRouted(view),
          decodeConnectivityCheck(view),
          new SignalingDecoder().push(view),
          parseIpv4(view),
        ];
      });
      assertEquals(structuredClone(answers[0]), structuredClone(answers[1]), id);
    }
  });

  it("are tested with a guard that notices", () => {
    const data = guarded(Uint8Array.of(1));
    assertEquals(data[0], 1);
    let message = "";
    try {
      void data[1];
    } catch (error) {
      message = String(error);
    }
    assertEquals(message, "Error: Cannot access byte 1 of 1");
  });
});
