/**
 * Command lines of this machine's processes that contain `text`, words divided by spaces. Processes
 * that have ended and are not waited for have none.
 */
export function commandLinesWith(text: string): string[] {
  const found: string[] = [];
  for (const { name } of Deno.readDirSync("/proc")) {
    if (!/^\d+$/.test(name)) continue;
    try {
      const line = Deno.readTextFileSync(`/proc/${name}/cmdline`).replaceAll("\0", " ").trim();
      if (line.includes(text)) found.push(line);
    } catch {
      // It has ended in the meantime.
    }
  }
  return found;
}

let lastSleep = 0;

/**
 * A command that sleeps for longer than any test, by which its process can be told from all others:
 * see `commandLinesWith`.
 */
export function uniqueSleep(): string {
  return `sleep 1000.${Deno.pid}${++lastSleep}`;
}
