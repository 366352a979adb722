import { hostPaths } from "../host_paths.ts";
import { shellQuote } from "../engine/connection/quote.ts";

/** What a host is, and how much room it has. Texts come from the host: quote them. */
export interface PlatformFacts {
  /** `uname -s`: "Linux". */
  readonly system: string;
  /** `uname -m`: "x86_64". */
  readonly machine: string;
  /** `undefined` when the C library is another one. */
  readonly glibc: { readonly major: number; readonly minor: number } | undefined;
  /** `ID` and `VERSION_ID` of `/etc/os-release`: "debian" and "12". */
  readonly distribution: string | undefined;
  readonly distributionVersion: string | undefined;
  /** `undefined` when systemd does not run there. */
  readonly systemdVersion: number | undefined;
  /** Free on the file system that releases are on, for root. */
  readonly freeBytes: number;
  readonly freeInodes: number;
}

/**
 * A script that prints {@linkcode PlatformFacts} for {@linkcode parsePlatformFacts}. It needs a
 * POSIX shell only: where `getconf` or systemd is missing, so is their line.
 *
 * @param root Where releases are going to be; it need not exist yet.
 */
export function platformFactsScript(root: string = hostPaths.root): string {
  return `echo "system $(uname -s)"
echo "machine $(uname -m)"
glibc=$(getconf GNU_LIBC_VERSION 2>/dev/null) && echo "libc $glibc"
if [ -r /etc/os-release ]; then
  ( . /etc/os-release; printf 'distribution %s\\nversion %s\\n' "\${ID-}" "\${VERSION_ID-}" )
fi
[ ! -d /run/systemd/system ] || echo "systemd $(systemctl --version | head -n 1)"
at=${shellQuote(root)}
while [ ! -d "$at" ]; do at=$(dirname "$at"); done
stat -f -c 'blocks %f %S
inodes %c %d' "$at"
`;
}

/** Longest text of a host that is kept. */
const maxTextLength = 100;

/**
 * Reads what {@linkcode platformFactsScript} has printed. Lines that it does not print are passed
 * over.
 *
 * @returns `undefined` when something that every host has is missing.
 */
export function parsePlatformFacts(output: string): PlatformFacts | undefined {
  const found = new Map<string, string>();
  for (const line of output.split("\n")) {
    const [, key, value] = /^([a-z]+) (.*)$/.exec(line) ?? [];
    if (key !== undefined && !found.has(key)) found.set(key, value!.slice(0, maxTextLength));
  }
  const text = (key: string): string | undefined => found.get(key) || undefined;
  const system = text("system");
  const machine = text("machine");
  const blocks = pair(found.get("blocks"));
  const inodes = pair(found.get("inodes"));
  if (system === undefined || machine === undefined) return undefined;
  if (blocks === undefined || inodes === undefined) return undefined;
  const [, major, minor] = /^glibc (\d{1,4})\.(\d{1,4})/.exec(found.get("libc") ?? "") ?? [];
  const [, systemd] = /^systemd (\d{1,5})/.exec(found.get("systemd") ?? "") ?? [];
  const [totalInodes, freeInodes] = inodes;
  return {
    system,
    machine,
    glibc: major === undefined ? undefined : { major: Number(major), minor: Number(minor) },
    distribution: text("distribution"),
    distributionVersion: text("version"),
    systemdVersion: systemd === undefined ? undefined : Number(systemd),
    freeBytes: blocks[0] * blocks[1],
    // Btrfs and others make inodes as they need them, and say that there are none at all.
    freeInodes: totalInodes === 0 ? Infinity : freeInodes,
  };
}

function pair(text: string | undefined): [number, number] | undefined {
  const [, first, second] = /^(\d{1,15}) (\d{1,15})$/.exec(text ?? "") ?? [];
  return first === undefined ? undefined : [Number(first), Number(second)];
}
