import { parseSnapshot, snapshotFactsScript } from "../../fleet/snapshot.ts";
import { hostPaths } from "../../host_paths.ts";
import { namePattern } from "../../release/host_layout.ts";
import type { FactSource } from "./fact_source.ts";

/** Which release a host has, and how far it got there. */
export interface ReleaseFacts {
  /** What `current` points to; `null` for nothing of ours. */
  readonly current: string | null;
  /** When the current release was switched to, in ms since 1970 by the host's clock. */
  readonly switchedMs: number | null;
  /** The current release's runtime: `deno-2.9.6`. */
  readonly runtime: string | null;
  /** Whether an earlier run has changed something that was never found to be good. */
  readonly unconfirmed: boolean;
}

/** The current release. */
export const releases: FactSource<ReleaseFacts> = {
  script: () =>
    `current=${hostPaths.current} runtime= switched=
target=$(readlink "$current") && printf 'current %s\\n' "$target"
[ ! -f "$current/runtime" ] || IFS= read -r runtime < "$current/runtime"
printf 'runtime %.100s\\n' "$runtime"
[ ! -f ${hostPaths.releases}/.history ] || switched=$(tail -n 1 ${hostPaths.releases}/.history)
printf 'switched %.150s\\n' "$switched"
${snapshotFactsScript}echo end
`,

  parse(output): ReleaseFacts | undefined {
    const lines = output.slice(0, maxLength).split("\n");
    if (lines.at(-2) !== "end" || lines.at(-1) !== "") return undefined;
    const words = (name: string): string[] =>
      lines.find((line) => line.startsWith(`${name} `))?.split(" ").slice(1) ?? [];
    const named = (text: string | undefined): string | null =>
      text !== undefined && namePattern.test(text) ? text : null;
    const [target = ""] = words("current");
    const current = named(/^releases\/([^/]+)$/.exec(target)?.[1]);
    const [time = "", switchedTo] = words("switched");
    const switchedMs = Date.parse(time);
    const isKnown = current !== null && switchedTo === current && !Number.isNaN(switchedMs);
    const snapshotAt = lines.indexOf("snapshot");
    return {
      current,
      switchedMs: isKnown ? switchedMs : null,
      runtime: named(words("runtime")[0]),
      unconfirmed: snapshotAt >= 0 &&
        parseSnapshot(lines.slice(snapshotAt).join("\n")) !== undefined,
    };
  },
};

/** What is looked at of the output, in UTF-16 units. */
const maxLength = 4096;
