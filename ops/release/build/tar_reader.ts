/** A regular file of an archive. */
export interface ArchivedFile {
  /** Relative, with slashes; never absolute, empty or upwards. */
  readonly path: string;
  readonly contents: Uint8Array;
}

/** Archives are made of blocks of so many bytes. */
const blockBytes = 512;

/** An archive that is not one, or holds what may not be in it. */
export class TarError extends Error {
  override readonly name = "TarError";
}

/**
 * Reads the regular files of an uncompressed tar archive (POSIX ustar and pax, GNU long names).
 * Contents are views of `archive`. Directories and links are passed over: npm makes none that
 * matter.
 *
 * @throws {TarError} when the archive is damaged, or a path in it leads elsewhere.
 */
export function readTar(archive: Uint8Array): ArchivedFile[] {
  const files: ArchivedFile[] = [];
  let longName: string | undefined;
  for (let at = 0; at + blockBytes <= archive.length;) {
    const header = archive.subarray(at, at + blockBytes);
    if (header.every((byte) => byte === 0)) return files;
    checkHeader(header, at);
    const size = octal(header, 124, 12, at);
    const start = at + blockBytes;
    const contents = archive.subarray(start, start + size);
    if (contents.length < size) {
      throw new TarError(`Cannot read a tar archive as it must not end in the middle of a file`);
    }
    const type = String.fromCharCode(header[156]!);
    if (type === "x") longName = paxPath(contents) ?? longName;
    else if (type === "L") longName = text(contents, 0, contents.length);
    else if (type !== "g") {
      if (type === "0" || type === "\0") {
        files.push({ path: checkedPath(longName ?? nameOf(header)), contents });
      }
      longName = undefined;
    }
    at = start + Math.ceil(size / blockBytes) * blockBytes;
  }
  throw new TarError("Cannot read a tar archive as it must end with a block of zeros");
}

/** The sum of a header's bytes, with spaces where the sum itself is. */
export function headerChecksum(header: Uint8Array): number {
  return header.reduce((sum, byte, index) => sum + (index >= 148 && index < 156 ? 32 : byte), 0);
}

function checkHeader(header: Uint8Array, at: number): void {
  const expected = octal(header, 148, 8, at);
  const found = headerChecksum(header);
  if (found !== expected) {
    throw new TarError(
      `Cannot read a tar archive as the checksum of the header at byte ${at} must be ${expected}: ` +
        `current value is ${found}`,
    );
  }
}

function nameOf(header: Uint8Array): string {
  const prefix = text(header, 257, 5) === "ustar" ? text(header, 345, 155) : "";
  const name = text(header, 0, 100);
  return prefix === "" ? name : `${prefix}/${name}`;
}

function checkedPath(path: string): string {
  const parts = path.split("/");
  if (path.startsWith("/") || parts.some((part) => ["", ".", ".."].includes(part))) {
    throw new TarError(
      `Cannot read a tar archive as its paths must lead into it: current value is ` +
        JSON.stringify(path),
    );
  }
  return path;
}

/** The record "path" of a pax header: `LENGTH path=VALUE\n`. */
function paxPath(records: Uint8Array): string | undefined {
  let found: string | undefined;
  for (let at = 0; at < records.length;) {
    const space = records.indexOf(32, at);
    const length = Number(text(records, at, space - at));
    if (space < 0 || !Number.isSafeInteger(length) || length <= space - at) {
      throw new TarError("Cannot read a tar archive as its pax records must have a length");
    }
    const record = text(records, space + 1, at + length - space - 2);
    if (record.startsWith("path=")) found = record.slice("path=".length);
    at += length;
  }
  return found;
}

function octal(header: Uint8Array, offset: number, length: number, at: number): number {
  const digits = text(header, offset, length).trim();
  if (!/^[0-7]*$/.test(digits)) {
    throw new TarError(
      `Cannot read a tar archive as the numbers of the header at byte ${at} must be octal: ` +
        `current value is ${JSON.stringify(digits)}`,
    );
  }
  return digits === "" ? 0 : parseInt(digits, 8);
}

/** Text up to the first NUL. */
function text(bytes: Uint8Array, offset: number, length: number): string {
  const part = bytes.subarray(offset, offset + Math.max(length, 0));
  const end = part.indexOf(0);
  return new TextDecoder().decode(end < 0 ? part : part.subarray(0, end));
}
