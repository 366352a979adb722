/**
 * A lock on a directory. The kernel holds it for this process (`flock`), so that of a process that
 * has died is free by itself, and no file is needed that somebody would have to remove.
 */
export class DirectoryLock implements Disposable {
  readonly #directory: Deno.FsFile;

  private constructor(directory: Deno.FsFile) {
    this.#directory = directory;
  }

  /** Makes the directory if need be, waits for its lock, and takes it. */
  static async take(path: string): Promise<DirectoryLock> {
    for (;;) {
      const directory = await openDirectory(path);
      if (directory === undefined) continue;
      await directory.lock(true);
      // The owner before may have removed the directory: then nobody else will ever lock this one.
      if (isSame(directory, path)) return new DirectoryLock(directory);
      directory.close();
    }
  }

  /** Takes the lock of a directory that is there, if nobody has it. */
  static async tryTake(path: string): Promise<DirectoryLock | undefined> {
    const directory = await Deno.open(path).catch(ifMissing);
    if (directory === undefined) return undefined;
    if (await directory.tryLock(true) && isSame(directory, path)) {
      return new DirectoryLock(directory);
    }
    directory.close();
    return undefined;
  }

  /** Gives the lock back. */
  [Symbol.dispose](): void {
    this.#directory.close();
  }
}

/** `undefined` when it was removed right after it was made. */
async function openDirectory(path: string): Promise<Deno.FsFile | undefined> {
  await Deno.mkdir(path, { recursive: true });
  return await Deno.open(path).catch(ifMissing);
}

function ifMissing(error: unknown): undefined {
  if (!(error instanceof Deno.errors.NotFound)) throw error;
  return undefined;
}

function isSame(directory: Deno.FsFile, path: string): boolean {
  try {
    const [ours, theirs] = [directory.statSync(), Deno.statSync(path)];
    return ours.ino === theirs.ino && ours.dev === theirs.dev;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}
