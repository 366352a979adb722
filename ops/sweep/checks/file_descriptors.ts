import { programNames } from "../../fleet/fleet.ts";
import type { HostCheck } from "../check.ts";
import type { Verdict } from "../finding.ts";
import { judge } from "../judge.ts";
import { onHost } from "./host_commands.ts";

/** Whether a program, or the whole host, runs out of file descriptors: no new flows without one. */
export const fileDescriptors: HostCheck = {
  id: "file-descriptors",
  looksAt: "How many file descriptors the host and each program use, of those that they may",
  threshold: "fileDescriptors",

  evaluate({ host, facts: { kernel, processes } }): Verdict[] {
    const verdict = (subject: string, used: number, limit: number, remedy: string): Verdict => {
      const percent = (used / limit) * 100;
      const status = judge(percent, host.sweep.thresholds.fileDescriptors);
      return {
        subject,
        status,
        value: `${used} of ${limit === Number.MAX_SAFE_INTEGER ? "any number" : limit} in use`,
        remedy: status === "ok" ? "" : remedy,
        measure: { value: used / limit, unit: "ratio" },
      };
    };
    const verdicts: Verdict[] = [];
    if (kernel !== undefined && kernel.maxOpenFiles > 0) {
      const { openFiles } = kernel;
      // The kernel's maximum may be any 64-bit number: then there is none.
      const limit = Math.min(kernel.maxOpenFiles, Number.MAX_SAFE_INTEGER);
      const holders = onHost(
        host,
        "for p in /proc/[0-9]*; do " +
          "set -- $p/fd/*; echo $# $p $(cat $p/comm); done | sort -n | tail",
      );
      verdicts.push(verdict("", openFiles, limit, `See who has them: ${holders}`));
    }
    for (const program of programNames) {
      const found = processes?.programs[program];
      if (!found || found.maxOpenFiles === 0) continue;
      const what = onHost(host, `ls -l /proc/${found.pid}/fd | tail`);
      verdicts.push(verdict(
        program,
        found.openFiles,
        found.maxOpenFiles,
        `See what they are: ${what}; raise LimitNOFILE= in a drop-in of its unit, and restart it`,
      ));
    }
    return verdicts;
  },
};
