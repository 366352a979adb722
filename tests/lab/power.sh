#!/bin/sh
# Keeps one host powered: boots it, and boots it again when it has rebooted. Ends when the host is
# powered off or has died. When this shell is killed, the kernel ends the host with it.
#
# Usage: power.sh GROUP ROUTER_NAMESPACE PORT DIRECTORY IMAGE HOST_NAME
set -u
group=$1 router=$2 port=$3 directory=$4
namespace=$directory/host.netns
boot=${0%/*}/boot.sh

disconnect() {
  nsenter --net="$router" ip link del "$port"
  umount "$namespace"
} 2>/dev/null # what is not there needs no removing

while :; do
  disconnect
  # A network namespace for each boot: no firewall rule, setting or connection outlives it.
  : >"$namespace"
  unshare --net="$namespace" true &&
    nsenter --net="$router" ip -batch "$directory/cable.ip" &&
    nsenter --net="$namespace" ip -batch "$directory/eth0.ip" || exit
  # A time namespace: clocks that count from boot, and so OnBootSec= and uptime, begin at 0.
  read -r boottime _ </proc/uptime
  monotonic=$(sed -n 's/^now at \([0-9]*\)[0-9]\{9\} nsecs$/\1/p' /proc/timer_list)
  mkdir -p "$group"
  # What the last boot has left; its processes are gone.
  find "$group" -mindepth 1 -depth -type d -exec rmdir {} +
  setpriv --pdeathsig KILL nsenter --net="$namespace" unshare \
    --time --boottime "-${boottime%.*}" --monotonic "-${monotonic:-0}" \
    --mount --uts --ipc --pid --fork --kill-child sh "$boot" join "$group" "$directory" "$5" "$6"
  status=$?
  echo "$(date +%FT%T) the host has ended with status $status"
  # On reboot the kernel ends a PID namespace by SIGHUP (pid_namespaces(7)), on power-off by SIGINT.
  [ $status -eq 129 ] || break
done
disconnect
