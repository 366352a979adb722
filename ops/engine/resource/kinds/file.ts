import { createHash } from "node:crypto";
import { shellQuote } from "../../connection/quote.ts";
import { Secret } from "../../secret.ts";
import { Payload, shown, shownMode } from "../change.ts";
import type { Difference } from "../change.ts";
import type { PathFact } from "../facts.ts";
import { fileBytes } from "../file_bytes.ts";
import { maskedDiff, unifiedDiff } from "../file_diff.ts";
import type { Planning } from "../planning.ts";
import type { FileResource } from "../resource.ts";

/** What a file on a host must be, however it was declared. */
export interface DesiredFile {
  readonly path: string;
  readonly bytes: Uint8Array;
  readonly mode: number;
  readonly owner: string;
  readonly group: string;
  readonly validate?: string;
}

/** Plans for a file: it is written anew, as a whole, whatever differs. */
export function planFile(resource: FileResource, planning: Planning): void {
  const { path, contents } = resource;
  const desired = { ...resource, bytes: fileBytes(contents) };
  const fact = planning.facts.paths.get(path);
  if (fact?.type === "directory") {
    planning.refuse(
      resource,
      `Cannot write ${shown(path)} as a file never replaces a directory: a directory is there. ` +
        `Move it away first`,
    );
    return;
  }
  const isSecret = contents instanceof Secret;
  const differences = fileDifferences(desired, fact, isSecret);
  if (differences.length === 0) return;
  if (!planning.hasOwners(resource)) return;
  if (fact === undefined && !planning.hasParent(resource)) return;
  const contentsDiffer = differences.some(({ property }) => property === "contents");
  planning.add(resource, {
    summary: summaryOf(desired, fact),
    differences,
    ...(planning.diff && contentsDiffer
      ? { diff: (isSecret ? maskedDiff : unifiedDiff)(path, fact, desired.bytes) }
      : {}),
    script: writeFileScript(desired),
    payload: new Payload(desired.bytes),
  });
}

/** In what a path differs from what it must be. */
export function fileDifferences(
  desired: DesiredFile,
  fact: PathFact | undefined,
  isSecret = false,
): Difference[] {
  const { bytes, mode, owner, group } = desired;
  const size = (length: number): string =>
    isSecret ? `(secret, ${length} bytes)` : `${length} bytes`;
  const differences: Difference[] = [];
  const compare = (property: string, from: string | null, to: string): void => {
    if (from !== to) differences.push({ property, from, to });
  };
  const file = fact?.type === "file" ? fact : undefined;
  if (fact !== undefined) compare("type", fact.type, "file");
  if (file === undefined || file.sha256 !== sha256(bytes)) {
    differences.push({
      property: "contents",
      from: file === undefined ? null : size(file.bytes),
      to: size(bytes.length),
    });
  }
  compare("mode", file === undefined ? null : shownMode(file.mode), shownMode(mode));
  compare("owner", file === undefined ? null : shown(file.owner), owner);
  compare("group", file === undefined ? null : shown(file.group), group);
  return differences;
}

/** The script that writes a file; its payload is the file's bytes. */
export function writeFileScript(desired: DesiredFile): string {
  const { path, bytes, mode, owner, group, validate } = desired;
  const words = [
    shellQuote(path),
    bytes.length,
    sha256(bytes),
    shellQuote(`${owner}:${group}`),
    scriptMode(mode),
    ...(validate === undefined ? [] : [shellQuote(validate)]),
  ];
  return `ztna_write_file ${words.join(" ")}\n`;
}

/** A mode for `chmod`; with fewer than five digits it would keep setuid and setgid of directories. */
export function scriptMode(mode: number): string {
  return mode.toString(8).padStart(5, "0");
}

function summaryOf({ path, mode, owner, group }: DesiredFile, fact: PathFact | undefined): string {
  if (fact?.type === "file") return `update ${shown(path)}`;
  const properties = `(mode ${shownMode(mode)}, ${owner}:${group})`;
  if (fact === undefined) return `create ${shown(path)} ${properties}`;
  return `replace the ${fact.type === "link" ? "link" : "special file"} ${
    shown(path)
  } ${properties}`;
}

function sha256(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}
