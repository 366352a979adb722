#!/bin/sh
if [ "$1" = --list ]; then echo '{"web": {"hosts": ["h1", "h 2"]}, "db": {"hosts": ["h1"]}}'
elif [ "$1" = --host ]; then printf '{"asked_for": "%s", "arguments": %d}' "$2" $#
fi
