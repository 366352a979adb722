/** Which release the hosts of a fleet should run, when nobody says so. */

import { namePattern } from "../release/host_layout.ts";

/** A release, and when it was brought to hosts, in ms since 1970. */
export interface BroughtRelease {
  readonly release: string;
  readonly timeMs: number;
}

/** Most of the audit that is read, from its end, in bytes: some hundred deploys of ten hosts. */
const maxAuditBytes = 1024 * 1024;
/** Lines longer than this are none of ours. */
const maxLineLength = 64 * 1024;
/** How far two clocks may differ before one is taken to be later, in ms. */
const clockSlackMs = 10 * 60_000;

/**
 * The release that most of a fleet's hosts were last brought to from this machine, by its audit; of
 * two with as many hosts, the later one. `undefined` when the audit knows less than half of them.
 *
 * @param path The audit's file. Whatever is wrong with it, there is just nothing to learn from it.
 */
export function auditedRelease(path: string, hosts: readonly string[]): BroughtRelease | undefined {
  return releaseOfAudit(readTail(path), hosts);
}

/** The same for the text of an audit, or its end. */
export function releaseOfAudit(
  text: string,
  hosts: readonly string[],
): BroughtRelease | undefined {
  const wanted = new Set(hosts);
  const last = new Map<string, BroughtRelease>();
  for (const line of text.split("\n")) {
    const entry = readLine(line);
    if (entry !== undefined && wanted.has(entry.host)) last.set(entry.host, entry);
  }
  if (last.size * 2 < hosts.length) return undefined;
  return mostCommon([...last.values()]);
}

/** The release that most hosts run, and since when; of two with as many hosts, the later one. */
export function prevailingRelease(
  hosts: Iterable<BroughtRelease>,
): BroughtRelease | undefined {
  return mostCommon([...hosts]);
}

/**
 * The wanted release: what the command line says, else the audit's, unless hosts were switched
 * since then (from another machine), else what most hosts run.
 */
export function wantedRelease(
  { given, audited, prevailing }: {
    readonly given: string | undefined;
    readonly audited: BroughtRelease | undefined;
    readonly prevailing: BroughtRelease | undefined;
  },
): string | undefined {
  if (given !== undefined) return given;
  const isOutdated = audited !== undefined && prevailing !== undefined &&
    prevailing.timeMs > audited.timeMs + clockSlackMs;
  return (isOutdated ? prevailing : audited ?? prevailing)?.release;
}

function mostCommon(brought: readonly BroughtRelease[]): BroughtRelease | undefined {
  const groups = Map.groupBy(brought, ({ release }) => release);
  const ranked = [...groups].map(([release, all]) => ({
    release,
    hosts: all.length,
    timeMs: Math.max(...all.map(({ timeMs }) => timeMs)),
  })).toSorted((a, b) => b.hosts - a.hosts || b.timeMs - a.timeMs);
  const [first] = ranked;
  return first && { release: first.release, timeMs: first.timeMs };
}

/** What a line says of a host that was brought to a release; `undefined` for all others. */
function readLine(line: string): (BroughtRelease & { readonly host: string }) | undefined {
  // Most lines tell of single changes.
  if (line.length > maxLineLength || !line.includes('"finish host"')) return undefined;
  let entry: Partial<Record<string, unknown>> | null;
  try {
    entry = JSON.parse(line);
  } catch {
    return undefined;
  }
  const { command, host, what, result, time, detail } = entry ?? {};
  if (command !== "deploy" && command !== "rollback") return undefined;
  if (what !== "finish host" || (result !== "done" && result !== "rolled_back")) return undefined;
  const { releaseAfter } = (detail ?? {}) as { readonly releaseAfter?: unknown };
  const timeMs = typeof time === "string" ? Date.parse(time) : NaN;
  if (typeof host !== "string" || typeof releaseAfter !== "string" || Number.isNaN(timeMs)) {
    return undefined;
  }
  return namePattern.test(releaseAfter) ? { host, release: releaseAfter, timeMs } : undefined;
}

/** The last bytes of a file; empty when it can't be read. */
function readTail(path: string): string {
  try {
    using file = Deno.openSync(path);
    const { size, isFile } = file.statSync();
    if (!isFile) return "";
    file.seekSync(Math.max(0, size - maxAuditBytes), Deno.SeekMode.Start);
    const bytes = new Uint8Array(Math.min(size, maxAuditBytes));
    let length = 0;
    for (let read: number | null = 0; length < bytes.length; length += read) {
      read = file.readSync(bytes.subarray(length));
      if (read === null) break;
    }
    return new TextDecoder().decode(bytes.subarray(0, length));
  } catch {
    return "";
  }
}
