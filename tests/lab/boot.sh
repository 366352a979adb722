#!/bin/sh
# PID 1 of a host, from the first moment until it becomes systemd: makes the host's root file system
# in the host's own mount namespace, so that nothing is ever mounted on the machine, and moves there.
#
# Usage: boot.sh join|boot GROUP DIRECTORY IMAGE HOST_NAME
set -eu
stage=$1 group=$2 disk=$3/disk.img root=$3/root image=$4 host=$5

if [ "$stage" = join ]; then
  echo 0 >"$group/cgroup.procs"
  shift
  # A cgroup namespace begins at the group that its maker is in, hence the second stage.
  exec unshare --cgroup sh "$0" boot "$@"
fi

# The disk goes under the root that is made of it, and vanishes from sight there.
# On an error it stops writing, which is how a power cut is made (power.ts).
mount -n -t ext4 -o loop,noatime,errors=remount-ro "$disk" "$root"
mount -t overlay -o "lowerdir=$image,upperdir=$root/upper,workdir=$root/work" overlay "$root"
cd "$root"

# /proc: a host's own network settings can be written, what the machine shares can't.
mount -t proc -o nosuid,nodev,noexec proc proc
mount --bind proc/sys proc/sys
mount --bind proc/sys/net proc/sys/net
mount -o remount,bind,ro proc/sys
if [ -e proc/sysrq-trigger ]; then
  mount --bind proc/sysrq-trigger proc/sysrq-trigger
  mount -o remount,bind,ro proc/sysrq-trigger
fi

# A read-only /sys, which tells systemd to leave devices alone.
mount -t sysfs -o nosuid,nodev,noexec sysfs sys
mount -o remount,bind,ro,nosuid,nodev,noexec sys
mount -t cgroup2 -o nosuid,nodev,noexec cgroup2 sys/fs/cgroup

mount -t tmpfs -o nosuid,mode=755,size=4m tmpfs dev
mkdir dev/pts dev/shm dev/mqueue dev/net
for device in null zero full random urandom tty net/tun; do
  : >"dev/$device"
  mount --bind "/dev/$device" "dev/$device"
done
mount -t devpts -o newinstance,ptmxmode=0666,mode=620,gid=5 devpts dev/pts
ln -s pts/ptmx dev/ptmx
ln -s /proc/self/fd dev/fd
ln -s fd/0 dev/stdin
ln -s fd/1 dev/stdout
ln -s fd/2 dev/stderr
mount -t tmpfs -o nosuid,nodev,size=64m tmpfs dev/shm
mount -t tmpfs -o nosuid,nodev,mode=755,size=256m tmpfs run

# Each boot has its own ID, by which the journal and deploy tools tell boots apart.
mkdir run/lab
cat proc/sys/kernel/random/uuid >run/lab/boot_id
mount --bind run/lab/boot_id proc/sys/kernel/random/boot_id
# The kernel has one value for all of the machine and lets only the machine change it. A host gets a
# copy that it may write, so that tools which set it work; it has no effect.
for setting in rmem_default rmem_max wmem_default wmem_max; do
  [ -e "proc/sys/net/core/$setting" ] || continue
  cat "proc/sys/net/core/$setting" >"run/lab/$setting"
  mount --bind "run/lab/$setting" "proc/sys/net/core/$setting"
done

hostname "$host"
mkdir -p .machine
pivot_root . .machine
umount -l .machine
rmdir .machine
# As on a booted machine; in a container systemd leaves it to whoever made that. Credentials want it.
mount --make-rshared /

# "container" has systemd skip hardware, clock and consoles (systemd's container interface). The
# capabilities that are taken away would reach the machine through the kernel that all share.
exec env -i container=lab TERM=linux \
  PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin \
  setpriv --bounding-set=-sys_time,-sys_module,-sys_rawio,-mknod,-syslog,-wake_alarm,-block_suspend,-mac_admin,-mac_override \
  /lib/systemd/systemd
