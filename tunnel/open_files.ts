import { openCLibrary } from "./c_library.ts";

/** Linux' numbers, from its headers. */
const openDirectory = 0o200000;
const closeOnExec = 0o2000000;
const limitOfOpenFiles = 7;
/** Where a directory entry's length and name are in what `getdents64` gives (getdents(2)). */
const lengthOffset = 16;
const nameOffset = 19;
const dot = 0x2e;

const symbols = {
  open: { parameters: ["buffer", "i32"], result: "i32" },
  getdents64: { parameters: ["i32", "buffer", "usize"], result: "isize" },
  close: { parameters: ["i32"], result: "i32" },
  getrlimit: { parameters: ["i32", "buffer"], result: "i32" },
} as const;

const path = new TextEncoder().encode("/proc/self/fd\0");
/** Room for some hundred entries at a time. */
const entries = new Uint8Array(16_384);

type Library = Deno.DynamicLibrary<typeof symbols>["symbols"];

let library: Library | null | undefined;

function openLibrary(): Library | null {
  if (library === undefined) library = openCLibrary(symbols) ?? null;
  return library;
}

/**
 * How many files and sockets this process has open; `undefined` where that can't be counted. On
 * Linux by system calls: Deno lets only programs that may do everything read below `/proc`.
 */
export function countOpenFiles(): number | undefined {
  const library = openLibrary();
  if (library === null) return countByDeno();
  const descriptor = library.open(path, openDirectory | closeOnExec);
  if (descriptor < 0) return undefined;
  let count = -1; // The directory itself is open meanwhile.
  for (;;) {
    const length = Number(library.getdents64(descriptor, entries, BigInt(entries.length)));
    if (length <= 0) break;
    count += countEntries(entries.subarray(0, length));
  }
  library.close(descriptor);
  return count;
}

/** How many files and sockets this process may have open; `undefined` where that can't be told. */
export function maxOpenFiles(): number | undefined {
  // The limit that holds, and the one that it may be raised to.
  const limits = new BigUint64Array(2);
  const result = openLibrary()?.getrlimit(limitOfOpenFiles, limits);
  return result === 0 ? Number(limits[0]) : undefined;
}

function countByDeno(): number | undefined {
  try {
    return [...Deno.readDirSync("/dev/fd")].length - 1;
  } catch {
    return undefined;
  }
}

/** Entries of a directory, but for itself and its parent. */
function countEntries(bytes: Uint8Array): number {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  let count = 0;
  for (let offset = 0; offset < bytes.length;) {
    if (bytes[offset + nameOffset] !== dot) count += 1;
    offset += view.getUint16(offset + lengthOffset, true);
  }
  return count;
}
