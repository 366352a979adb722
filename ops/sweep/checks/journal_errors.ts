import { escapeControls, truncate } from "../../../tunnel/printable.ts";
import { programsOf } from "../../fleet/fleet.ts";
import { counted, formatDuration } from "../../terminal/quantities.ts";
import type { HostCheck, HostView } from "../check.ts";
import { fine, type Verdict } from "../finding.ts";
import { judge } from "../judge.ts";
import { forHost, onHost } from "./host_commands.ts";

/** Longest part of an error that is shown, in characters: as much as a line of a table takes. */
const maxShownLength = 120;

/** Errors that programs have written, or systemd has about them, since the sweep before. */
export const journalErrors: HostCheck = {
  id: "journal-errors",
  looksAt: "Errors in the journal of each program since the sweep before, or in the last hour",
  threshold: "journalErrors",

  evaluate(view): Verdict[] {
    const { host, facts: { journal } } = view;
    if (journal === undefined) return [];
    if (journal.failure !== null) {
      return [{
        subject: "",
        status: "warning",
        value: `cannot be read: ${shown(journal.failure)}`,
        remedy: `Look at the journal itself: ${onHost(host, "journalctl", "--verify")}`,
      }];
    }
    return programsOf(host).map((program): Verdict => {
      const { count = 0, last = "" } = journal.errors[program] ?? {};
      const measure = { value: count, unit: "count" } as const;
      const status = judge(count, host.sweep.thresholds.journalErrors);
      const errors = `${counted(count, "error")}${count > 0 && journal.isCut ? " or more" : ""}`;
      const value = count === 0
        ? `no errors ${periodText(view)}`
        : `${errors} ${periodText(view)}, the last: ${shown(last)}`;
      if (status === "ok") return fine(program, value, measure);
      const remedy = `Read them: ${forHost(host, "logs")} --program ${program} -n 200`;
      return { subject: program, status, value, remedy, measure };
    });
  },
};

/** The time that the journal was asked for. */
function periodText({ facts, before }: HostView): string {
  if (facts.clock === undefined || before?.clock === undefined) return "in the last hour";
  const elapsedMs = facts.clock.nowMs - before.clock.nowMs;
  return `in the last ${formatDuration(Math.max(0, elapsedMs))}`;
}

function shown(text: string): string {
  return escapeControls(truncate(text.trim(), maxShownLength));
}
