# The shell's side of a session: what the laptop's texts can call. The shell reads them from its
# input as they are, one after the other; session_program.ts sends this file as the first, without
# comments and indentation, with ztna_nonce set in front: what marks this file's own words in the
# output of scripts.
#
# A script is run by a fork of this shell, which costs no more than that fork. The shell itself goes
# on reading, so that it sees when it is told to end a script, or when the laptop is gone. Whatever
# a script starts belongs to this session (in the kernel's sense), unless it leaves that with
# setsid, as daemons do; that is how everything that has to be ended is found.
#
# A shell may read ahead. So where bytes follow that are no text (a script's input), the laptop
# waits until it is told that they are expected.

export LC_ALL=C.UTF-8 PATH="$PATH:/usr/local/sbin:/usr/sbin:/sbin"
umask 022
cd /
exec 6>&1 7>&2
trap '' HUP INT TERM
trap ztna_end EXIT
ztna_ended=0
ztna_feeding=0
ztna_guard=
ztna_locked=
# Between two looks at whether the laptop is there, in seconds.
ztna_pause=5

# ztna_tell WORD...: says something on both streams, so that each has its beginning and its end.
ztna_tell() {
  printf '\036%s %s\n' "$ztna_nonce" "$*" >&6
  printf '\036%s %s\n' "$ztna_nonce" "$*" >&7
}

# ztna_run ID SCRIPT: starts a script without input.
ztna_run() {
  ztna_id=$1
  ztna_script=$2
  ( ztna_evaluate </dev/null ) 9>&- &
}

# ztna_run_fed ID SCRIPT LENGTH: starts a script whose input follows, and returns when it has come.
ztna_run_fed() {
  ztna_id=$1
  ztna_script=$2
  # What fits into a pipe can't block the feeder.
  [ "$3" -le 65536 ] || ztna_watch 720
  ztna_feed 9>&- | {
    exec 5<&0
    (
      ztna_evaluate <&5 5<&-
      # Takes what the script has left: the feeder has to get rid of it. As a process of its own,
      # which can be asked to end.
      ( trap - TERM; exec cat <&5 >/dev/null )
      exit
    ) 9>&- &
  }
  ztna_guard=
}

ztna_evaluate() {
  ztna_tell begin "$ztna_id"
  # Some shells report on what ends a command; the code says enough.
  exec 2>/dev/null
  (
    trap - HUP INT TERM
    exec 2>&7 6>&- 7>&-
    set --
    eval "$ztna_script"
  )
  ztna_tell end "$ztna_id" "$?"
}

# Says that it expects input, and copies that to its output: a line ":LENGTH" and so many bytes,
# again and again, until a line ".". Other lines are texts, as ever.
ztna_feed() {
  ztna_feeding=1
  ztna_tell feed "$ztna_id"
  while IFS= read -r ztna_line; do
    case $ztna_line in
      .)
        [ -z "$ztna_guard" ] || kill "$ztna_guard"
        return
        ;;
      :*) head -c "${ztna_line#:}" ;;
      *) eval "$ztna_line" ;;
    esac
  done
  # The input is incomplete. The script is ended before it can take this for the input's end.
  ztna_look self
  ztna_stop "$ztna_session"
}

# ztna_look PID: what the kernel knows of a process.
ztna_look() {
  { IFS= read -r ztna_line <"/proc/$1/stat"; } 2>/dev/null || return 1
  ztna_pid=${ztna_line%% *}
  set -- ${ztna_line##*) }
  ztna_parent=$2
  ztna_session=$4
  ztna_started=${20}
}

# ztna_find_others SESSION: sets ztna_others to what runs in it, without this shell and those that
# wait for it; fails when there is nothing.
ztna_find_others() {
  ztna_look self
  ztna_spared=" $ztna_pid "
  while [ "$ztna_parent" -gt 1 ] && ztna_look "$ztna_parent"; do
    ztna_spared="$ztna_spared$ztna_pid "
  done
  ztna_pattern="s/^\([0-9]*\) (.*) [^Z] [0-9]* [0-9]* $1 .*/\1/p"
  # The list of files is made before the processes that read them, which therefore are not in it.
  # sed would stop at a process that ends while it is being read; cat goes on.
  set -- /proc/[0-9]*/stat
  ztna_others=
  for ztna_pid in $(cat "$@" 2>/dev/null | sed -n "$ztna_pattern"); do
    case $ztna_spared in
      *" $ztna_pid "*) ;;
      *) ztna_others="$ztna_others $ztna_pid" ;;
    esac
  done
  [ -n "$ztna_others" ]
}

