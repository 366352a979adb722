/** What counts as quiet: so much of the processors' time idle, in so many ms. */
const idleShare = 0.8;
const sampleMs = 200;
/** Longest wait, in ms: a machine with other guests may never be quiet. */
const maxWaitMs = 2000;

/**
 * Waits until little else goes on, so that what came before a measurement is no part of it. Not for
 * long: the measurement comes in any case.
 */
export async function whenQuiet(signal: AbortSignal): Promise<void> {
  const deadline = performance.now() + maxWaitMs;
  let before = parseProcessorTimes(Deno.readTextFileSync("/proc/stat"));
  while (performance.now() < deadline) {
    await new Promise((resolve) => setTimeout(resolve, sampleMs));
    signal.throwIfAborted();
    const now = parseProcessorTimes(Deno.readTextFileSync("/proc/stat"));
    if (now.idle - before.idle >= idleShare * (now.total - before.total)) return;
    before = now;
  }
}

/** Time of all processors since the machine was started, in ticks, from the text of `/proc/stat`. */
export function parseProcessorTimes(
  text: string,
): { readonly idle: number; readonly total: number } {
  const times = (/^cpu +([\d ]+)$/m.exec(text)?.[1] ?? "").split(" ").map(Number);
  // user, nice, system, idle, waiting for disks, interrupts (2), stolen; guests are in user.
  const [, , , idle = 0, waiting = 0] = times;
  return { idle: idle + waiting, total: times.slice(0, 8).reduce((sum, time) => sum + time, 0) };
}
