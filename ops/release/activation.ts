import { shellQuote } from "../engine/connection/quote.ts";
import { defaultRoot, layoutVariables } from "./host_layout.ts";

/** A shell condition: whether a release is the current one. */
export function isCurrentScript(id: string, root: string = defaultRoot): string {
  return `[ "$(readlink ${shellQuote(`${root}/current`)})" = ${shellQuote(`releases/${id}`)} ]`;
}

/**
 * A script that makes a release the current one, in one step, and writes that down. It fails, and
 * changes nothing, when a file of the release or of its runtime is missing or damaged. To run it
 * again changes nothing.
 */
export function switchScript(id: string, root: string = defaultRoot): string {
  return `set -eu
${layoutVariables(root)}id=${shellQuote(id)}
intact() {
  (cd "$1" && sha256sum --status --strict -c SHA256SUMS) 2>/dev/null && return
  echo "Cannot switch to release $id as every file of $1 must be as its SHA256SUMS says: current" \\
    "value is missing or damaged; deploy the release again" >&2
  exit 1
}
intact "$releases/$id"
intact "$runtimes/$(cat "$releases/$id/runtime")"
if [ "$(readlink "$root/current" || :)" != "releases/$id" ]; then
  ln -sfn "releases/$id" "$root/.current"
  mv -fT "$root/.current" "$root/current"
  sync "$root"
fi
case $(tail -n 1 "$history" 2>/dev/null) in
  *" $id") ;;
  *) echo "$(date -u +%Y-%m-%dT%H:%M:%SZ) $id" >> "$history" ;;
esac
`;
}
