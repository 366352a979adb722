import { shellQuote } from "../engine/connection/quote.ts";
import { directoryWord, layoutVariables } from "./host_layout.ts";
import { type Archive, runtimeBinary, runtimeMember } from "./release.ts";

/** What the script's exit codes mean; any other is an unexpected failure. */
export const uploadExit = {
  done: 0,
  /** The disk is full. What was uploaded is gone. */
  full: 28,
  /** What came is not what was sent. It is gone. */
  corrupted: 65,
  /** The partial upload is not as long as it was. */
  changed: 75,
} as const;

/**
 * A script that takes the rest of an archive from its standard input, verifies the whole, unpacks
 * it beside its place, verifies that, and puts it there in one step. Interrupted at any time it
 * leaves at most a partial upload, which goes on later, and never a partial directory.
 *
 * @param start Bytes that are there already.
 */
export function uploadScript(archive: Archive, start: number, root: string): string {
  const { name, kind, sha256, checksums = "" } = archive;
  const members = kind === "runtime" ? `--strip-components=1 ${runtimeMember}` : "";
  // One file is flushed by itself; for hundreds it takes less time to flush the file system.
  const flush = kind === "runtime" ? `"$unpacked"/* "$unpacked"` : `-f "$unpacked"`;
  const finish = kind === "runtime"
    ? `chmod 755 "$unpacked/${runtimeBinary}" && printf %s ${
      shellQuote(checksums)
    } > "$unpacked/SHA256SUMS"`
    : ":";
  return `set -u
umask 022
LC_ALL=C
export LC_ALL
${layoutVariables(root)}target=${directoryWord(archive)}
partial=$uploads/${shellQuote(name)}
unpacked=$partial.unpacked
replaced=$partial.replaced
# fail CODE TEXT: ends with that code, or that of a full disk if the text tells of one.
fail() {
  code=$1
  case $2 in
    *'No space left'* | *'quota exceeded'*)
      code=${uploadExit.full}
      stat -f -c '%a %S' "$root"
      ;;
  esac
  rm -rf "$unpacked"
  case $code in ${uploadExit.full} | ${uploadExit.corrupted}) rm -f "$partial" ;; esac
  rmdir "$uploads" 2>/dev/null
  printf '%s\\n' "$2" >&2
  exit "$code"
}
# step WORD...: runs a command, and ends with what it says when it fails.
step() {
  said=$("$@" 2>&1 > /dev/null) || fail 1 "$said"
}
receive() {
  [ ${start} != 0 ] || true > "$partial" || return
  cat >> "$partial"
}
checked() {
  cd "$unpacked" && sha256sum --quiet --strict -c SHA256SUMS
}
finish() {
  ${finish}
}
step mkdir -p "$uploads" "$releases" "$runtimes"
[ ${start} = 0 ] || [ "$(stat -c %s "$partial" 2>/dev/null)" = ${start} ] || exit ${uploadExit.changed}
said=$(receive 2>&1) || fail 1 "$said"
[ "$(stat -c %s "$partial")" = ${archive.bytes} ] || fail 1 "not everything has come"
intact() {
  found=$(sha256sum < "$partial" | cut -c 1-64)
  [ "$found" = ${sha256} ]
}
intact || fail ${uploadExit.corrupted} "SHA-256 $found"
step rm -rf "$unpacked" "$replaced"
step mkdir "$unpacked"
# A disk or a memory that damages files may do so between the check and this.
said=$(tar -xzf "$partial" -C "$unpacked" --no-same-owner ${members} 2>&1) || {
  intact || fail ${uploadExit.corrupted} "SHA-256 $found"
  fail 1 "$said"
}
step finish
said=$(checked 2>&1) || fail ${uploadExit.corrupted} "$said"
step sync ${flush}
# Only what is damaged is replaced: an intact one would not have been uploaded.
[ ! -e "$target" ] || step mv -T "$target" "$replaced"
step mv -T "$unpacked" "$target"
step sync "\${target%/*}"
rm -rf "$partial" "$replaced"
rmdir "$uploads" 2>/dev/null || :
`;
}
