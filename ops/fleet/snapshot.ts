import { shellQuote } from "../engine/connection/quote.ts";
import { defaultPendingDirectory } from "../engine/resource/pending_handlers.ts";
import { hostPaths } from "../host_paths.ts";

/**
 * A script that keeps copies of `paths` (files and links; what is not there is noted as such) until
 * {@linkcode confirmScript} or {@linkcode restoreScript}. What an earlier, unconfirmed run has kept
 * stays: that is the state which was known to be good.
 */
export function snapshotScript(paths: readonly string[]): string {
  return `set -eu
umask 077
d=${hostPaths.snapshot}
mkdir -p "$d/files"
touch "$d/paths"
save() {
  ! grep -qxF -e "$1" "$d/paths" || return 0
  if [ -e "$1" ] || [ -L "$1" ]; then
    mkdir -p "$d/files\${1%/*}"
    cp -a "$1" "$d/files$1.new"
    mv -fT "$d/files$1.new" "$d/files$1"
  fi
  printf '%s\\n' "$1" >> "$d/paths"
}
${paths.map((path) => `save ${shellQuote(path)}\n`).join("")}sync -f "$d"
`;
}

/**
 * A script that puts back what {@linkcode snapshotScript} has kept, and restarts or stops `units`.
 * Every file is replaced in one step; running it again after a crash continues.
 *
 * @param units The host's units: those whose unit file was there before run again afterwards.
 */
export function restoreScript(units: readonly string[]): string {
  const template = (unit: string): string => `${hostPaths.units}/${unit.replace(/@[^.]*\./, "@.")}`;
  return `set -eu
d=${hostPaths.snapshot}
[ -e "$d/paths" ] || { echo "there is no snapshot" >&2; exit 3; }
had() { ! grep -qxF -e "$1" "$d/paths" || [ -e "$d/files$1" ] || [ -L "$d/files$1" ]; }
${
    units.map((unit) =>
      `had ${shellQuote(template(unit))} || systemctl disable --quiet --now ${shellQuote(unit)}\n`
    ).join("")
  }while IFS= read -r path; do
  if [ -e "$d/files$path" ] || [ -L "$d/files$path" ]; then
    cp -a "$d/files$path" "$path.ztna-restore"
    mv -fT "$path.ztna-restore" "$path"
  else
    rm -f "$path"
  fi
done < "$d/paths"
systemctl daemon-reload
rm -rf ${defaultPendingDirectory}
${
    units.map((unit) =>
      `[ ! -e ${shellQuote(template(unit))} ] || { systemctl reset-failed --quiet ${
        shellQuote(unit)
      } || :; systemctl restart ${shellQuote(unit)}; }\n`
    ).join("")
  }rm -rf "$d"
`;
}

/** A script that calls what was changed good: there is nothing to put back any more. */
export const confirmScript = `rm -rf ${hostPaths.snapshot}`;

/** What {@linkcode restoreScript} would put back. */
export interface Snapshot {
  /**
   * The release that runs then; `null` for none, and `undefined` for the one that runs now, as the
   * change that waits to be confirmed was none of the release.
   */
  readonly release: string | null | undefined;
}

/** A script that prints whether a change waits to be confirmed, for {@linkcode parseSnapshot}. */
export const snapshotFactsScript = `d=${hostPaths.snapshot}
current=${hostPaths.current}
if [ -s "$d/paths" ]; then
  echo snapshot
  ! grep -qxF -e "$current" "$d/paths" || echo "release $(readlink "$d/files$current")"
fi
`;

/** Reads what {@linkcode snapshotFactsScript} printed; `undefined` when there is no snapshot. */
export function parseSnapshot(output: string): Snapshot | undefined {
  const [first, second] = output.split("\n");
  if (first !== "snapshot") return undefined;
  if (!second?.startsWith("release ")) return { release: undefined };
  return { release: /^release releases\/(\S{1,100})$/.exec(second)?.[1] ?? null };
}
