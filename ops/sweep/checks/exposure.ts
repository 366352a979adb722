import { isOpener } from "../../fleet/bound_address.ts";
import { type ProgramName, programNames } from "../../fleet/fleet.ts";
import { isLoopback } from "../../fleet/host_metrics.ts";
import type { ListeningSocket } from "../../fleet/listening_sockets.ts";
import { programPorts } from "../../fleet/program_ports.ts";
import { counted } from "../../terminal/quantities.ts";
import type { HostCheck, HostView } from "../check.ts";
import { fine, type Verdict } from "../finding.ts";
import { forHost } from "./host_commands.ts";
import { portText } from "./ports.ts";

/** Whether our programs are open to more of the world than the inventory says. */
export const exposure: HostCheck = {
  id: "exposure",
  looksAt: "Whether programs listen where the inventory does not have them listen",

  evaluate(view): Verdict[] {
    const { sockets } = view.facts;
    if (sockets?.areKnown !== true) return [];
    const ours = sockets.listening.flatMap((socket) => {
      const program = ownerOf(view, socket);
      return program === undefined ? [] : [{ socket, program }];
    });
    const verdicts = ours.flatMap(({ socket, program }) => judgeSocket(view, socket, program));
    if (ours.length === 0 || verdicts.length > 0) return verdicts;
    return [fine("", `${counted(ours.length, "socket")}, all as the inventory has them`)];
  },
};

function ownerOf({ facts }: HostView, { pids }: ListeningSocket): ProgramName | undefined {
  return programNames.find((program) => {
    const pid = facts.processes?.programs[program]?.pid;
    return pid !== undefined && pids.includes(pid);
  });
}

function judgeSocket(
  { host }: HostView,
  socket: ListeningSocket,
  program: ProgramName,
): Verdict[] {
  const { transport, port, address } = socket;
  const wanted = programPorts(host).find((other) =>
    other.program === program && other.transport === transport && other.port === port
  );
  const subject = `${program} ${portText(socket)}`;
  const restored = `restore its configuration: ${forHost(host, "deploy")}`;
  if (wanted === undefined) {
    return [{
      subject,
      status: isLoopback(address) ? "warning" : "critical",
      value: `open at ${address}, a port that the inventory does not have`,
      remedy: `If it has a debugger or a configuration of somebody's own, ${restored}, and then ` +
        forHost(host, "restart"),
    }];
  }
  if (!isOpener(address, wanted.addresses)) return [];
  const isPrivate = wanted.purpose !== "service" || wanted.addresses.every(isLoopback);
  return [{
    subject,
    status: isPrivate ? "critical" : "warning",
    value: `open at ${address} (${wanted.purpose}), in the inventory only at ` +
      wanted.addresses.join(", "),
    remedy: `Close it: ${restored}`,
  }];
}
