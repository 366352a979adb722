import { createHash } from "node:crypto";
import type { Connection } from "../engine/connection/connection.ts";
import { HostError } from "../engine/errors.ts";
import { quote } from "../../tunnel/printable.ts";
import { defaultRoot } from "./host_layout.ts";
import type { Archive, Release } from "./release.ts";
import { isThere, type PartialUpload, type ReleaseFacts } from "./release_facts.ts";
import { uploadExit, uploadScript } from "./upload_script.ts";

/** How something is uploaded. */
export interface UploadOptions {
  readonly signal: AbortSignal;
  /** Called as bytes leave; those that were there from an earlier attempt count as sent. */
  readonly onProgress?: (archive: Archive, sentBytes: number) => void;
  /** The directory that releases are in; `/opt/ztna` by default. */
  readonly root?: string;
}

/** What an upload has cost. */
export interface Uploaded {
  /** Compressed bytes that were sent. */
  readonly sentBytes: number;
  /** Compressed bytes of an earlier, interrupted upload that were used. */
  readonly resumedBytes: number;
}

/** How often an archive that arrives damaged is sent again. */
const maxRepeats = 1;
const chunkBytes = 256 * 1024;

/**
 * Brings a release, and the runtime that it needs, to a host, as far as they are not there. What was
 * interrupted goes on where it stopped. Nothing is switched.
 *
 * @param facts What the host has, of this session.
 * @throws {HostError} when its disk is full, or archives arrive damaged again and again.
 * @throws {UnreachableError} when the connection is lost; what has arrived stays there.
 */
export async function uploadRelease(
  connection: Connection,
  release: Release,
  facts: ReleaseFacts,
  options: UploadOptions,
): Promise<Uploaded> {
  let sentBytes = 0;
  let resumedBytes = 0;
  for (const archive of [release.runtime, release.archive]) {
    if (isThere(archive, facts)) continue;
    const partial = facts.partialUploads.get(archive.name);
    const uploaded = await uploadArchive(connection, archive, partial, options);
    sentBytes += uploaded.sentBytes;
    resumedBytes += uploaded.resumedBytes;
  }
  return { sentBytes, resumedBytes };
}

/**
 * Uploads one archive, and has it unpacked.
 *
 * @param partial What is there of it already.
 * @throws as {@linkcode uploadRelease}.
 */
export async function uploadArchive(
  connection: Connection,
  archive: Archive,
  partial: PartialUpload | undefined,
  options: UploadOptions,
): Promise<Uploaded> {
  const { signal, onProgress, root = defaultRoot } = options;
  let start = await isPrefix(archive, partial) ? partial!.bytes : 0;
  let sentBytes = 0;
  for (let repeats = 0;; repeats++) {
    const rest = restOf(archive, start, (bytes) => onProgress?.(archive, bytes));
    const length = archive.bytes - start;
    const { code, stdout, stderr } = await connection.run(uploadScript(archive, start, root), {
      what: `upload ${archive.kind} ${archive.name}`,
      input: { length, stream: ReadableStream.from(rest) },
      signal,
    });
    sentBytes += length;
    if (code === uploadExit.done) return { sentBytes, resumedBytes: start };
    if (code === uploadExit.full) throw fullDisk(connection.host, archive, root, stdout);
    const again = code === uploadExit.corrupted || code === uploadExit.changed;
    if (!again || repeats >= maxRepeats) throw failed(connection.host, archive, code, stderr);
    start = 0;
  }
}

/** Whether what is there of an archive is what it begins with. */
async function isPrefix(archive: Archive, partial: PartialUpload | undefined): Promise<boolean> {
  if (partial === undefined || partial.bytes > archive.bytes) return false;
  const hash = createHash("sha256");
  let left = partial.bytes;
  using file = await Deno.open(archive.file);
  const buffer = new Uint8Array(chunkBytes);
  while (left > 0) {
    const length = await file.read(buffer.subarray(0, Math.min(left, chunkBytes)));
    if (length === null) return false;
    hash.update(buffer.subarray(0, length));
    left -= length;
  }
  return hash.digest("hex") === partial.sha256;
}

/** The bytes of an archive from `start` on, read as they are wanted. */
async function* restOf(
  archive: Archive,
  start: number,
  onSent: (bytes: number) => void,
): AsyncGenerator<Uint8Array> {
  using file = await Deno.open(archive.file);
  await file.seek(start, Deno.SeekMode.Start);
  for (let sent = start;;) {
    const buffer = new Uint8Array(chunkBytes);
    const length = await file.read(buffer);
    if (length === null) return;
    yield buffer.subarray(0, length);
    sent += length;
    onSent(sent);
  }
}

function fullDisk(host: string, archive: Archive, root: string, stdout: string): HostError {
  const [, blocks, size] = /^(\d{1,15}) (\d{1,15})$/m.exec(stdout) ?? [];
  const free = blocks === undefined ? "less" : `${Number(blocks) * Number(size)} bytes free`;
  const needed = archive.bytes + archive.unpackedBytes;
  return new HostError(
    host,
    `Cannot upload ${archive.kind} ${quote(archive.name)} to ${
      quote(host)
    } as the file system of ` +
      `${
        quote(root)
      } must have ${needed} bytes free: current value is ${free}; what was uploaded ` +
      `has been removed, so make room and deploy again`,
  );
}

function failed(host: string, archive: Archive, code: number, stderr: string): HostError {
  const what = `Cannot upload ${archive.kind} ${quote(archive.name)} to ${quote(host)}`;
  const said = quote(stderr.trim(), 500);
  return new HostError(
    host,
    code === uploadExit.corrupted
      ? `${what} as it must arrive as it was sent, with SHA-256 ${archive.sha256}: current value ` +
        `is ${said}, twice; what was uploaded has been removed, so check the host's disk and memory`
      : `${what} as the script that unpacks it must succeed: current value is exit code ${code} ` +
        `with ${said}`,
  );
}
