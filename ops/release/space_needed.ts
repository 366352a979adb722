import { HostError } from "../engine/errors.ts";
import { quote } from "../../tunnel/printable.ts";
import { defaultRoot } from "./host_layout.ts";
import type { PlatformFacts } from "./platform_facts.ts";
import type { Release } from "./release.ts";
import { isThere, type ReleaseFacts } from "./release_facts.ts";

/** Left free for logs and for what else the host does, in bytes. */
const reserveBytes = 64 * 1024 * 1024;

/** Room on a disk. */
export interface Space {
  readonly bytes: number;
  /** Files and directories. */
  readonly files: number;
}

/** What uploading a release to a host takes there, at most. Nothing when it is there. */
export function spaceNeeded(release: Release, facts: ReleaseFacts): Space {
  let bytes = 0;
  let files = 0;
  for (const archive of [release.runtime, release.archive]) {
    if (isThere(archive, facts)) continue;
    const partial = facts.partialUploads.get(archive.name)?.bytes ?? 0;
    bytes += Math.max(archive.bytes - partial, 0) + archive.unpackedBytes;
    files += archive.unpackedFiles + 1;
  }
  return { bytes, files };
}

/**
 * Checks that a host has room for a release.
 *
 * @throws {HostError} when it has not.
 */
export function requireSpace(
  host: string,
  release: Release,
  facts: ReleaseFacts,
  platform: PlatformFacts,
  root: string = defaultRoot,
): void {
  const { bytes, files } = spaceNeeded(release, facts);
  if (bytes === 0) return;
  const wanted = bytes + reserveBytes;
  const refuse = (what: string, current: number): never => {
    throw new HostError(
      host,
      `Cannot upload release ${quote(release.id)} to ${quote(host)} as the file system of ` +
        `${quote(root)} must have ${what} free: current value is ${current}; make room, or keep ` +
        `fewer releases with "keep_releases"`,
    );
  };
  if (platform.freeBytes < wanted) refuse(`${wanted} bytes`, platform.freeBytes);
  if (platform.freeInodes < files) refuse(`${files} inodes`, platform.freeInodes);
}
