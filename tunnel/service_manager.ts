import { openCLibrary } from "./c_library.ts";
import type { LifecycleState } from "./lifecycle.ts";
import { escapeControls, truncate } from "./printable.ts";

/** Linux' numbers, from its headers. */
const familyUnix = 1;
const typeDatagram = 2;
const nonBlocking = 0o4000;
const closeOnExec = 0o2000000;
const noSignal = 0x4000;
/** Size of a `sockaddr_un`'s path in bytes. */
const maxPathBytes = 108;

/** Longest text for `systemctl status`, in characters: a line. */
const maxStatusLength = 200;

const symbols = {
  socket: { parameters: ["i32", "i32", "i32"], result: "i32" },
  sendto: { parameters: ["i32", "buffer", "usize", "i32", "buffer", "u32"], result: "isize" },
  close: { parameters: ["i32"], result: "i32" },
} as const;

/** Who has started the program and wants to hear how it does. */
export interface ServiceManager {
  /** It has started: what depends on it may follow. */
  ready(): void;
  /** How it is, after a change. */
  changed(state: LifecycleState): void;
}

/**
 * systemd, by its notification protocol (sd_notify(3)); somebody who does not listen when the
 * program was not started by it, or the system has no such sockets.
 *
 * It goes by system calls: Deno's own datagrams on Unix sockets need a path to bind and may write
 * there, which is more than these programs may. Nothing here blocks or throws.
 *
 * @param socketPath The value of `NOTIFY_SOCKET`.
 */
export function serviceManager(socketPath: string | undefined): ServiceManager {
  const address = socketPath === undefined ? undefined : encodeUnixAddress(socketPath);
  const library = address === undefined ? undefined : openCLibrary(symbols);
  const notify = (lines: string): void => {
    if (address === undefined || library === undefined) return;
    const descriptor = library.socket(familyUnix, typeDatagram | nonBlocking | closeOnExec, 0);
    if (descriptor < 0) return;
    const data = new TextEncoder().encode(lines);
    library.sendto(descriptor, data, BigInt(data.length), noSignal, address, address.length);
    library.close(descriptor);
  };
  return {
    ready: () => notify("READY=1"),
    changed: (state) => notify(notificationOf(state)),
  };
}

/** What systemd is told of a state, one assignment a line. */
export function notificationOf(state: LifecycleState): string {
  const { ready, reason = "not ready" } = state.readiness();
  const status = ready ? "ready" : reason;
  const line = `STATUS=${truncate(escapeControls(status), maxStatusLength)}`;
  return state.isShuttingDown ? `STOPPING=1\n${line}` : line;
}

/** The address of a Unix socket as Linux has it; `@` begins a name that is no file. */
export function encodeUnixAddress(path: string): Uint8Array<ArrayBuffer> | undefined {
  if (!/^[/@]./.test(path)) return undefined;
  const bytes = new TextEncoder().encode(path);
  if (bytes.length >= maxPathBytes) return undefined;
  if (path.startsWith("@")) bytes[0] = 0;
  const address = new Uint8Array(2 + bytes.length);
  new DataView(address.buffer).setUint16(0, familyUnix, true);
  address.set(bytes, 2);
  return address;
}
