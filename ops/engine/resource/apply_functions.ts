/** Seconds that `apt-get` waits for others that use it: a fresh host updates itself for a while. */
const packageLockSeconds = 300;

/** Lines of a unit's journal that a failed start shows. */
const journalLines = 10;

/** How the names of temporary files and links begin: a later run removes what one has left. */
export const temporaryPrefix = ".ztna-new.";

/**
 * Shell functions that changes are made with. Descriptor 3 is the payload.
 *
 * Files and links get a temporary name beside their own that nobody can guess (the nonce), are
 * made without following anything, get owner and mode through the open descriptor, and are renamed
 * into place. Whoever may write in the directory can't make us write elsewhere. Contents are on the
 * disk before the new name is; the names follow when all changes are made (`apply_script.ts`).
 */
export function applyFunctions(nonce: string): string {
  return `ztna_say() { printf '%s\\n' "$*" >&2; }
# ztna_due DIRECTORY HANDLER...: records that handlers are due.
ztna_due() {
  due_directory=$1 due_now=
  shift
  (umask 077; mkdir -p -- "$due_directory")
  for handler do
    [ -e "$due_directory/$handler" ] && continue
    : > "$due_directory/$handler"
    sync -- "$due_directory/$handler" "$due_directory"
    due_now="$due_now $handler"
  done
}
# The change behind ztna_due is all or nothing: when it fails, they are not due after all.
ztna_due_unless_it_fails() {
  ztna_due "$@"
  trap '[ "$?" = 0 ] || for handler in $due_now; do rm -f -- "$due_directory/$handler"; done' EXIT
}
# ztna_write_file PATH BYTES SHA256 OWNER:GROUP MODE [CHECK]
ztna_write_file() (
  umask 077
  new=\${1%/*}/${temporaryPrefix}${nonce}
  trap 'rm -f -- "$new"' EXIT
  set -C
  exec 4> "$new"
  set +C
  dd iflag=fullblock,count_bytes count="$2" bs=64k conv=fsync status=none <&3 >&4
  sum=$(sha256sum < /proc/self/fd/4)
  if [ "\${sum%% *}" != "$3" ]; then
    ztna_say "Its contents were damaged on the way: nothing was changed. Run again"
    exit 1
  fi
  chown -- "$4" /proc/self/fd/4
  chmod -- "$5" /proc/self/fd/4
  if [ "$#" -ge 6 ]; then
    if sh -c "$6" sh "$new" 3<&- 4>&-; then :; else
      ztna_say "Its check refused the new contents with exit code $?: nothing was changed"
      exit 1
    fi
  fi
  mv -fT -- "$new" "$1"
  trap - EXIT
)
# ztna_directory PATH OWNER:GROUP MODE
ztna_directory() (
  umask 077
  [ -d "$1" ] || mkdir -- "$1"
  cd -- "$1"
  if [ -L "$1" ] || ! [ "$1" -ef . ]; then
    ztna_say "Something else took the place of the directory: nothing was changed. Run again"
    exit 1
  fi
  chown -- "$2" .
  chmod -- "$3" .
)
# ztna_link PATH TARGET
ztna_link() (
  new=\${1%/*}/${temporaryPrefix}${nonce}
  trap 'rm -f -- "$new"' EXIT
  ln -s -- "$2" "$new"
  mv -fT -- "$new" "$1"
  trap - EXIT
)
# ztna_remove PATH
ztna_remove() {
  if [ -d "$1" ] && [ ! -L "$1" ]; then rmdir -- "$1"; else rm -f -- "$1"; fi
}
ztna_apt() {
  DEBIAN_FRONTEND=noninteractive NEEDRESTART_MODE=l APT_LISTCHANGES_FRONTEND=none \\
    apt-get -q -y -o DPkg::Lock::Timeout=${packageLockSeconds} \\
    -o Dpkg::Options::=--force-confdef -o Dpkg::Options::=--force-confold "$@"
}
ztna_refresh_packages() {
  ztna_apt update || ztna_say "The package lists are not new: trying with those that are there"
}
# ztna_install_package NAME: a run that was cut off may have left packages half-way.
ztna_install_package() {
  ztna_apt install --no-install-recommends -- "$1" || {
    dpkg --configure -a --force-confdef --force-confold
    ztna_apt install --no-install-recommends -- "$1"
  }
}
# ztna_set_sysctl FILE VALUE: the kernel may round a value, and says no word.
ztna_set_sysctl() {
  printf '%s\\n' "$2" > "$1" || {
    ztna_say "The kernel refuses the value: $2"
    return 1
  }
  actual=$(cat -- "$1")
  if [ "$actual" != "$2" ]; then
    ztna_say "The kernel takes another value: $actual instead of $2"
    return 1
  fi
}
# ztna_start UNIT
ztna_start() {
  systemctl reset-failed -- "$1" 2> /dev/null || :
  systemctl start -- "$1" || {
    code=$?
    journalctl --sync || :
    journalctl --quiet --no-pager --output=cat --lines=${journalLines} --unit="$1" || :
    return "$code"
  }
}
# ztna_command SCRIPT [UNLESS]
ztna_command() {
  sh -e -c "$1" 3<&-
  [ "$#" -lt 2 ] || sh -c "$2" > /dev/null 2>&1 3<&- || {
    ztna_say "It has run, but its condition still does not hold: $2"
    return 1
  }
}
`;
}
