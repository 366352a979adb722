import { quicVersion1 } from "../../tunnel/quic/packet_header.ts";
import { quiche } from "../../tunnel/quic/quiche.ts";
import { createClientConfig } from "../../tunnel/quic/tls_config.ts";

const clientConfig = createClientConfig({ verifyPeer: false });

/** A client's first datagram; every call makes another client. */
export function newInitial(): Uint8Array {
  const address = { host: "127.0.0.1", port: 1 };
  const cid = crypto.getRandomValues(new Uint8Array(20));
  const connection = quiche.Connection.connect("a", cid, address, address, clientConfig);
  const datagram = new Uint8Array(1350);
  const [length] = connection.send(datagram)!;
  return datagram.subarray(0, length);
}

/** An Initial of 1,200 bytes with any header; its payload is none. */
export function craftInitial(
  parts: { version?: number; token?: Uint8Array; cid?: Uint8Array },
): Uint8Array {
  const { version = quicVersion1, token = new Uint8Array(0), cid = new Uint8Array(20) } = parts;
  const datagram = new Uint8Array(1200);
  datagram[0] = 0xc3;
  new DataView(datagram.buffer).setUint32(1, version);
  datagram[5] = cid.length;
  datagram.set(cid, 6);
  let offset = 6 + cid.length;
  datagram[offset] = 8;
  offset += 9;
  datagram[offset] = 0x40 | token.length >> 8;
  datagram[offset + 1] = token.length & 0xff;
  datagram.set(token, offset + 2);
  return datagram;
}

/** A connection ID as the endpoint with `instance` issues them. */
export function craftCid(instance: Uint8Array): Uint8Array {
  const cid = crypto.getRandomValues(new Uint8Array(20));
  cid[0] = 0x40;
  cid.set(instance, 1);
  return cid;
}