# ztna_stop SESSION: asks what runs in it to end, each once, and most of a second later makes it.
ztna_stop() {
  ztna_tries=0
  ztna_asked=" "
  while ztna_find_others "$1" && [ "$ztna_tries" -lt 20 ]; do
    for ztna_pid in $ztna_others; do
      if [ "$ztna_tries" -ge 6 ]; then
        kill -KILL "$ztna_pid"
        continue
      fi
      case $ztna_asked in
        *" $ztna_pid "*) ;;
        *) kill -TERM "$ztna_pid" ;;
      esac
      ztna_asked="$ztna_asked$ztna_pid "
    done 2>/dev/null
    sleep 0.1
    ztna_tries=$((ztna_tries + 1))
  done
}

# ztna_kill ID: ends a script, and whatever else was started.
ztna_kill() {
  ztna_look self
  ztna_stop "$ztna_session"
  # Only now: the end of what has come must not pass for the input's end.
  [ "$ztna_feeding" = 0 ] || exec >/dev/null
  ztna_guard=
  # In case that its own end could not be told.
  ztna_tell end "$1" 137
}

# ztna_watch ROUNDS: ends everything after so many pauses without a word from the laptop, or when
# nobody reads what we say any more.
ztna_watch() {
  [ -z "$ztna_guard" ] || kill "$ztna_guard"
  (
    trap - HUP INT TERM
    trap '' PIPE
    ztna_round=0
    while sleep "$ztna_pause" && [ "$ztna_round" -lt "$1" ] && printf '\036%s alive\n' "$ztna_nonce" >&6; do
      ztna_round=$((ztna_round + 1))
    done
    ztna_look self
    ztna_stop "$ztna_session"
    kill -KILL $$
  ) </dev/null >/dev/null 2>&1 9>&- &
  ztna_guard=$!
}

# The laptop's word that it is there; in the middle of an input it may have to wait longer.
ztna_alive() {
  if [ "$ztna_feeding" = 0 ]; then ztna_watch 12; else ztna_watch 720; fi
}

# ztna_lock ID PATH OWNER FORCE: takes a lock for as long as this session lives, on behalf of script
# ID, of which it tells the end if that is impossible. OWNER is JSON without its opening brace; with
# FORCE "force" the session that has the lock is ended.
ztna_lock() {
  [ -z "$ztna_locked" ] || return 0
  ztna_tell hold "$1"
  if ! command exec 9<>"$2"; then
    ztna_tell end "$1" unlockable
    return 1
  fi
  command -v flock >/dev/null || { ztna_tell end "$1" unlockable; return 1; }
  if ! flock -n 9 && ! { [ "$4" = force ] && ztna_evict "$2" && flock -w 2 9; }; then
    head -c 4096 "$2"
    exec 9>&-
    ztna_tell end "$1" locked
    return 1
  fi
  ztna_look self
  printf '{"pid":%s,"startedAt":"%s",%s\n' "$ztna_pid" "$ztna_started" "$3" >"$2"
  ztna_locked=1
}

# ztna_evict PATH: ends the session that holds a lock, if it is still the one that the file names.
ztna_evict() {
  set -- "$1" $(sed -n 's/^{"pid":\([0-9]*\),"startedAt":"\([0-9]*\)",.*/\1 \2/p' "$1")
  [ "$#" = 3 ] && ztna_look "$2" && [ "$ztna_started" = "$3" ] &&
    [ "/proc/$2/fd/9" -ef "$1" ] && ztna_stop "$ztna_session"
}

ztna_end() {
  # What scripts have left behind, unless it has left our process group on purpose.
  kill -TERM 0
  [ "$ztna_ended" = 0 ] || return
  ztna_look self
  ztna_stop "$ztna_session"
}

ztna_tell hello
