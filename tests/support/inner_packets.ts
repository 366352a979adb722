import { assertEquals } from "@std/assert";
import { internetChecksum, pseudoHeaderSum, sumWords } from "../../tunnel/wire/checksum.ts";
import { buildIcmpEchoRequest, parseIcmpEcho } from "../../tunnel/wire/icmp.ts";
import { formatIpv4, ipProtocol, parseIpv4, parseIpv4Address } from "../../tunnel/wire/ipv4.ts";
import { buildUdpPacket, parseUdp } from "../../tunnel/wire/udp.ts";
import { isWireError } from "../../tunnel/wire/wire_error.ts";

/** The number of an IPv4 address in text form. */
function address(text: string): number {
  const number = parseIpv4Address(text);
  if (number === undefined) throw new RangeError(`"${text}" is no IPv4 address`);
  return number;
}

function endpoint(text: string): [number, number] {
  const [host = "", port = ""] = text.split(":");
  return [address(host), Number(port)];
}

/** A UDP packet whose route is written as `10.0.0.1:1000 > 10.100.0.1:7`. */
export function udpPacket(route: string, payload: string | Uint8Array): Uint8Array {
  const [from = "", to = ""] = route.split(" > ");
  const [source, sourcePort] = endpoint(from);
  const [destination, destinationPort] = endpoint(to);
  return buildUdpPacket({
    source,
    sourcePort,
    destination,
    destinationPort,
    payload: typeof payload === "string" ? new TextEncoder().encode(payload) : payload,
  });
}

/** An echo request whose route is written as `10.0.0.1 > 10.100.0.1`. */
export function pingPacket(
  route: string,
  identifier: number,
  sequence: number,
  data: string,
): Uint8Array {
  const [source = "", destination = ""] = route.split(" > ");
  return buildIcmpEchoRequest({
    source: address(source),
    destination: address(destination),
    identifier,
    sequence,
    data: new TextEncoder().encode(data),
  });
}

/**
 * An inner packet as text: `10.0.0.1:1000 > 10.100.0.1:7 payload`,
 * `10.0.0.1 > 10.100.0.1 ping 1/2 data`, or hexadecimal digits when it is neither.
 *
 * @throws {AssertionError} when a checksum is wrong (a UDP checksum of 0 is none).
 */
export function describePacket(packet: Uint8Array): string {
  const ip = parseIpv4(packet);
  if (isWireError(ip)) return packet.toHex();
  assertEquals(internetChecksum(packet, 0, ip.headerLength), 0, "IP header checksum");
  const [source, destination] = [formatIpv4(ip.source), formatIpv4(ip.destination)];
  const text = (start: number, end: number): string =>
    new TextDecoder().decode(packet.subarray(start, end));
  const udp = parseUdp(packet, ip);
  if (!isWireError(udp)) {
    const { sourcePort, destinationPort, payloadStart, payloadEnd, checksum } = udp;
    if (checksum !== 0) {
      const length = payloadEnd - ip.headerLength;
      const pseudo = pseudoHeaderSum(ip.source, ip.destination, ipProtocol.udp, length);
      const sum = sumWords(packet, ip.headerLength, payloadEnd, pseudo);
      assertEquals(sum, 0xffff, "UDP checksum");
    }
    return `${source}:${sourcePort} > ${destination}:${destinationPort} ${
      text(payloadStart, payloadEnd)
    }`;
  }
  const echo = parseIcmpEcho(packet, ip);
  if (isWireError(echo)) return packet.toHex();
  assertEquals(internetChecksum(packet, ip.headerLength, ip.totalLength), 0, "ICMP checksum");
  const kind = echo.kind === "request" ? "ping" : "pong";
  return `${source} > ${destination} ${kind} ${echo.identifier}/${echo.sequence} ${
    text(echo.dataStart, echo.dataEnd)
  }`;
}
