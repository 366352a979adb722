import { parseLockOwner } from "../../engine/connection/host_lock.ts";
import { hostPaths } from "../../host_paths.ts";
import type { FactSource } from "./fact_source.ts";

/** Who changes a host right now. */
export interface WorkFacts {
  /** For people: `alice@laptop (deploy)`; `null` when nobody does. */
  readonly worker: string | null;
}

/**
 * Who has the host's lock. It is looked for among the kernel's locks: to try to take it could keep
 * another from it.
 */
export const work: FactSource<WorkFacts> = {
  script: () =>
    `lock=${hostPaths.lock}
if inode=$(stat -c %i "$lock" 2> /dev/null); then
  while read -r line; do
    case $line in *FLOCK*":$inode 0 EOF")
      echo locked
      head -c ${maxOwnerBytes} "$lock" | tr '\\n' ' '
      echo
      break
    esac
  done < /proc/locks
fi
echo end
`,

  parse(output): WorkFacts | undefined {
    const lines = output.slice(0, maxOwnerBytes + 100).split("\n");
    if (lines.at(-2) !== "end" || lines.at(-1) !== "") return undefined;
    if (lines[0] !== "locked") return { worker: null };
    const owner = parseLockOwner(lines[1]?.trim() ?? "");
    if (owner === undefined) return { worker: "somebody" };
    return { worker: `${owner.owner} (${owner.command})`.slice(0, maxWorkerLength) };
  },
};

/** Most of the lock's file that is read, in bytes. */
const maxOwnerBytes = 2048;
/** Longest text on who works, in UTF-16 units. */
const maxWorkerLength = 100;
