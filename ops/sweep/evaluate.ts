import type { CheckDeclaration, HostView } from "./check.ts";
import { hostChecks } from "./checks/host_checks.ts";
import { type Finding, fine, type Verdict } from "./finding.ts";

/** Whether a host can be asked at all; every host has exactly one such finding. */
export const reachable: CheckDeclaration = {
  id: "reachable",
  looksAt: "Whether the host lets this machine in, and answers in time",
};

/** Whether a host's answer can be read. */
export const answer: CheckDeclaration = {
  id: "answer",
  looksAt: "Whether every part of the host's answer is what was asked for",
};

/** The findings of a host that has answered. */
export function evaluateHost(
  view: HostView,
  unreadable: readonly string[],
): Finding[] {
  const host = view.host.name;
  const of = (check: CheckDeclaration, verdicts: readonly Verdict[]): Finding[] =>
    verdicts.map((verdict) => ({ host, check: check.id, ...verdict }));
  return [
    ...of(reachable, [fine("", `answered in ${view.receivedMs - view.askedMs} ms`)]),
    ...of(answer, [answerVerdict(host, unreadable)]),
    ...hostChecks.flatMap((check) => of(check, check.evaluate(view))),
  ];
}

function answerVerdict(host: string, unreadable: readonly string[]): Verdict {
  if (unreadable.length === 0) return fine("", "complete");
  return {
    subject: "",
    status: "critical",
    value: `cannot be read: ${unreadable.join(", ")}`,
    remedy: `See what the host prints: deno task sweep -i … --limit ${host} -vv`,
  };
}

/** The finding of a host that has not answered. */
export function unreachableFinding(host: string, error: string): Finding {
  const [value = "", ...advice] = error.split(/: (?=current)|[;\n]/);
  return {
    host,
    check: reachable.id,
    subject: "",
    status: "critical",
    value: value.trim(),
    remedy: advice.join("; ").trim() || `Try it by hand: deno task exec -i … --limit ${host} true`,
  };
}
