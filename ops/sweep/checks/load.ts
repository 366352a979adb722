import { counted } from "../../terminal/quantities.ts";
import type { HostCheck } from "../check.ts";
import type { Verdict } from "../finding.ts";
import { judge } from "../judge.ts";
import { onHost } from "./host_commands.ts";

/** Whether a host has more to do than it can: the load of five minutes, not of one burst. */
export const load: HostCheck = {
  id: "load",
  looksAt: "How many processes want to run, or wait for a disk, for each processor",
  threshold: "load",

  evaluate({ host, facts: { kernel } }): Verdict[] {
    if (kernel === undefined) return [];
    const { load: [, fiveMinutes], processors } = kernel;
    const each = fiveMinutes / processors;
    const status = judge(each, host.sweep.thresholds.load);
    return [{
      subject: "",
      status,
      value: `${each.toFixed(1)} for each of ${counted(processors, "processor")}, in five minutes`,
      remedy: status === "ok"
        ? ""
        : `See what runs: ${
          onHost(host, "top -b -n 1 | head -n 15")
        }; in state D it waits for a disk`,
      measure: { value: each, unit: "ratio" },
    }];
  },
};
