import { type ArchivedFile, headerChecksum } from "./tar_reader.ts";

/** A file with its permission bits. */
export interface FileToArchive extends ArchivedFile {
  /** Whether it is a program: mode 0755 instead of 0644. */
  readonly executable: boolean;
}

const blockBytes = 512;
/** The archive's end: two blocks of zeros, as POSIX wants. */
const endBytes = 2 * blockBytes;
/** 1985-10-26T08:15:00Z, which npm gives every file too; tar warns of 1970. */
const modifiedSeconds = 499_162_500;

/**
 * A tar archive (POSIX ustar) that depends on nothing but the files' paths, contents and whether
 * they are programs: sorted, owned by root, of one fixed time.
 *
 * @throws {RangeError} when a path is too long for the format, or there twice.
 */
export function writeTar(files: readonly FileToArchive[]): Uint8Array<ArrayBuffer> {
  const entries = [...directoriesOf(files), ...files.map((file) => ({ ...file, type: "0" }))]
    .sort((a, b) => a.path < b.path ? -1 : 1);
  const length = entries.reduce((sum, { contents }) => sum + blockBytes + padded(contents), 0);
  const archive = new Uint8Array(length + endBytes);
  let at = 0;
  let previous = "";
  for (const { path, contents, executable, type } of entries) {
    if (path === previous) {
      throw new RangeError(`Cannot archive ${JSON.stringify(path)} as it must be there once only`);
    }
    previous = path;
    writeHeader(archive.subarray(at, at + blockBytes), {
      path,
      size: contents.length,
      mode: executable ? 0o755 : 0o644,
      type,
    });
    archive.set(contents, at + blockBytes);
    at += blockBytes + padded(contents);
  }
  return archive;
}

type Entry = FileToArchive & { readonly type: string };

/** Entries for all directories that the files are in, or their modes would depend on the umask. */
function directoriesOf(files: readonly FileToArchive[]): Entry[] {
  const paths = new Set<string>();
  for (const { path } of files) {
    for (let end = path.indexOf("/"); end >= 0; end = path.indexOf("/", end + 1)) {
      paths.add(path.slice(0, end + 1));
    }
  }
  const contents = new Uint8Array();
  return [...paths].map((path) => ({ path, contents, executable: true, type: "5" }));
}

function padded(contents: Uint8Array): number {
  return Math.ceil(contents.length / blockBytes) * blockBytes;
}

function writeHeader(
  header: Uint8Array,
  entry: { path: string; size: number; mode: number; type: string },
): void {
  const put = (offset: number, text: string): void => {
    header.set(new TextEncoder().encode(text), offset);
  };
  const number = (offset: number, length: number, value: number): void =>
    put(offset, value.toString(8).padStart(length - 1, "0"));
  const { prefix, name } = splitPath(entry.path);
  put(0, name);
  number(100, 8, entry.mode);
  number(108, 8, 0); // owner: root
  number(116, 8, 0); // group: root
  number(124, 12, entry.size);
  number(136, 12, modifiedSeconds);
  put(156, entry.type);
  put(257, "ustar\x0000");
  put(345, prefix);
  put(148, `${headerChecksum(header).toString(8).padStart(6, "0")}\0 `);
}

/** Splits a path at a slash so that both parts fit into their fields. */
function splitPath(path: string): { readonly prefix: string; readonly name: string } {
  const bytes = (text: string): number => new TextEncoder().encode(text).length;
  if (bytes(path) <= 100) return { prefix: "", name: path };
  for (let at = path.indexOf("/"); at >= 0; at = path.indexOf("/", at + 1)) {
    const [prefix, name] = [path.slice(0, at), path.slice(at + 1)];
    if (bytes(name) <= 100 && bytes(prefix) <= 155 && name !== "") return { prefix, name };
  }
  throw new RangeError(
    `Cannot archive ${JSON.stringify(path)} as a path must fit into 155 and 100 bytes around a ` +
      `slash: current value has ${bytes(path)} bytes`,
  );
}
