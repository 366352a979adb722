import type { Fault } from "../fault.ts";
import { shadow, showsInstead } from "./pretences.ts";

/** Bytes of a lab's disk that stay free: some percent of its 8 GiB. */
const littleSpace = 200_000_000;

/** What goes wrong with a machine as a whole, whatever it runs. */
export const machineFaults: readonly Fault[] = [
  {
    title: "a full disk",
    breaks: ({ fleet }) => fleet.host("relay1").fillDisk(littleSpace),
    mends: ({ fleet }) => fleet.host("relay1").freeDisk(),
    finding: {
      ...{ host: "relay1", check: "disk-space", subject: "/", status: "critical" },
      value: /^9\d % of 7\.\d GiB in use/,
      remedy: /deno task exec -i \S+ relay1 -- 'du -xh -d 3 \/ /,
    },
  },
  {
    title: "a file system without inodes",
    breaks: `set -- $(df --output=iused /run)
      mount -o remount,nr_inodes=$(($2 + 5)) /run`,
    mends: "mount -o remount,nr_inodes=1000000 /run",
    finding: {
      ...{ host: "connector1", check: "inodes", subject: "/run", status: "critical" },
      remedy: /du -x --inodes/,
    },
  },
  {
    title: "a file system that can only be read",
    breaks: "mount --bind /var/log /var/log && mount -o remount,bind,ro /var/log",
    mends: "umount /var/log",
    finding: {
      ...{ host: "relay1", check: "read-only-disk", subject: "/var/log", status: "critical" },
      remedy: /relay1 -- 'dmesg .* mount -o remount,rw \/var\/log/,
    },
  },
  {
    title: "a clock that goes wrong",
    ...shadow("connector1", "date", `exec /usr/bin/date -d '90 seconds ago' "$@"`),
    finding: {
      ...{ host: "connector1", check: "clock-skew", subject: "", status: "critical" },
      value: /^(?:89|90)\.\d s behind$/,
      remedy: /connector1 -- timedatectl set-ntp true/,
    },
  },
  {
    title: "a machine without memory",
    ...showsInstead(
      "relay1",
      "/proc/meminfo",
      "sed 's/^MemAvailable: .*/MemAvailable:     100000 kB/'",
    ),
    finding: {
      ...{ host: "relay1", check: "memory", subject: "", status: "critical" },
      value: /^0 % of /,
      remedy: /relay1 -- 'ps -eo rss/,
    },
  },
  {
    title: "a machine that only waits for memory",
    ...showsInstead(
      "relay1",
      "/proc/pressure/memory",
      "sed 's/^full .*/full avg10=70.00 avg60=60.00 avg300=0.00 total=1/'",
    ),
    sweep: { variables: { ztna_sweep_memory_pressure: undefined } },
    finding: {
      ...{ host: "relay1", check: "memory-pressure", subject: "", status: "critical" },
      value: /^60 % /,
      remedy: /Give it more memory/,
    },
  },
  {
    title: "processes that were killed for lack of memory",
    ...showsInstead(
      "connector1",
      "/proc/vmstat",
      `awk '$1 == "oom_kill" { $2 += 3 } { print }'`,
    ),
    finding: {
      ...{ host: "connector1", check: "memory-kills", subject: "", status: "warning" },
      value: /^3 processes killed/,
      remedy: /connector1 -- journalctl -k/,
    },
  },
  {
    title: "a machine with too much to do",
    ...showsInstead("relay1", "/proc/loadavg", "sed 's/.*/50.00 40.00 30.00 1\\/2 3/'"),
    sweep: { variables: { ztna_sweep_load: undefined } },
    finding: {
      ...{ host: "relay1", check: "load", subject: "", status: "critical" },
      remedy: /relay1 -- 'top -b/,
    },
    // The other hosts run on the same machine, whose load is their own, too.
    consequences: [{ host: "connector1", checks: ["load"], because: "it is the same machine" }],
  },
  {
    title: "a program without file descriptors",
    breaks: `pid=$(systemctl show -P MainPID ztna-application@a)
      prlimit --pid "$pid" --nofile=$(ls /proc/$pid/fd | wc -l):1024`,
    mends: "prlimit --pid $(systemctl show -P MainPID ztna-application@a) --nofile=1024:1024",
    finding: {
      ...{ host: "connector1", check: "file-descriptors", subject: "application" },
      status: "critical",
      remedy: /connector1 -- 'ls -l \/proc\/\d+\/fd .* raise LimitNOFILE=/,
    },
  },
  {
    title: "a kernel that gives sockets little room",
    ...showsInstead("relay1", "/proc/sys/net/core/rmem_max", "sed 's/.*/212992/'"),
    finding: {
      ...{ host: "relay1", check: "udp-buffers", subject: "net.core.rmem_max", status: "warning" },
      remedy: /deploy -i \S+ --limit relay1 --tags kernel/,
    },
  },
  {
    title: "datagrams that the kernel drops",
    breaks: `python3 -c '
from socket import *
full = socket(AF_INET, SOCK_DGRAM)
full.setsockopt(SOL_SOCKET, SO_RCVBUF, 2048)
full.bind(("127.0.0.1", 0))
sender = socket(AF_INET, SOCK_DGRAM)
for _ in range(2000): sender.sendto(b"0" * 1000, full.getsockname())'`,
    mends: "true",
    finding: {
      ...{ host: "connector1", check: "udp-errors", subject: "", status: "critical" },
      value: /no room in sockets' buffers$/,
      remedy: /connector1 -- '?ss -ulnpm'?; then raise/,
    },
  },
  {
    title: "an update that asks for a reboot",
    breaks: "touch /run/reboot-required; echo linux-base > /run/reboot-required.pkgs",
    mends: "rm /run/reboot-required /run/reboot-required.pkgs",
    finding: {
      ...{ host: "relay1", check: "pending-reboot", subject: "", status: "warning" },
      value: /^linux-base asks for a reboot$/,
      remedy: /Reboot it .* sweep -i \S+ --limit relay1/,
    },
  },
];
