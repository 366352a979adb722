import {
  type ListeningSocket,
  listeningSocketsScript,
  readListeningSockets,
} from "../../fleet/listening_sockets.ts";
import { programPorts } from "../../fleet/program_ports.ts";
import type { FactSource } from "./fact_source.ts";

/** Who listens on a host. */
export interface SocketsFacts {
  /** Whether the host has a program that tells. */
  readonly areKnown: boolean;
  /** All of TCP, and UDP at our programs' ports. */
  readonly listening: readonly ListeningSocket[];
}

/** Sockets that are looked at: of a host that has more, the rest is not known. */
const maxSockets = 500;

/** The sockets that wait for strangers. */
export const sockets: FactSource<SocketsFacts> = {
  script({ host }): string {
    const ports = programPorts(host).map(({ port }) => port);
    return `if command -v ss > /dev/null; then
  ${listeningSocketsScript({ ports, max: maxSockets, allTcp: true })}  echo known
else
  echo unknown
fi
`;
  },

  parse(output): SocketsFacts | undefined {
    const lines = output.split("\n");
    if (lines.includes("unknown")) return { areKnown: false, listening: [] };
    if (!lines.includes("known")) return undefined;
    return { areKnown: true, listening: readListeningSockets(lines, maxSockets) };
  },
};
