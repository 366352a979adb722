#!/bin/sh
echo '{"alone": {"x": 1}, "empty": [], "only_vars": {"vars": {"y": 2}}, "list": ["h1"], "_meta": {"hostvars": {}}}'
