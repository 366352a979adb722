import { getSystemErrorName } from "node:util";
import { LabError } from "./lab_error.ts";

/**
 * Calls of the C library that Deno has no equal of: sockets of two network namespaces in one process,
 * TAP devices, and waiting for both in one place. All of them block the thread that they are on.
 */
const library = Deno.dlopen("libc.so.6", {
  __errno_location: { parameters: [], result: "pointer" },
  bind: { parameters: ["i32", "buffer", "u32"], result: "i32" },
  close: { parameters: ["i32"], result: "i32" },
  connect: { parameters: ["i32", "buffer", "u32"], result: "i32" },
  epoll_create1: { parameters: ["i32"], result: "i32" },
  epoll_ctl: { parameters: ["i32", "i32", "i32", "buffer"], result: "i32" },
  epoll_wait: { parameters: ["i32", "buffer", "i32", "i32"], result: "i32" },
  getsockname: { parameters: ["i32", "buffer", "buffer"], result: "i32" },
  ioctl: { parameters: ["i32", "u64", "buffer"], result: "i32" },
  open: { parameters: ["buffer", "i32"], result: "i32" },
  ppoll: { parameters: ["buffer", "u64", "buffer", "pointer"], result: "i32" },
  read: { parameters: ["i32", "buffer", "usize"], result: "isize" },
  recvfrom: {
    parameters: ["i32", "buffer", "usize", "i32", "buffer", "buffer"],
    result: "isize",
  },
  send: { parameters: ["i32", "buffer", "usize", "i32"], result: "isize" },
  sendto: { parameters: ["i32", "buffer", "usize", "i32", "buffer", "u32"], result: "isize" },
  setns: { parameters: ["i32", "i32"], result: "i32" },
  setsockopt: { parameters: ["i32", "i32", "i32", "buffer", "u32"], result: "i32" },
  socket: { parameters: ["i32", "i32", "i32"], result: "i32" },
  write: { parameters: ["i32", "buffer", "usize"], result: "isize" },
});

/** The functions, named as their manual pages are. */
export const libc = library.symbols;

/** A path as the C library wants it. */
export function cString(text: string): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(`${text}\0`);
}

/**
 * The result of a call that has to succeed.
 *
 * @param what What can't be done when it fails: "listen on port 1".
 * @throws {LabError} with the name of the system's error.
 */
export function checked(result: number, what: string): number {
  if (result >= 0) return result;
  const errno = new Deno.UnsafePointerView(libc.__errno_location()!).getInt32();
  throw new LabError(
    `Cannot ${what} as the system refuses it: the error is ${getSystemErrorName(-errno)}`,
  );
}

const [O_RDONLY, CLONE_NEWNET] = [0, 0x40000000];

/** Moves this thread into the network namespace of a file. */
export function enterNetworkNamespace(file: string): void {
  const what = `enter the network namespace "${file}"`;
  const descriptor = checked(libc.open(cString(file), O_RDONLY), what);
  checked(libc.setns(descriptor, CLONE_NEWNET), what);
  libc.close(descriptor);
}
