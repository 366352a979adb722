import { formatBytes } from "../../terminal/quantities.ts";
import type { HostCheck } from "../check.ts";
import type { FileSystemFacts } from "../facts/file_systems.ts";
import type { Measure, Verdict } from "../finding.ts";
import { judge } from "../judge.ts";
import { onHost, shellWord } from "./host_commands.ts";

/** Images that are as large as what is in them: full from the start, and rightly so. */
const alwaysFull: ReadonlySet<string> = new Set(["squashfs", "erofs", "iso9660", "cramfs"]);

/** How full the file systems are, by `df`'s account: what is reserved for root is not free. */
export const diskSpace: HostCheck = {
  id: "disk-space",
  looksAt: "How much space is in use where programs, configuration, journal and state are",
  threshold: "diskSpace",

  evaluate({ host, facts }): Verdict[] {
    return filling(facts.fileSystems).flatMap((fileSystem): Verdict[] => {
      const { mountPoint, bytes, usedBytes, freeBytes } = fileSystem;
      const usable = usedBytes + freeBytes;
      if (usable === 0) return [];
      const percent = percentOf(usedBytes, usable);
      const status = judge(percent, host.sweep.thresholds.diskSpace);
      const isJournal = mountPoint === "/" || "/var/log/".startsWith(`${mountPoint}/`);
      const shorten = onHost(host, "journalctl", "--vacuum-size=200M");
      return [{
        subject: mountPoint,
        status,
        value: `${percent} % of ${formatBytes(bytes)} in use, ${formatBytes(freeBytes)} free`,
        remedy: status === "ok" ? "" : `Find what is large: ${largest(host, mountPoint)}` +
          (isJournal ? `; or shorten the journal: ${shorten}` : ""),
        measure: ratio(usedBytes, usable),
      }];
    });
  },
};

/** Whether file systems run out of files rather than space. */
export const inodes: HostCheck = {
  id: "inodes",
  looksAt:
    "How many inodes are in use there: each file takes one, and without one there is no file",
  threshold: "inodes",

  evaluate({ host, facts }): Verdict[] {
    return filling(facts.fileSystems).flatMap((fileSystem): Verdict[] => {
      const { mountPoint, inodes, usedInodes } = fileSystem;
      if (inodes === 0) return [];
      const percent = percentOf(usedInodes, inodes);
      const status = judge(percent, host.sweep.thresholds.inodes);
      const crowded = onHost(host, `du -x --inodes -d 3 ${shellWord(mountPoint)} | sort -n | tail`);
      return [{
        subject: mountPoint,
        status,
        value: `${percent} % of ${inodes} inodes in use`,
        remedy: status === "ok" ? "" : `Find where so many files are: ${crowded}`,
        measure: ratio(usedInodes, inodes),
      }];
    });
  },
};

/** Whether what has to be written can be: the kernel stops writing to a disk that fails. */
export const readOnlyDisk: HostCheck = {
  id: "read-only-disk",
  looksAt: "Whether the file systems of programs, configuration, journal and state can be written",

  evaluate({ host, facts }): Verdict[] {
    return (facts.fileSystems ?? []).filter(({ isReadOnly }) => isReadOnly).map((
      { mountPoint },
    ): Verdict => ({
      subject: mountPoint,
      status: "critical",
      value: "read-only",
      remedy: `See why, often a failing disk: ${onHost(host, "dmesg -l err,warn | tail -n 30")}; ` +
        `then check the file system, and mount it again: ` +
        onHost(host, "mount", "-o", "remount,rw", mountPoint),
    }));
  },
};

function filling(all: readonly FileSystemFacts[] = []): FileSystemFacts[] {
  return all.filter(({ type }) => !alwaysFull.has(type));
}

function largest(host: Parameters<typeof onHost>[0], mountPoint: string): string {
  return onHost(host, `du -xh -d 3 ${shellWord(mountPoint)} | sort -h | tail`);
}

/** As `df` has it, rounded up, so that what is said here is what one sees there. */
function percentOf(part: number, whole: number): number {
  return Math.ceil((part / whole) * 100);
}

function ratio(part: number, whole: number): Measure {
  return { value: part / whole, unit: "ratio" };
}
