import { shellQuote } from "../connection/quote.ts";
import { reachableAddress, type WatchedProgram } from "./program_question.ts";
import { parseStatusAnswer, type ProgramStatus } from "./program_status.ts";
import { lastValue, readRecords } from "./records.ts";
import { maxReadinessBytes, maxStatusBytes, shellFunctions } from "./shell_functions.ts";
import { describeUnit, parseUnitState, type UnitState } from "./unit_state.ts";

/** What is waited for. */
export interface ReadyWait {
  readonly program: WatchedProgram;
  /** The release that must run; any when not given. */
  readonly release?: string;
  /** How long, in whole seconds. */
  readonly deadlineSeconds: number;
}

/** What a wait has come to. Texts are the host's: escape them before printing. */
export type ReadyOutcome =
  | {
    readonly ready: true;
    readonly seconds: number;
    /** What it says of itself, if it can be asked. */
    readonly status: ProgramStatus | undefined;
  }
  | {
    readonly ready: false;
    readonly seconds: number;
    /** Why it was given up. */
    readonly reason: string;
    readonly state: UnitState;
    /** The last lines of the journal about this start, the oldest first. */
    readonly journal: readonly string[];
  };

/** Restarts by systemd after which a program is taken for broken, long before systemd does. */
const maxRestarts = 3;
/** Between two looks, in seconds. */
const pollSeconds = 0.25;
/** Lines of the journal, and their longest, that a failure brings along. */
const journalLines = 20;
const maxJournalLineBytes = 1000;
/** Longest reason that is kept, in characters. */
const maxReasonLength = 400;

/**
 * A shell script that waits until a program is ready, has failed, or time is up. While it waits it
 * prints a line to standard error whenever the reason changes; at the end, records to standard
 * output. Its exit code is 0 in each case.
 */
export function waitReadyScript({ program, release, deadlineSeconds }: ReadyWait): string {
  const unit = shellQuote(program.unit);
  return `${shellFunctions}
begin=$(now)
first='' told='' ended='' starts=''
finish() {
  printf %s "$(($(now) - begin))" | record centiseconds
  if [ "$1" != ready ]; then
    printf %s "$reason" | record reason
    # While systemd tries again, how the last try ended says more than that it tries.
    [ "$1" = restarting ] || ended=''
    printf %s "\${ended:-$shown}" | record show
    # The lines of the program, and those of systemd about it.
    timeout 5 journalctl --quiet --no-pager --output=cat --lines=${journalLines} \\
      -- $starts 2> /dev/null |
      cut -b 1-${maxJournalLineBytes} | record journal
  fi
  printf %s "$1" | record end
  exit 0
}
while :; do
  shown=$(show ${unit})
  active=$(property ActiveState)
  # Each start has an ID of its own, in hexadecimal.
  start=$(property InvocationID | tr -cd 0-9a-f)
  case $starts in
    *"=\${start:=none}"*) ;;
    *) starts="\${starts:+$starts + }_SYSTEMD_INVOCATION_ID=$start + INVOCATION_ID=$start" ;;
  esac
  case $(property Result) in success|'') ;; *) ended=$shown ;; esac
  restarts=$(property NRestarts)
  case $restarts in ''|*[!0-9]*) restarts=0 ;; esac
  [ -n "$first" ] || first=$restarts
  [ $((restarts - first)) -lt ${maxRestarts} ] || finish restarting
  reason="the unit is $active ($(property SubState))"
  case $active in
    active|reloading)
${readyText(program, release)}      ;;
    failed) finish failed ;;
    # Unless a job is about to start it.
    inactive) case $(property Job) in ''|0) finish failed ;; esac ;;
  esac
  if [ "$reason" != "$told" ]; then
    printf '%s\\n' "$(line "$reason")" >&2
    told=$reason
  fi
  [ $(($(now) - begin)) -lt ${Math.round(deadlineSeconds) * 100} ] || finish deadline
  sleep ${pollSeconds}
done
`;
}

/** Asks the program; ends the script when it is ready, else sets `reason`. */
function readyText({ question }: WatchedProgram, release: string | undefined): string {
  if (question.kind === "unit") return `      finish ready\n`;
  const address = shellQuote(reachableAddress(question.address));
  const at = shellQuote(`${question.address}, port ${question.port}`);
  if (question.kind === "echo") {
    return `      if echoes ${address} ${question.port}; then finish ready; fi
      reason="no echo from "${at}" (UDP)"
`;
  }
  const isWanted = release === undefined
    ? ":"
    : `case $status in *"$nl  \\"release\\": "${
      shellQuote(JSON.stringify(release))
    },*) : ;; *) false ;; esac`;
  return `      answer=$(ask ${address} ${question.port} /readyz ${maxReadinessBytes})
      case $answer in
        HTTP/1.?' 200 '*)
          status=$(ask ${address} ${question.port} /status ${maxStatusBytes})
          if ${isWanted}; then
            printf %s "$status" | record status
            finish ready
          fi
          reason=${shellQuote(`it is ready, but does not run release ${release}`)} ;;
        HTTP/*) reason="not ready: \${answer#*"$cr$nl$cr$nl"}" ;;
        *) reason="no answer from its admin endpoints ("${at}")" ;;
      esac
`;
}

/** Reads what {@linkcode waitReadyScript} has printed to standard output. */
export function parseReadyOutcome(output: string): ReadyOutcome {
  const records = readRecords(output);
  const centiseconds = lastValue(records, "centiseconds") ?? "";
  const seconds = /^\d{1,9}$/.test(centiseconds) ? Number(centiseconds) / 100 : 0;
  const end = lastValue(records, "end");
  if (end === "ready") {
    return { ready: true, seconds, status: parseStatusAnswer(lastValue(records, "status") ?? "") };
  }
  const state = parseUnitState(lastValue(records, "show") ?? "");
  const journal = (lastValue(records, "journal") ?? "").split("\n").filter((text) => text !== "");
  const last = (lastValue(records, "reason") ?? "").trim().slice(0, maxReasonLength);
  const reasons: Readonly<Record<string, string>> = {
    failed: `the unit is ${describeUnit(state)}`,
    restarting: `it keeps ending: the unit is ${describeUnit(state)}`,
    deadline: `not ready after ${Math.round(seconds)} s: ${last}`,
  };
  return {
    ready: false,
    seconds,
    reason: reasons[end ?? ""] ?? "the host's answer was cut off",
    state,
    journal: journal.slice(-journalLines),
  };
}
