/** Something that listens on this machine. */
export interface Listener {
  readonly transport: "udp" | "tcp";
  readonly port: number;
}

/** Who has a port, for messages. */
export interface PortOwner {
  readonly pid: number;
  readonly name: string;
}

/**
 * Who listens on a port of this machine; `undefined` when that cannot be found out (another user's
 * process, or no `/proc` and no `lsof`). Never throws.
 */
export function findPortOwner(listener: Listener): PortOwner | undefined {
  try {
    return Deno.build.os === "linux" ? findByProc(listener) : findByLsof(listener);
  } catch {
    return undefined;
  }
}

/**
 * The inodes of the sockets that listen on `port` in a Linux `/proc/net/{udp,tcp}{,6}`.
 * Its columns: number, local address as `HEX:PORT`, remote address, state, …, inode (the tenth).
 */
export function listeningInodes(table: string, listener: Listener): string[] {
  const wanted = listener.port.toString(16).toUpperCase().padStart(4, "0");
  // TCP_LISTEN; a bound UDP socket is TCP_CLOSE (07), a connected one TCP_ESTABLISHED
  const state = listener.transport === "tcp" ? "0A" : "07";
  const inodes: string[] = [];
  for (const line of table.split("\n").slice(1)) {
    const columns = line.trim().split(/\s+/);
    if (columns[1]?.endsWith(`:${wanted}`) && columns[3] === state && columns[9] !== undefined) {
      inodes.push(columns[9]);
    }
  }
  return inodes;
}

/** The first process in what `lsof -Fpc` prints: lines `pPID` and `cNAME`. */
export function parseLsof(output: string): PortOwner | undefined {
  const pid = /^p(\d+)$/m.exec(output)?.[1];
  const name = /^c(.+)$/m.exec(output)?.[1];
  return pid === undefined ? undefined : { pid: Number(pid), name: name ?? "unknown" };
}

function findByProc(listener: Listener): PortOwner | undefined {
  const tables = [`/proc/net/${listener.transport}`, `/proc/net/${listener.transport}6`];
  const inodes = tables.flatMap((path) => listeningInodes(readOrEmpty(path), listener));
  const sockets = new Set(inodes.map((inode) => `socket:[${inode}]`));
  if (sockets.size === 0) return undefined;
  for (const process of Deno.readDirSync("/proc")) {
    if (!/^\d+$/.test(process.name) || !holdsOne(process.name, sockets)) continue;
    const name = readOrEmpty(`/proc/${process.name}/comm`).trim();
    return { pid: Number(process.name), name: name || "unknown" };
  }
  return undefined;
}

function holdsOne(pid: string, sockets: ReadonlySet<string>): boolean {
  try {
    for (const descriptor of Deno.readDirSync(`/proc/${pid}/fd`)) {
      if (sockets.has(readLinkOrEmpty(`/proc/${pid}/fd/${descriptor.name}`))) return true;
    }
  } catch {
    // Another user's process, or one that has just ended.
  }
  return false;
}

function findByLsof(listener: Listener): PortOwner | undefined {
  const what = listener.transport === "tcp"
    ? [`-iTCP:${listener.port}`, "-sTCP:LISTEN"]
    : [`-iUDP:${listener.port}`];
  const { stdout } = new Deno.Command("lsof", {
    args: ["-nP", "-Fpc", ...what],
    stdout: "piped",
    stderr: "null",
  }).outputSync();
  return parseLsof(new TextDecoder().decode(stdout));
}

function readOrEmpty(path: string): string {
  try {
    return Deno.readTextFileSync(path);
  } catch {
    return "";
  }
}

function readLinkOrEmpty(path: string): string {
  try {
    return Deno.readLinkSync(path);
  } catch {
    return "";
  }
}
