import { shellCommand } from "../../engine/connection/quote.ts";
import { hostPaths } from "../../host_paths.ts";
import type { FactSource } from "./fact_source.ts";

/** A file system that matters to us. Texts come from the host: escape them. */
export interface FileSystemFacts {
  /** Where it is mounted. */
  readonly mountPoint: string;
  readonly type: string;
  readonly bytes: number;
  readonly usedBytes: number;
  /** What users other than root can still take: without blocks that are reserved. */
  readonly freeBytes: number;
  /** 0 where it makes them as it needs them. */
  readonly inodes: number;
  readonly usedInodes: number;
  /** Whether something that has to be written there can't be. */
  readonly isReadOnly: boolean;
}

/** The engine's own directory on a host: snapshots and pending handlers. */
const engineState = "/var/lib/ztna-fleet";

/** What of a host is written, by us or by its system. */
const written = [hostPaths.root, hostPaths.config, engineState, "/var/log", "/run"];

/** The paths whose file systems are looked at; those that are missing are left out. */
const looked = ["/", ...written];

/** Longest text of a host that is kept; its paths have at most this in practice. */
const maxTextLength = 200;

/** The file systems of the paths that we use, each once. */
export const fileSystems: FactSource<FileSystemFacts[]> = {
  // A name that is missing makes df complain, and tell of the others. What root can't write is on
  // a file system that nobody can; what others can't may be none of their business.
  script: () =>
    `unwritable=
for p in ${shellCommand(written)}; do
  [ ! -O /proc/1 ] || [ ! -e "$p" ] || [ -w "$p" ] || unwritable="$unwritable $p"
done
df -B1 --output=size,used,avail,itotal,iused,file,fstype,target \\
  ${shellCommand(looked)} 2> /dev/null
echo "unwritable$unwritable"
`,

  parse(output): FileSystemFacts[] | undefined {
    const lines = output.split("\n");
    const end = lines.findLast((line) => /^unwritable( |$)/.test(line));
    if (end === undefined) return undefined;
    const unwritable = new Set(end.split(" ").slice(1));
    const found = new Map<string, FileSystemFacts>();
    for (const line of lines) {
      const read = readLine(line);
      if (read === undefined || !looked.includes(read.path)) continue;
      const { path, fileSystem } = read;
      const isReadOnly = unwritable.has(path) ||
        found.get(fileSystem.mountPoint)?.isReadOnly === true;
      found.set(fileSystem.mountPoint, { ...fileSystem, isReadOnly });
    }
    return found.size === 0 ? undefined : [...found.values()];
  },
};

/** Reads a line of `df`; a number that it does not know is a dash. */
function readLine(
  line: string,
): { path: string; fileSystem: Omit<FileSystemFacts, "isReadOnly"> } | undefined {
  const [, numbers, path, type, mountPoint] =
    /^ *((?:(?:\d{1,19}|-) +){5})(\/\S*) +(\S+) +(\/.*)$/.exec(line) ?? [];
  if (numbers === undefined) return undefined;
  const [bytes, usedBytes, freeBytes, inodes, usedInodes] = numbers.trim().split(/ +/)
    .map((text) => text === "-" ? 0 : Number(text)) as [number, number, number, number, number];
  return {
    path: path!,
    fileSystem: {
      ...{ bytes, usedBytes, freeBytes, inodes, usedInodes },
      type: type!.slice(0, maxTextLength),
      mountPoint: mountPoint!.slice(0, maxTextLength),
    },
  };
}
