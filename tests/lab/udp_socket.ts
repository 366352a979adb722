import { checked, libc } from "./libc.ts";

const [AF_INET, SOCK_DGRAM, SOCK_NONBLOCK, SOL_SOCKET] = [2, 2, 0o4000, 1];
const [SO_RCVBUFFORCE, SO_SNDBUFFORCE] = [33, 32];

/** Bytes of a `struct sockaddr_in`. */
export const socketAddressBytes = 16;

/**
 * Receive and send buffers, in bytes: some 3,600 full packets, as the kernel doubles the value and
 * counts about 2,300 bytes for each.
 */
const bufferBytes = 4 * 1024 * 1024;

/** A `struct sockaddr_in`. */
export function socketAddress(address: string, port: number): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(socketAddressBytes);
  bytes[0] = AF_INET; // in the machine's byte order, which is little-endian where Deno runs
  bytes.set([port >> 8, port & 0xff, ...address.split(".").map(Number)], 2);
  return bytes;
}

/** A UDP socket of the network namespace that this thread is in, which never blocks. */
export function openUdpSocket(): number {
  const socket = checked(libc.socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK, 0), "open a socket");
  const size = new Uint8Array(new Int32Array([bufferBytes]).buffer);
  for (const option of [SO_RCVBUFFORCE, SO_SNDBUFFORCE]) {
    checked(libc.setsockopt(socket, SOL_SOCKET, option, size, 4), "size a socket's buffers");
  }
  return socket;
}

/** Binds a socket to a port of loopback, and gives the port, which the kernel chooses for 0. */
export function bindToLoopback(socket: number, port: number): number {
  const address = socketAddress("127.0.0.1", port);
  checked(libc.bind(socket, address, address.length), `listen on UDP port 127.0.0.1:${port}`);
  const length = new Uint8Array(new Int32Array([address.length]).buffer);
  checked(libc.getsockname(socket, address, length), "see a socket's port");
  return address[2]! << 8 | address[3]!;
}
