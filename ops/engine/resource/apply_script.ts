import { shellCommand, shellQuote } from "../connection/quote.ts";
import { applyFunctions, temporaryPrefix } from "./apply_functions.ts";
import type { Change } from "./change.ts";
import { maxFailureBytes } from "./limits.ts";
import { defaultPendingDirectory, pendingFile } from "./pending_handlers.ts";
import type { Plan } from "./plan.ts";

/** How a plan is applied; the same for the script and for what reads its output. */
export interface ApplyOptions {
  /** Marks our lines, and names temporary files: random, in hexadecimal, new for every run. */
  readonly nonce: string;
  /** Where due handlers are kept; for tests. */
  readonly pendingDirectory?: string;
}

/**
 * One POSIX shell script that makes a plan's changes in their order and then runs its handlers,
 * until one fails. It may follow other scripts or be followed by some, and ends with 0 when all is
 * done. It holds no contents of files: they are its standard input (`applyPayload`).
 *
 * Each change is all or nothing, and a handler is recorded as due before the first change that
 * needs it, so wherever this is cut off, the next run takes it from there.
 */
export function applyScript(plan: Plan, options: ApplyOptions): string {
  const { nonce, pendingDirectory = defaultPendingDirectory } = options;
  const pending = (handler: string): string => shellQuote(pendingFile(handler, pendingDirectory));
  const changes = plan.changes.map((change, index) =>
    `run change ${index} ${shellQuote(dueScript(change, pendingDirectory) + change.script)}\n`
  );
  const handlers = plan.handlers.map(({ id, script }, index) =>
    `run handler ${index} ${shellQuote(`ztna_command ${shellQuote(script)}\n`)} ${pending(id)}\n`
  );
  const obsolete = plan.obsolete === undefined || plan.obsolete.length === 0
    ? ""
    : `rm -f -- ${plan.obsolete.map(pending).join(" ")} && `;
  return `(
LC_ALL=C PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
nonce=${shellQuote(nonce)}
export LC_ALL PATH
functions=${shellQuote(applyFunctions(nonce))}
newline='
'
failed=
run() {
  [ -z "$failed" ] || return 0
  printf '%s %s %s begin\\n' "$nonce" "$1" "$2"
  # A shell of its own: a syntax error ends it alone, and set -e works wherever this stands.
  output=$({
    sh -e -c "$functions$3" 2>&1
    printf '\\n%s' "$?"
  } | tail -c ${maxFailureBytes})
  code=\${output##*"$newline"}
  if [ "$code" = 0 ]; then
    [ -z "\${4-}" ] || rm -f -- "$4"
    printf '%s %s %s done\\n' "$nonce" "$1" "$2"
    return 0
  fi
  failed=1
  printf '%s' "\${output%"$newline"*}" | base64 -w 200 | while read -r part; do
    printf '%s %s %s output %s\\n' "$nonce" "$1" "$2" "$part"
  done
  printf '%s %s %s failed %s\\n' "$nonce" "$1" "$2" "\${code:-1}"
}
for directory in ${plan.directories.map(shellQuote).join(" ")}; do
  for file in "$directory"/${temporaryPrefix}*; do
    if [ -e "$file" ] || [ -L "$file" ]; then rm -f -- "$file"; fi
  done
done
{
:
${changes.join("")}${syncScript(plan)}${handlers.join("")}} 3<&0 < /dev/null
[ -z "$failed" ] && ${obsolete}printf '%s end\\n' "$nonce"
)
`;
}

/**
 * Makes new names last, before a handler counts as run that was due because of them. A directory
 * may be missing in a part of a plan.
 */
function syncScript({ changes, directories }: Plan): string {
  if (changes.length === 0 || directories.length === 0) return "";
  return `[ -n "$failed" ] || sync -- ${shellCommand(directories)} 2> /dev/null\n`;
}

/** Kinds of changes that are made as a whole or not at all. */
const atomicKinds: readonly Change["kind"][] = ["file", "link", "absent"];

function dueScript({ kind, notify }: Change, directory: string): string {
  if (notify.length === 0) return "";
  const record = atomicKinds.includes(kind) ? "ztna_due_unless_it_fails" : "ztna_due";
  return `${record} ${shellCommand([directory, ...notify])}\n`;
}

/** What `applyScript` reads from its standard input: the files' contents, one after the other. */
export function applyPayload({ changes }: Plan): readonly Uint8Array[] {
  return changes.flatMap(({ payload }) => payload?.reveal() ?? []);
}
