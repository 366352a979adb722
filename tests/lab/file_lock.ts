/**
 * A lock that the kernel holds for this process (`flock`), so that of a process that has died is
 * free by itself. Whoever comes second waits.
 */
export class FileLock implements Disposable {
  readonly #file: Deno.FsFile;
  readonly #path: string;

  private constructor(file: Deno.FsFile, path: string) {
    this.#file = file;
    this.#path = path;
  }

  /** Waits for the lock, and takes it. The file's directory must exist. */
  static async take(path: string): Promise<FileLock> {
    for (;;) {
      const file = await Deno.open(path, { create: true, read: true, write: true, mode: 0o600 });
      await file.lock(true);
      const lock = new FileLock(file, path);
      // The owner before may have removed the file: then nobody else will ever open this one.
      if (lock.#isCurrent()) return lock;
      file.close();
    }
  }

  /** Gives the lock back, and removes its file. */
  [Symbol.dispose](): void {
    // While the lock is held: whoever opens the name afterwards makes a new file.
    if (this.#isCurrent()) Deno.removeSync(this.#path);
    this.#file.close();
  }

  #isCurrent(): boolean {
    try {
      return Deno.statSync(this.#path).ino === this.#file.statSync().ino;
    } catch (error) {
      if (error instanceof Deno.errors.NotFound) return false;
      throw error;
    }
  }
}
