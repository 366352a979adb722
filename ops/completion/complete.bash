# Completion of ztna-fleet's commands in bash: of "deno task COMMAND" in a checkout, and of "ztna
# COMMAND" everywhere. Written by "deno task completions bash".

# REPLY: the checkout that the working directory is in; fails in others.
_ztna_root() {
  local directory=$PWD
  while :; do
    if [[ -e $directory/deno.json || -e $directory/deno.jsonc ]]; then
      REPLY=$directory
      [[ -e $directory/ops/completions.ts ]]
      return
    fi
    [[ -n $directory ]] || return 1
    directory=${directory%/*}
  done
}

# _ztna_offer WORD CANDIDATE...: offers those that begin with WORD.
_ztna_offer() {
  local word=$1 candidate kept='' breaks=''
  shift
  # Readline replaces only what stands behind the last of these.
  [[ $COMP_WORDBREAKS == *=* ]] && breaks+='='
  [[ $COMP_WORDBREAKS == *:* ]] && breaks+=':'
  [[ -n $breaks ]] && kept=${word%"${word##*[$breaks]}"}
  for candidate; do
    [[ $candidate == "$word"* ]] && COMPREPLY+=("${candidate#"$kept"}")
  done
}

# _ztna_names ROOT SOURCE...: fills _ztna_name_list with hosts and groups; remembers them a while.
_ztna_names() {
  local key="$PWD $*" name root=$1
  shift
  [[ $key == "$_ztna_names_key" && $SECONDS -lt $_ztna_names_until ]] && return
  _ztna_name_list=()
  while IFS= read -r name; do
    _ztna_name_list+=("$name")
  done < <(deno run -A --quiet "$root/ops/completion/names.ts" -- "$@" 2> /dev/null)
  _ztna_names_key=$key
  _ztna_names_until=$((SECONDS + 20))
}

# _ztna_offer_value KIND BEFORE VALUE: offers values; BEFORE is what stands in front in the word.
_ztna_offer_value() {
  local kind=$1 before=$2 value=$3 name
  compopt +o default 2> /dev/null
  case $kind in
    file | directory)
      compopt -o filenames 2> /dev/null
      while IFS= read -r name; do
        COMPREPLY+=("$name")
      done < <(compgen "-${kind:0:1}" -- "$value")
      ;;
    hosts)
      local part=${value##*[:,!&]}
      before+=${value%"$part"}
      _ztna_names "$root" ${sources[@]+"${sources[@]}"}
      _ztna_offer "$before$part" ${_ztna_name_list[@]+"${_ztna_name_list[@]/#/$before}"}
      ;;
    words\ *)
      local words
      read -ra words <<< "${kind#words }"
      _ztna_offer "$before$value" "${words[@]/#/$before}"
      ;;
  esac
}

# _ztna_arguments TASK WORD...: completes the last word behind a task.
_ztna_arguments() {
  local task=$1 word current=${!#} flag='' place=1 sources=()
  shift
  while (($# > 1)); do
    word=$1
    shift
    case $word in
      --)
        _ztna_has_rest "$task" || continue
        # The rest is a command of its own.
        if (($# == 1)); then
          while IFS= read -r word; do COMPREPLY+=("$word"); done < <(compgen -c -- "$current")
        fi
        return
        ;;
      --inventory=*) sources+=("${word#*=}") ;;
      -*=*) ;;
      -*)
        _ztna_value "$task" "$word"
        [[ -n $REPLY ]] || continue
        if (($# == 1)); then
          flag=$word
        else
          [[ $word == -i || $word == --inventory ]] && sources+=("$1")
          shift
        fi
        ;;
      *) place=$((place + 1)) ;;
    esac
  done
  if [[ -n $flag ]]; then
    _ztna_offer_value "$REPLY" '' "$current"
  elif [[ $current == --*=* ]]; then
    _ztna_value "$task" "${current%%=*}"
    [[ -n $REPLY ]] && _ztna_offer_value "$REPLY" "${current%%=*}=" "${current#*=}"
  elif [[ $current == -* ]]; then
    _ztna_flags "$task"
    read -ra words <<< "$REPLY"
    _ztna_offer "$current" ${words[@]+"${words[@]}"}
  else
    _ztna_place "$task" "$place"
    [[ -n $REPLY ]] && _ztna_offer_value "$REPLY" '' "$current"
  fi
}

_ztna_complete() {
  local line=${COMP_LINE:0:COMP_POINT} words root IFS=$' \t\n' REPLY
  COMPREPLY=()
  read -ra words <<< "$line"
  [[ $line == *[[:space:]] ]] && words+=('')
  while [[ ${words[0]} == [A-Za-z_]*=* ]]; do words=("${words[@]:1}"); done
  if [[ ${words[0]##*/} == deno ]]; then
    if [[ ${words[1]} != task || ${#words[@]} -lt 3 ]] || ! _ztna_root; then
      [[ -z $_ztna_deno_before ]] || "$_ztna_deno_before" "$@"
      return
    fi
    root=$REPLY
    words=("${words[@]:1}")
    while [[ ${words[1]} == -* && ${#words[@]} -gt 2 ]]; do words=("${words[@]:1}"); done
  else
    root=$_ztna_checkout
  fi
  if ((${#words[@]} == 2)); then
    compopt +o default 2> /dev/null
    _ztna_offer "${words[1]}" "${_ztna_tasks[@]}"
  elif _ztna_knows "${words[1]}"; then
    _ztna_arguments "${words[@]:1}"
  fi
}

# What completes the rest of deno.
if [[ $(complete -p deno 2> /dev/null) =~ -F\ ([^ ]+) && ${BASH_REMATCH[1]} != _ztna_complete ]]; then
  _ztna_deno_before=${BASH_REMATCH[1]}
fi
complete -o default -F _ztna_complete deno ztna
