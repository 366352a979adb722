import { shellQuote } from "../connection/quote.ts";
import { type ProgramQuestion, reachableAddress } from "./program_question.ts";

/** Most of the answer to `/readyz`, headers included, that is taken, in bytes. */
export const maxReadinessBytes = 4096;
/** Most of the answer to `/status`, headers included: relays keep theirs below 250 KB. */
export const maxStatusBytes = 300_000;
/** Longest time for one question, in seconds: a program that does not answer must not hold us. */
const questionTimeoutSeconds = 3;
/** An echo on the host itself takes well under a millisecond. */
const echoTimeoutSeconds = 1;
/** What the echo must send back. */
const echoPayload = "ztna-fleet health check";

/** What of a unit is asked. */
export const unitProperties: readonly string[] = [
  "LoadState",
  "ActiveState",
  "SubState",
  "Result",
  "ExecMainCode",
  "ExecMainStatus",
  "NRestarts",
  "MainPID",
  "Job",
  "InvocationID",
];

/**
 * Functions of a POSIX shell that look at programs. `bash` is needed for its sockets alone; no
 * question opens more than one, and none takes longer than its time limit.
 *
 * What hosts say goes back in base64, one record a line, so that nothing in it can be taken for a
 * record.
 */
export const shellFunctions = `
set +e +u +f
export LC_ALL=C
cr=$(printf '\\r')
nl='
'
# Hundredths of a second on a clock that nobody sets.
now() { read -r uptime _ < /proc/uptime && echo "\${uptime%.*}\${uptime#*.}"; }
# record NAME: standard input as a record.
record() { printf '%s ' "$1"; base64 -w 0; echo; }
# ask ADDRESS PORT PATH BYTES: the answer to one HTTP request, as it comes. (bash -p reads no files.)
ask() {
  timeout ${questionTimeoutSeconds} bash -p -c '
    exec 3<>"/dev/tcp/$1/$2" || exit
    printf "GET %s HTTP/1.0\\r\\n\\r\\n" "$3" >&3
    exec head -c "$4" <&3' ask "$@" 2> /dev/null
}
# echoes ADDRESS PORT: whether a datagram comes back.
echoes() {
  answer=$(timeout ${echoTimeoutSeconds} bash -p -c '
    exec 3<>"/dev/udp/$1/$2" || exit
    printf %s "$3" >&3
    exec head -c "\${#3}" <&3' echoes "$@" ${shellQuote(echoPayload)} 2> /dev/null)
  [ "$answer" = ${shellQuote(echoPayload)} ]
}
# show UNIT: what systemd says of a unit, one property a line.
show() {
  timeout ${questionTimeoutSeconds} systemctl show --property=${unitProperties.join(",")} -- "$1" \\
    2> /dev/null
}
# property NAME: of the unit that $shown is about.
property() { printf '%s\\n' "$shown" | sed -n "s/^$1=//p"; }
# line TEXT: its first 300 bytes as one line for people.
line() { printf %s "$1" | head -c 300 | tr '\\000-\\037\\177' ' '; }
`;

/**
 * Shell text that asks one question and prints its answers as records: `readyz` and `status`, or
 * `echo` with `yes` or `no`.
 */
export function questionText(question: ProgramQuestion): string {
  if (question.kind === "unit") return "";
  const where = `${shellQuote(reachableAddress(question.address))} ${question.port}`;
  if (question.kind === "echo") {
    return `if echoes ${where}; then echo yes; else echo no; fi | record echo\n`;
  }
  return `answer=$(ask ${where} /readyz ${maxReadinessBytes})
printf %s "$answer" | record readyz
[ -z "$answer" ] || ask ${where} /status ${maxStatusBytes} | record status
`;
}
