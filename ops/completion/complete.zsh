# Completion of ztna-fleet's commands in zsh: of "deno task COMMAND" in a checkout, and of "ztna
# COMMAND" everywhere. Written by "deno task completions zsh"; to be sourced behind compinit.

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

# Hosts and groups, at the end of a pattern; remembered a while.
_ztna_hosts() {
  local -a sources expl
  local key
  integer at
  for ((at = 2; at < CURRENT; at++)); do
    case $words[at] in
      -i | --inventory) sources+=("${(Q)words[at + 1]}") ;;
      --inventory=*) sources+=("${(Q)words[at]#*=}") ;;
    esac
  done
  key="$PWD $_ztna_current_root $sources"
  if [[ $key != $_ztna_names_key || $SECONDS -ge $_ztna_names_until ]]; then
    typeset -ga _ztna_name_list
    local program=$_ztna_current_root/ops/completion/names.ts
    _ztna_name_list=("${(@f)$(deno run -A --quiet $program -- $sources 2> /dev/null)}")
    typeset -g _ztna_names_key=$key
    typeset -gi _ztna_names_until=$((SECONDS + 20))
  fi
  compset -P '*[:,]'
  # With "!" in front, a class would mean all others.
  compset -P '[&!]'
  _wanted hosts expl 'host or group' compadd -a _ztna_name_list
}

# The rest is a command of its own.
_ztna_rest() {
  if ((CURRENT == 1)); then _command_names -e; else _normal; fi
}

# words: the name of what is started, the task, its arguments.
_ztna_words() {
  typeset -g _ztna_current_root=$1
  if ((CURRENT == 2)); then
    _describe -t tasks task _ztna_tasks
    return
  fi
  shift words
  ((CURRENT--))
  if (($+functions[_ztna_task_$words[1]])); then _ztna_task_$words[1]; else _default; fi
}

_ztna_ztna() {
  _ztna_words $_ztna_checkout
}

_ztna_deno() {
  local REPLY
  if [[ $words[2] != task ]] || ((CURRENT < 3)) || ! _ztna_root; then
    ${_ztna_deno_before:-_default}
    return
  fi
  shift words
  ((CURRENT--))
  while [[ $words[2] == -* ]] && ((CURRENT > 2)); do
    shift words
    ((CURRENT--))
  done
  _ztna_words $REPLY
}

if (($+functions[compdef])); then
  # What completes the rest of deno.
  [[ ${_comps[deno]-} == (|_ztna_deno) ]] || typeset -g _ztna_deno_before=${_comps[deno]}
  compdef _ztna_deno deno
  compdef _ztna_ztna ztna
else
  print -u2 'ztna: completions need zsh'\''s: run "autoload -Uz compinit && compinit" first'
fi
