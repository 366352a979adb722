import { shellQuote } from "../engine/connection/quote.ts";

/** A socket that waits for strangers: TCP in the state "listen", UDP without a peer. */
export interface ListeningSocket {
  readonly transport: "udp" | "tcp";
  /** Its local address, without brackets and interface; `*` for all of IPv4 and IPv6. */
  readonly address: string;
  readonly port: number;
  /** Process numbers that hold it, as far as they can be seen. */
  readonly pids: readonly number[];
  /** Name of the first such process, for messages. */
  readonly processName: string | undefined;
}

/** Which sockets {@linkcode listeningSocketsScript} prints. */
export interface SocketSelection {
  /** Those at these ports. */
  readonly ports: readonly number[];
  /**
   * And all of TCP; none by default. (All of UDP tells nothing: every flow of a connector has an
   * unconnected socket at a port of its own.)
   */
  readonly allTcp?: boolean;
  /** Sockets that are printed at most. */
  readonly max: number;
}

/**
 * A script that prints sockets for {@linkcode readListeningSockets}. A host without `ss` (it is part
 * of iproute2) does not tell who has its ports.
 */
export function listeningSocketsScript({ ports, max, allTcp = false }: SocketSelection): string {
  const atPorts = `:(${[...new Set(ports)].join("|")}) `;
  const pattern = allTcp ? `^tcp |${atPorts}` : atPorts;
  return `ss -Hlntup 2>/dev/null | grep -m ${max} -E ${shellQuote(pattern)} || :\n`;
}

/** Reads what `ss` printed; lines that it does not print are passed over. @param max As above. */
export function readListeningSockets(lines: readonly string[], max: number): ListeningSocket[] {
  const sockets: ListeningSocket[] = [];
  for (const line of lines) {
    if (sockets.length >= max) break;
    const socket = readSocket(line);
    if (socket !== undefined) sockets.push(socket);
  }
  return sockets;
}

/**
 * Reads a line of `ss`: transport, state, two queues, local and remote address, and who has it:
 * `udp UNCONN 0 0 0.0.0.0:4433 0.0.0.0:* users:(("deno",pid=123,fd=12))`.
 */
function readSocket(line: string): ListeningSocket | undefined {
  const [transport, , , , local = "", , ...rest] = line.trim().split(/\s+/);
  if (transport !== "udp" && transport !== "tcp") return undefined;
  const [, inBrackets, plain, port] =
    /^(?:\[([0-9A-Fa-f:.]{2,45})\]|([0-9.]{7,15}|\*))(?:%[^:]{1,16})?:(\d{1,5})$/.exec(local) ?? [];
  const address = inBrackets ?? plain;
  if (address === undefined) return undefined;
  const users = rest.join(" ");
  const pids = [...users.matchAll(/pid=(\d{1,10})/g)].map(([, pid]) => Number(pid));
  const processName = /^users:\(\("([^"]{1,64})"/.exec(users)?.[1];
  return { transport, address, port: Number(port), pids, processName };
}
