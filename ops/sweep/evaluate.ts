import { truncate } from "../../tunnel/printable.ts";
import type {
  CheckDeclaration,
  FleetCheck,
  FleetVerdict,
  FleetView,
  HostCheck,
  HostView,
} from "./check.ts";
import { answer, internal, reachable } from "./checks/answer_checks.ts";
import { hostChecks } from "./checks/host_checks.ts";
import { errorParts } from "./error_parts.ts";
import { type Finding, fine, type Verdict, worse } from "./finding.ts";
import { commandText } from "../terminal/command_lines.ts";
import { fleetChecks } from "./fleet_checks/fleet_checks.ts";

/** Findings of one check about one host that are told one by one; hosts may list a thousand. */
const maxVerdicts = 250;
/** Longest text of a finding, in UTF-16 units: hosts choose some of it. */
const maxTextLength = 400;

/** The findings of a host that has answered. */
export function evaluateHost(
  view: HostView,
  unreadable: readonly string[],
  checks: readonly HostCheck[] = hostChecks,
): Finding[] {
  const host = view.host.name;
  return [
    ...findingsOf(host, reachable, [
      fine("", `answered in ${view.receivedMs - view.askedMs} ms`),
    ]),
    ...findingsOf(host, answer, [answerVerdict(host, unreadable)]),
    ...checks.flatMap((check) =>
      guarded(host, check, () => findingsOf(host, check, check.evaluate(view)))
    ),
  ];
}

/** The findings for which all hosts have to be looked at together. */
export function evaluateFleet(
  view: FleetView,
  checks: readonly FleetCheck[] = fleetChecks,
): Finding[] {
  return checks.flatMap((check) =>
    guarded(null, check, () => {
      const byHost = Map.groupBy<string | null, FleetVerdict>(
        check.evaluate(view),
        ({ host }) => host,
      );
      return [...byHost].flatMap(([host, verdicts]) => findingsOf(host, check, verdicts));
    })
  );
}

/** The finding of a host that has not answered. */
export function unreachableFinding(host: string, error: string): Finding {
  const { value, remedy } = errorParts(error);
  return finding(host, reachable, {
    subject: "",
    status: "critical",
    value,
    remedy: remedy || `Try it by hand: deno task exec -i … ${host} -- true`,
  });
}

/** The findings of a host whose answer as a whole is not what was asked for. */
export function unreadableFindings(host: string, error: string): Finding[] {
  const { value } = errorParts(error);
  return [
    finding(host, reachable, fine("", "lets this machine in")),
    finding(host, answer, { ...answerVerdict(host, ["all"]), value }),
  ];
}

/** Names the inventory in the commands of a remedy, so that they can be copied. */
export function withInventory(finding: Finding, sources: readonly string[]): Finding {
  const { remedy } = finding;
  if (!remedy.includes(inventoryPlaceholder)) return finding;
  const words = sources.flatMap((source) => ["-i", source]);
  return { ...finding, remedy: remedy.replaceAll(inventoryPlaceholder, () => commandText(words)) };
}

/** How checks, which don't know the inventory's files, name it in commands. */
const inventoryPlaceholder = "-i …";

/** Puts findings in the order of hosts, those of the fleet last; a host's keep theirs. */
export function inHostOrder(findings: readonly Finding[], hosts: readonly string[]): Finding[] {
  const byHost = Map.groupBy(findings, ({ host }) => host);
  return [...hosts, null].flatMap((host) => byHost.get(host) ?? []);
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

function guarded(
  host: string | null,
  check: CheckDeclaration,
  evaluate: () => Finding[],
): Finding[] {
  try {
    return evaluate();
  } catch (error) {
    const reason = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
    return [finding(host, internal, {
      subject: check.id,
      status: "critical",
      value: `the check has failed: ${reason}`,
      remedy: `Report it with the output of: deno task sweep -i … ${
        host === null ? "" : `--limit ${host} `
      }-vv`,
    })];
  }
}

/** Each subject once, with the worst that was said of it, and not too many of them. */
function findingsOf(
  host: string | null,
  check: CheckDeclaration,
  verdicts: readonly Verdict[],
): Finding[] {
  const bySubject = new Map<string, Finding>();
  for (const verdict of verdicts) {
    const next = finding(host, check, verdict);
    const other = bySubject.get(next.subject);
    const isWorse = other === undefined ||
      other.status !== next.status && worse(other.status, next.status) === next.status;
    if (isWorse) bySubject.set(next.subject, next);
  }
  const all = [...bySubject.values()];
  if (all.length <= maxVerdicts) return all;
  // The good ones go first: nobody reads them one by one.
  const bad = all.filter(({ status }) => status !== "ok");
  const kept = new Set([...bad, ...all.filter(({ status }) => status === "ok")]
    .slice(0, maxVerdicts));
  const others = all.filter((each) => !kept.has(each));
  const status = others.map((each) => each.status).reduce(worse);
  return [
    ...all.filter((each) => kept.has(each)),
    {
      ...finding(host, check, fine("others", `${others.length} more like these`)),
      status,
      remedy: status === "ok" ? "" : others.find((each) => each.status === status)!.remedy,
    },
  ];
}

function finding(host: string | null, { id }: CheckDeclaration, verdict: Verdict): Finding {
  const { subject, status, value, remedy, measure } = verdict;
  return {
    host,
    check: id,
    subject: truncate(subject, maxTextLength),
    status,
    value: truncate(value, maxTextLength),
    remedy: truncate(remedy, maxTextLength),
    ...measure !== undefined && Number.isFinite(measure.value) && { measure },
  };
}
