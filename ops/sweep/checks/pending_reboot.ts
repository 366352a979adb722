import { programNames } from "../../fleet/fleet.ts";
import type { HostCheck } from "../check.ts";
import { fine, type Verdict } from "../finding.ts";
import { isNewerKernel } from "../kernel_release.ts";
import { forHost } from "./host_commands.ts";

/** Whether a host still runs what an update has replaced on its disk. */
export const pendingReboot: HostCheck = {
  id: "pending-reboot",
  looksAt: "Whether packages ask for a reboot, or a newer kernel than the running one is installed",

  evaluate({ host, facts: { boot, kernel } }): Verdict[] {
    if (boot === undefined || kernel === undefined) return [];
    const newer = boot.kernels.find((release) => isNewerKernel(release, kernel.release));
    if (!boot.isRequired && newer === undefined) return [fine("", `kernel ${kernel.release}`)];
    const reasons = [
      ...boot.isRequired ? [packagesText(boot.packages)] : [],
      ...newer === undefined ? [] : [`kernel ${newer} is installed, ${kernel.release} runs`],
    ];
    return [{
      subject: "",
      status: "warning",
      value: reasons.join("; "),
      remedy: `Reboot it when its relay has drained, and see that it is back: ` +
        forHost(host, "sweep"),
    }];
  },
};

/** Whether programs work with libraries that an update has replaced. */
export const pendingRestart: HostCheck = {
  id: "pending-restart",
  looksAt: "Whether a program works with system libraries that were replaced since it started",

  evaluate({ host, facts: { processes } }): Verdict[] {
    return programNames.flatMap((program): Verdict[] => {
      const found = processes?.programs[program];
      if (!found) return [];
      if (!found.hasOldLibraries) return [fine(program, "its libraries are those on the disk")];
      return [{
        subject: program,
        status: "warning",
        value: "works with libraries that an update has replaced",
        remedy: `Restart it: ${forHost(host, "restart")}`,
      }];
    });
  },
};

function packagesText([first, ...others]: readonly string[]): string {
  if (first === undefined) return "updates ask for a reboot";
  return others.length === 0
    ? `${first} asks for a reboot`
    : `${first} and ${others.length} more ask for a reboot`;
}
