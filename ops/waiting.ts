/** How often a condition is looked at, in ms. */
const pollIntervalMs = 50;

/**
 * Looks at something again and again until it gives a value.
 *
 * @param deadlineMs How long at most, in ms.
 * @returns `undefined` when the time is over.
 * @throws what `look` throws, and the signal's reason when it aborts.
 */
export async function pollUntil<T>(
  look: () => T | undefined | Promise<T | undefined>,
  deadlineMs: number,
  signal: AbortSignal,
): Promise<T | undefined> {
  const end = performance.now() + deadlineMs;
  for (;;) {
    signal.throwIfAborted();
    const value = await look();
    if (value !== undefined) return value;
    if (performance.now() >= end) return undefined;
    await pause(pollIntervalMs, signal);
  }
}

/** Lets `delayMs` pass; returns early when the signal aborts. */
export async function pause(delayMs: number, signal: AbortSignal): Promise<void> {
  if (signal.aborted) return;
  const { promise, resolve } = Promise.withResolvers<void>();
  const timer = setTimeout(resolve, delayMs);
  const end = (): void => resolve();
  signal.addEventListener("abort", end);
  await promise;
  clearTimeout(timer);
  signal.removeEventListener("abort", end);
}
