import { counted, formatBytes } from "../../terminal/quantities.ts";
import type { HostCheck } from "../check.ts";
import { fine, type Verdict } from "../finding.ts";
import { judge } from "../judge.ts";
import { sinceBefore } from "../since_before.ts";
import { onHost } from "./host_commands.ts";

const largest = "ps -eo rss,pid,args --sort=-rss | head";

/** How much memory is left: what the kernel would give without swapping. */
export const memory: HostCheck = {
  id: "memory",
  looksAt: "How much memory programs can still get without swapping",
  threshold: "memory",

  evaluate({ host, facts: { kernel } }): Verdict[] {
    if (kernel === undefined || kernel.memoryBytes === 0) return [];
    const { memoryBytes, availableBytes, swapBytes, freeSwapBytes } = kernel;
    const percent = Math.floor((availableBytes / memoryBytes) * 100);
    const status = judge(percent, host.sweep.thresholds.memory);
    const swap = swapBytes === 0
      ? "no swap"
      : `${formatBytes(swapBytes - freeSwapBytes)} of ${formatBytes(swapBytes)} swap in use`;
    return [{
      subject: "",
      status,
      value: `${percent} % of ${formatBytes(memoryBytes)} available, ${swap}`,
      remedy: status === "ok" ? "" : `See who has it: ${onHost(host, largest)}`,
      measure: { value: availableBytes / memoryBytes, unit: "ratio" },
    }];
  },
};

/** Whether the host has stopped working to look for memory: swapping back and forth shows here. */
export const memoryPressure: HostCheck = {
  id: "memory-pressure",
  looksAt: "How long all work has waited for memory, as when a host swaps without end",
  threshold: "memoryPressure",

  evaluate({ host, facts: { kernel } }): Verdict[] {
    const stall = kernel?.memoryStall;
    if (stall === undefined) return [];
    const percent = stall * 100;
    const status = judge(percent, host.sweep.thresholds.memoryPressure);
    return [{
      subject: "",
      status,
      value: `${percent.toFixed(0)} % of the last minute spent waiting for memory`,
      remedy: status === "ok"
        ? ""
        : `Give it more memory, or see who has it: ${onHost(host, largest)}`,
      measure: { value: stall, unit: "ratio" },
    }];
  },
};

/** Whether processes were killed for lack of memory since the sweep before. */
export const memoryKills: HostCheck = {
  id: "memory-kills",
  looksAt: "Whether the kernel has killed processes for lack of memory since the sweep before",

  evaluate(view): Verdict[] {
    const since = sinceBefore(view);
    if (since === undefined) return [];
    const kills = since.counters.memoryKills;
    const measure = { value: kills, unit: "count" } as const;
    if (kills === 0) return [fine("", `no process in the last ${since.duration}`, measure)];
    const which = onHost(view.host, "journalctl", "-k", "-g", "Killed process", "-n", "5");
    return [{
      subject: "",
      status: "warning",
      value: `${counted(kills, "process", "processes")} killed for lack of memory in the last ` +
        since.duration,
      remedy: `See which: ${which}; give it more memory`,
      measure,
    }];
  },
};
