#!/bin/sh
echo '{"script": {"hosts": ["h5"]}, "_meta": {"hostvars": {"h5": {"s": 1}}}}'
