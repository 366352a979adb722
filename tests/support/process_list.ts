/** A process of this machine. */
export interface ListedProcess {
  readonly pid: number;
  /** Its arguments, divided by spaces. */
  readonly commandLine: string;
}

/**
 * Processes whose command line contains `text`. Those that have ended and are not waited for have
 * none.
 */
export function processesWith(text: string): ListedProcess[] {
  const found: ListedProcess[] = [];
  for (const { name } of Deno.readDirSync("/proc")) {
    if (!/^\d+$/.test(name)) continue;
    try {
      const bytes = Deno.readTextFileSync(`/proc/${name}/cmdline`);
      const commandLine = bytes.replaceAll("\0", " ").trim();
      if (commandLine.includes(text)) found.push({ pid: Number(name), commandLine });
    } catch {
      // It has ended in the meantime.
    }
  }
  return found;
}

/** The command lines of `processesWith`. */
export function commandLinesWith(text: string): string[] {
  return processesWith(text).map(({ commandLine }) => commandLine);
}

let lastSleep = 0;

/**
 * A command that sleeps for longer than any test, by which its process can be told from all others:
 * see `processesWith`.
 */
export function uniqueSleep(): string {
  return `sleep 1000.${Deno.pid}${++lastSleep}`;
}
