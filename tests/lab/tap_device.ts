import { checked, cString, libc } from "./libc.ts";

const [O_RDWR, O_NONBLOCK] = [2, 0o4000];
const TUNSETIFF = 0x4004_54can;
const [IFF_TAP, IFF_NO_PI] = [0x0002, 0x1000];

/** Bytes of a `struct ifreq`, and of the name at its beginning. */
const [requestBytes, nameBytes] = [40, 16];

/** A network interface whose frames this process reads and writes; it ends with the process. */
export interface TapDevice {
  /** Never blocks: each read gives a frame, each write takes one. */
  readonly descriptor: number;
  /** Chosen by the kernel. */
  readonly name: string;
}

/** Makes a TAP device in the network namespace that this thread is in. */
export function openTapDevice(): TapDevice {
  const what = "make a TAP device";
  const descriptor = checked(libc.open(cString("/dev/net/tun"), O_RDWR | O_NONBLOCK), what);
  const request = new Uint8Array(requestBytes);
  request.set(cString("tap%d"));
  new DataView(request.buffer).setUint16(nameBytes, IFF_TAP | IFF_NO_PI, true);
  checked(libc.ioctl(descriptor, TUNSETIFF, request), what);
  const name = new TextDecoder().decode(request.subarray(0, nameBytes)).replace(/\0.*$/s, "");
  return { descriptor, name };
}
