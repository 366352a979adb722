import { quote } from "../../../tunnel/printable.ts";
import { overlaps } from "../../fleet/bound_address.ts";
import type { ListeningSocket } from "../../fleet/listening_sockets.ts";
import { type ProgramPort, programPorts } from "../../fleet/program_ports.ts";
import type { HostCheck } from "../check.ts";
import { fine, type Verdict } from "../finding.ts";
import { forHost, onHost } from "./host_commands.ts";

/** Whether each port that a program should have is the program's, and nobody else's. */
export const ports: HostCheck = {
  id: "ports",
  looksAt: "Whether the programs' ports are held by the programs, and by nothing else",

  evaluate({ host, facts: { sockets, processes } }): Verdict[] {
    if (sockets === undefined || processes === undefined) return [];
    if (!sockets.areKnown) {
      return [{
        subject: "",
        status: "warning",
        value: "not known, as the host has no ss",
        remedy: `Install it: ${onHost(host, "apt-get", "install", "-y", "iproute2")}`,
      }];
    }
    return programPorts(host).flatMap((port): Verdict[] => {
      const process = processes.programs[port.program];
      if (process === undefined) return []; // not known: anybody's socket might be its
      const subject = portText(port);
      const there = sockets.listening.filter((socket) => isAt(port, socket));
      const isOurs = ({ pids }: ListeningSocket): boolean =>
        process !== null && (pids.length === 0 || pids.includes(process.pid));
      const stranger = there.find((socket) => !isOurs(socket));
      if (stranger !== undefined) {
        return [{
          subject,
          status: "critical",
          value: `${holderText(stranger)} has the ${port.program}'s port`,
          remedy: `Stop it, or choose another port in the inventory; see what it is: ` +
            onHost(host, "ps", "-fp", stranger.pids[0]?.toString() ?? "1"),
        }];
      }
      const missing = port.addresses.filter((address) =>
        !there.some((socket) => overlaps(address, socket.address))
      );
      if (missing.length === 0) return [fine(subject, port.program)];
      // A program that is down, or comes or goes, is another check's.
      if (process?.state !== "active") return [];
      return [{
        subject,
        status: "critical",
        value: `the ${port.program} runs, and does not listen there at ${missing.join(", ")}`,
        remedy:
          `See why: ${forHost(host, "logs")} --program ${port.program}; a deploy brings its ` +
          `configuration back: ${forHost(host, "deploy")}`,
      }];
    });
  },
};

/** `TCP 9090`. */
export function portText({ transport, port }: Pick<ListeningSocket, "transport" | "port">): string {
  return `${transport.toUpperCase()} ${port}`;
}

function isAt(port: ProgramPort, socket: ListeningSocket): boolean {
  return socket.transport === port.transport && socket.port === port.port &&
    port.addresses.some((address) => overlaps(address, socket.address));
}

function holderText({ processName, pids: [pid] }: ListeningSocket): string {
  if (pid === undefined) return "another program";
  return processName === undefined ? `process ${pid}` : `${quote(processName)} (process ${pid})`;
}
