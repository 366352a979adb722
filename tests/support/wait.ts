/** How long `waitFor` waits by default, in ms: far beyond what a slow machine needs. */
const defaultTimeoutMs = 10_000;
const pollIntervalMs = 2;

/**
 * Polls `condition` until it gives something truthy, and returns that.
 *
 * @param what Ends the sentence "no ... within": what is waited for, for the failure's message.
 * @throws when the time is over, with what the condition gave last.
 */
export async function waitFor<T>(
  condition: () => T,
  what: string,
  timeoutMs: number = defaultTimeoutMs,
): Promise<NonNullable<T>> {
  const deadline = performance.now() + timeoutMs;
  for (;;) {
    const value = condition();
    if (value) return value;
    if (performance.now() >= deadline) {
      throw new Error(`Waited ${timeoutMs} ms in vain for ${what}: current value is ${value}`);
    }
    await pause(pollIntervalMs);
  }
}

/** Between two questions to another process, in ms: each costs it more than a look at memory. */
const questionIntervalMs = 100;

/**
 * The same for what another process has to be asked: the answer that is truthy.
 *
 * @param what Ends the sentence "in vain for ...".
 * @throws when the time is over, with the last answer; what `ask` throws is thrown at once.
 */
export async function waitForAnswer<T>(
  ask: () => Promise<T>,
  what: string,
  timeoutMs = 30_000,
): Promise<Exclude<NonNullable<T>, false>> {
  const deadline = performance.now() + timeoutMs;
  for (;;) {
    const answer = await ask();
    if (answer) return answer as Exclude<NonNullable<T>, false>;
    if (performance.now() >= deadline) {
      throw new Error(`Waited ${timeoutMs} ms in vain for ${what}: the last answer is ${answer}`);
    }
    await pause(questionIntervalMs);
  }
}

/**
 * Lets time pass. Only for showing that something does not happen; to wait for something use
 * `waitFor`.
 */
export function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
