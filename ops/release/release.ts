import type { Platform } from "./platform.ts";

/** A compressed archive on the laptop, on its way to hosts. */
export interface Archive {
  readonly kind: "runtime" | "release";
  /** Of the directory that it becomes: `deno-2.9.6`, or a release's ID. */
  readonly name: string;
  /** Where it is, on the laptop. */
  readonly file: string;
  readonly bytes: number;
  /** Of the compressed archive, in hexadecimal. */
  readonly sha256: string;
  /** What its files take on a disk, in bytes, and how many files and directories it becomes. */
  readonly unpackedBytes: number;
  readonly unpackedFiles: number;
  /** SHA-256 of the names and sizes of its files, as {@linkcode listingDigest} has it. */
  readonly listingSha256: string;
  /** The text of its file `SHA256SUMS`, where the archive does not bring it. */
  readonly checksums?: string;
}

/** A release for one platform, and the runtime that it needs. */
export interface Release {
  readonly id: string;
  readonly version: string;
  readonly platform: Platform;
  /** Version of Deno. */
  readonly deno: string;
  readonly archive: Archive;
  readonly runtime: Archive;
}

/** Where the archive of a runtime has Deno, and the name that it has on a host. */
export const runtimeMember = "package/deno";
export const runtimeBinary = "deno";
