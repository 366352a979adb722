import { parseLockOwner } from "../../engine/connection/host_lock.ts";
import { hostPaths } from "../../host_paths.ts";
import type { FactSource } from "./fact_source.ts";

/** Who changes a host right now. */
export interface WorkFacts {
  /** For people: `alice@laptop (deploy)`; `null` when nobody does. */
  readonly worker: string | null;
}

/**
 * Who has the host's lock: the session that the lock's file names, if it is still there and has the
 * file open. (To try to take the lock could keep another from it, and `/proc/locks` does not show
 * in containers what a program has taken for a session.)
 */
export const work: FactSource<WorkFacts> = {
  script: () =>
    `lock=${hostPaths.lock} owner=
[ ! -f "$lock" ] || IFS= read -r owner < "$lock"
pid=\${owner#*'"pid":'}
pid=\${pid%%[!0-9]*}
set +f
if [ -n "$pid" ] && [ "$pid" != "$owner" ]; then
  for file in /proc/"$pid"/fd/*; do
    if [ "$file" -ef "$lock" ]; then
      printf 'locked\\n%.${maxOwnerLength}s\\n' "$owner"
      break
    fi
  done
fi
echo end
`,

  parse(output): WorkFacts | undefined {
    const lines = output.slice(0, maxOwnerLength + 100).split("\n");
    if (lines.at(-2) !== "end" || lines.at(-1) !== "") return undefined;
    if (lines[0] !== "locked") return { worker: null };
    const owner = parseLockOwner(lines[1]?.trim() ?? "");
    if (owner === undefined) return { worker: "somebody" };
    return { worker: `${owner.owner} (${owner.command})`.slice(0, maxWorkerLength) };
  },
};

/** Most of the lock's file that is read, in bytes. */
const maxOwnerLength = 2048;
/** Longest text on who works, in UTF-16 units. */
const maxWorkerLength = 100;
