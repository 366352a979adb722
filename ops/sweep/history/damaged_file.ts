import { HistoryDatabase } from "./history_database.ts";
import { HistoryError } from "./history_error.ts";

/** The files of a SQLite database by what follows its name, the one that it is known by last. */
const parts = ["-wal", "-shm", ""];

/**
 * Puts a damaged history where it can be looked at, so that a new one can be begun. This process
 * must not have it open.
 *
 * @returns Where it is now; `undefined` when another sweep has done that already.
 * @throws what the file system says.
 */
export function moveDamagedAside(path: string): string | undefined {
  using file = ifThere(() => Deno.openSync(path, { read: true }));
  if (file === undefined) return undefined;
  // All sweeps find the damage at once: one of them moves the file, the others see that.
  file.lockSync(true);
  if (isSound(path)) return undefined;
  const aside = `${path}.damaged-${new Date().toISOString().replaceAll(/[:.]/g, "-")}`;
  for (const part of parts) ifThere(() => Deno.renameSync(`${path}${part}`, `${aside}${part}`));
  return aside;
}

function isSound(path: string): boolean {
  try {
    using database = new HistoryDatabase(path);
    return database.isSound();
  } catch (error) {
    if (error instanceof HistoryError && error.fault === "corrupt") return false;
    throw error;
  }
}

/** What `work` gives; `undefined` when its file is not there. */
function ifThere<T>(work: () => T): T | undefined {
  try {
    return work();
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}
