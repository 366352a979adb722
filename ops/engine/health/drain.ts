import { shellQuote } from "../connection/quote.ts";
import { reachableAddress } from "./program_question.ts";
import { type DrainHealth, parseStatusAnswer } from "./program_status.ts";
import { lastValue, readRecords } from "./records.ts";
import { maxStatusBytes, shellFunctions } from "./shell_functions.ts";

/** Which program is to drain. */
export interface DrainRequest {
  readonly unit: string;
  /** Its admin endpoints. */
  readonly address: string;
  readonly port: number;
  /** How long its peers have, in whole seconds. */
  readonly deadlineSeconds: number;
  /**
   * Waits for connectors, too. By default not: they stay until they are told to go, and carry
   * nothing once all others have left.
   */
  readonly waitForConnectors?: boolean;
  /** Agents of our own, for watching, that stay: they are neither waited for nor counted. */
  readonly watchers?: number;
}

/**
 * How a drain has ended: `empty`, all peers have left; `connectors_only`, all but connectors have;
 * `deadline`, some have not; `ended`, the
 * program has ended meanwhile; `not_running`, there was none, or none that answers; `unsupported`,
 * it is too old to drain; `unknown`, the host's answer was cut off.
 */
export const drainEnds = [
  "empty",
  "connectors_only",
  "deadline",
  "ended",
  "not_running",
  "unsupported",
  "unknown",
] as const;

/** What a drain has come to. */
export interface DrainOutcome {
  readonly end: typeof drainEnds[number];
  /** How long it took. */
  readonly drainSeconds: number;
  /** Peers when it began, also when that was before this script; 0 when nothing is known. */
  readonly peersAtStart: number;
  /** Peers that are still there, by the program's last account. */
  readonly peersLeft: number;
  /** That account; `null` when there was none. */
  readonly account: DrainHealth | null;
}

/** Between two looks, in seconds. */
const pollSeconds = 0.25;

/**
 * A shell script that tells a program to drain and waits until it has no peers left. It prints a
 * line to standard error whenever the number of peers changes, and records to standard output at
 * its end. Running it again, also after it was interrupted, goes on.
 *
 * A program that does not say how far it is gets no signal: SIGUSR2 would end it.
 */
export function drainScript(request: DrainRequest): string {
  const { unit, address, port, deadlineSeconds } = request;
  const { waitForConnectors = false, watchers = 0 } = request;
  const where = `${shellQuote(reachableAddress(address))} ${port}`;
  const connectorsMayStay = `    # A client in both roles counts as both.
    [ "$agents-$connections" != "${watchers}-$((connectors + ${watchers}))" ] || finish connectors_only
`;
  return `${shellFunctions}
begin=$(now)
told='' status=''
finish() {
  printf %s "$(($(now) - begin))" | record centiseconds
  printf %s "$status" | record status
  printf %s "$1" | record end
  exit 0
}
# Reads the program's own account. /status is indented by two spaces a level, and no name or value
# in it can begin a line.
account() {
  answer=$(ask ${where} /status ${maxStatusBytes})
  case $answer in HTTP/1.?' 200 '*) ;; *) return 1 ;; esac
  status=$answer
  drain=$(printf '%s\\n' "$status" | sed -n '/^  "drain": {/,/^  }/p')
  member() { printf '%s\\n' "$drain" | sed -n 's/^    "'"$1"'": \\([0-9a-z]\\{1,9\\}\\),*$/\\1/p'; }
  draining=$(member draining) connections=$(member connections)
  agents=$(member agents) connectors=$(member connectors)
  # Numbers, or it is no account.
  case $draining-$connections-$agents-$connectors in
    true-*[!0-9-]*|true--*|true-*--*|true-*-) return 1 ;;
  esac
}
account || finish not_running
case $draining in
  false) systemctl kill --signal=SIGUSR2 -- ${shellQuote(unit)} >&2 || finish not_running ;;
  true) ;;
  *) finish unsupported ;;
esac
while :; do
  account || finish ended
  if [ "$draining" = true ]; then
    left="$connections peers left ($agents agents, $connectors connectors)"
    if [ "$left" != "$told" ]; then
      printf '%s\\n' "$left" >&2
      told=$left
    fi
    [ "$connections" -gt ${watchers} ] || finish empty
${waitForConnectors ? "" : connectorsMayStay}  fi
  [ $(($(now) - begin)) -lt ${Math.round(deadlineSeconds) * 100} ] || finish deadline
  sleep ${pollSeconds}
done
`;
}

/**
 * Reads what {@linkcode drainScript} has printed to standard output.
 *
 * @param watchers As in the request.
 */
export function parseDrainOutcome(output: string, watchers = 0): DrainOutcome {
  const records = readRecords(output);
  const said = lastValue(records, "end");
  const centiseconds = lastValue(records, "centiseconds") ?? "";
  const account = parseStatusAnswer(lastValue(records, "status") ?? "")?.drain ?? null;
  return {
    end: drainEnds.find((end) => end === said) ?? "unknown",
    drainSeconds: /^\d{1,9}$/.test(centiseconds) ? Number(centiseconds) / 100 : 0,
    peersAtStart: Math.max(0, (account?.connectionsAtStart ?? 0) - watchers),
    peersLeft: Math.max(0, (account?.connections ?? 0) - watchers),
    account,
  };
}
