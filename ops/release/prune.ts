import { defaultRoot, layoutVariables } from "./host_layout.ts";

/** The current release and the one before it always stay. */
const leastKept = 2;
/** Lines of the list of activations that are kept. */
const keptActivations = 200;

/**
 * A script that removes releases that nobody is going to need: all but the current one, the one
 * before it, those that a process runs from, and so many that were switched to last; then runtimes
 * that no release needs any more, and what uploads have left behind. For after a switch, with the
 * host's lock held. It prints {@linkcode parsePruned}'s lines.
 *
 * @param keep Releases that stay, the current one included: a whole number, `keep_releases`.
 */
export function pruneScript(keep: number, root: string = defaultRoot): string {
  // Gone at once, and by a name that the next run clears, too. A full disk has no room for more.
  const remove = `  rm -rf "$uploads"
  mv -T "$1" "$uploads"
  rm -rf "$uploads"
  echo "removed \${1##*/}"`;
  return `${eachStaleScript(keep, root, remove)}rm -rf "$uploads"
if [ -f "$history" ] && [ "$(wc -l < "$history")" -gt ${2 * keptActivations} ]; then
  tail -n ${keptActivations} "$history" > "$history.new"
  mv -f "$history.new" "$history"
fi
`;
}

/**
 * A script that ends with 0 when {@linkcode pruneScript} would remove something, and with another
 * code when not. It changes nothing.
 */
export function hasStaleReleasesScript(keep: number, root: string = defaultRoot): string {
  return `(
${layoutVariables(root)}[ ! -d "$uploads" ] || exit 0
[ -n "$(
${eachStaleScript(keep, root, '  echo "$1"')})" ]
)`;
}

/**
 * Calls a shell function for each directory that nobody is going to need.
 *
 * @param remove The function's body; `$1` is the directory.
 */
function eachStaleScript(keep: number, root: string, remove: string): string {
  const kept = Math.max(leastKept, Math.trunc(keep));
  return `set -eu
${layoutVariables(root)}[ -d "$releases" ] || exit 0
cd "$releases"
current=$(readlink "$root/current" || :)
current=\${current##*/}
# All releases: the current one, those that ran before it, the last one first, and the others.
candidates=$(
  echo "$current"
  [ ! -f "$history" ] || tac "$history" | sed 's/^[^ ]* //' | sed -n "/^$current\\$/,\\$p"
  ls -1t
)
# The command line of each process that runs from a release has its path.
used=$(
  cat /proc/[0-9]*/cmdline 2>/dev/null | tr '\\0' '\\n' | grep -aF "$releases/" |
    while IFS= read -r word; do
      word=\${word#*"$releases/"}
      echo "\${word%%/*}"
    done
) || :
remove() {
${remove}
}
seen=' '
kept=0
needed=' '
set -f
for id in $candidates; do
  case $seen in *" $id "*) continue ;; esac
  case $id in [!0-9A-Za-z]* | *[!0-9A-Za-z.+-]*) continue ;; esac
  seen="$seen$id "
  [ -f "$id/SHA256SUMS" ] || continue
  if [ "$kept" -lt ${kept} ]; then
    kept=$((kept + 1))
  elif ! printf '%s\\n' "$used" | grep -qxF "$id"; then
    remove "$releases/$id"
    continue
  fi
  needed="$needed$(cat "$id/runtime") "
done
set +f
for directory in "$runtimes"/*; do
  case $needed in *" \${directory##*/} "*) continue ;; esac
  [ ! -d "$directory" ] || remove "$directory"
done
`;
}

/** Names of the releases and runtimes that {@linkcode pruneScript} says it has removed. */
export function parsePruned(output: string): string[] {
  return [...output.matchAll(/^removed ([0-9A-Za-z.+-]{1,100})$/gm)].map(([, name]) => name!);
}
