/** A log file that has grown beyond this is rotated, in bytes. */
export const maxLogBytes = 16 * 1024 * 1024;

/**
 * Rotates the log files of a directory that are too large: each keeps one predecessor, `NAME.log.1`.
 * The contents are copied and the file is emptied in place, since its writers hold it open (they
 * append, so what follows starts at the beginning again). Lines written in between may be lost.
 *
 * @returns the names of the files that were rotated.
 */
export function rotateLogs(directory: string, maxBytes: number = maxLogBytes): string[] {
  const rotated: string[] = [];
  for (const entry of Deno.readDirSync(directory)) {
    if (!entry.isFile || !entry.name.endsWith(".log")) continue;
    const path = `${directory}/${entry.name}`;
    if (Deno.statSync(path).size <= maxBytes) continue;
    Deno.copyFileSync(path, `${path}.1`);
    Deno.truncateSync(path);
    rotated.push(entry.name);
  }
  return rotated;
}
