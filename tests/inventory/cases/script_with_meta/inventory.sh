#!/bin/sh
[ "$1" = --list ] || exit 1
cat <<'JSON'
{
  "_meta": {"hostvars": {"h1": {"x": 1, "text": "é"}, "stranger": {"x": 2}}},
  "web": {"hosts": ["h1", "h2"], "vars": {"port": 80}, "children": ["nested", "unknown"]},
  "nested": {"hosts": ["h3:22"]},
  "db": ["h1", "h4"],
  "all": {"vars": {"from_all": [1, {"a": null}]}}
}
JSON
