# Completion of ztna-fleet's commands in fish: of "deno task COMMAND" in a checkout, and of "ztna
# COMMAND" everywhere. Written by "deno task completions fish".

# Prints the checkout that the working directory is in; fails in others.
function __ztna_root
    set -l directory $PWD
    while true
        if test -e "$directory/deno.json" -o -e "$directory/deno.jsonc"
            echo $directory
            test -e "$directory/ops/completions.ts"
            return
        end
        test -n "$directory"; or return
        set directory (string replace -r '/[^/]*$' '' -- $directory)
    end
end

# Prints the words in front of the cursor, from the task's name on; fails for other commands.
function __ztna_words
    set -l words (commandline -opc)
    set -e words[1]
    if test (commandline -opc)[1] != ztna
        test "$words[1]" = task; and __ztna_root >/dev/null; or return 1
        set -e words[1]
        while string match -q -- '-*' $words[1]
            set -e words[1]
        end
    end
    test (count $words) -eq 0; or printf '%s\n' $words
end

# Whether a task's name is wanted.
function __ztna_wants_task
    set -l words (__ztna_words); and test (count $words) -eq 0
end

# __ztna_at TASK: whether flags of the task are wanted.
function __ztna_at
    set -l words (__ztna_words)
    test "$words[1]" = $argv[1]; and not contains -- -- $words
end

# __ztna_place TASK NUMBER: whether the argument without a flag of that number is wanted.
function __ztna_place
    set -l words (__ztna_words)
    test "$words[1]" = $argv[1]; or return
    set -l place 1
    set -l is_value 0
    for word in $words[2..-1]
        if test $is_value = 1
            set is_value 0
        else if test $word = --
            return 1
        else if string match -q -- '-*' $word
            __ztna_takes_value $argv[1] $word; and set is_value 1
        else
            set place (math $place + 1)
        end
    end
    test $is_value = 0 -a $place = $argv[2]
end

# __ztna_rest TASK: whether the command behind -- is being written.
function __ztna_rest
    set -l words (__ztna_words)
    test "$words[1]" = $argv[1]; and contains -- -- $words
end

# Completes the command behind --.
function __ztna_rest_candidates
    set -l words (__ztna_words)
    set -l start (contains -i -- -- $words)
    set -l rest (string escape -- $words[(math $start + 1)..-1])
    complete -C (string join ' ' -- $rest (commandline -ct))
end

# Hosts and groups, at the end of a pattern; remembered a while.
function __ztna_hosts
    set -l words (__ztna_words)
    set -l sources
    for i in (seq 2 (count $words))
        if contains -- $words[$i] -i --inventory; and set -q words[(math $i + 1)]
            set -a sources $words[(math $i + 1)]
        else if string match -q -- '--inventory=*' $words[$i]
            set -a sources (string replace -- --inventory= '' $words[$i])
        end
    end
    set -l root $__ztna_checkout
    test (commandline -opc)[1] = ztna; or set root (__ztna_root)
    set -l key "$PWD $root $sources"
    set -l now (date +%s)
    if test "$key" != "$__ztna_names_key" -o "$now" -ge "$__ztna_names_until"
        set -g __ztna_name_list (deno run -A --quiet $root/ops/completion/names.ts -- $sources 2>/dev/null)
        set -g __ztna_names_key $key
        set -g __ztna_names_until (math $now + 20)
    end
    set -l before (string match -r -- '^.*[:,!&]' (commandline -ct | string replace -r -- '^--[a-z-]+=' ''))
    test (count $__ztna_name_list) -eq 0; or printf '%s\thost or group\n' "$before"$__ztna_name_list
end
