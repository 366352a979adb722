import { Backoff } from "../../../tunnel/backoff.ts";
import { quote } from "../../../tunnel/printable.ts";
import { pause } from "../../waiting.ts";
import { DeliveryError, type DeliveryLimits } from "./delivery.ts";

/** How long one attempt may take, in ms. */
const attemptMs = 10_000;
/** Between attempts, in ms. */
const retryBaseMs = 500;
const retryMaxMs = 8000;
/** What is read of an answer, in bytes: nobody needs more than its first words. */
const maxAnswerBytes = 4096;

/**
 * Sends a request until it is answered with success, or the time is over. Answers that will be the
 * same next time (a wrong address, a wrong secret) are not tried again. Redirections are not
 * followed: whoever sends us elsewhere would get the message.
 *
 * @param request Makes the request of an attempt, with its time and signature.
 * @throws {DeliveryError} saying why, without the address: there may be secrets in it.
 * @throws the signal's reason when it aborts.
 */
export async function deliver(
  url: string,
  request: () => Promise<RequestInit> | RequestInit,
  { deadline, signal }: DeliveryLimits,
): Promise<void> {
  const backoff = new Backoff({ baseMs: retryBaseMs, maxMs: retryMaxMs, random: Math.random });
  for (;;) {
    const leftMs = Math.max(1, deadline - performance.now());
    const failure = await attempt(url, await request(), Math.min(attemptMs, leftMs), signal);
    if (failure === undefined) return;
    const waitMs = backoff.next();
    const isLast = !failure.mayPass || performance.now() + waitMs >= deadline;
    if (isLast) throw new DeliveryError(failure.reason);
    await pause(waitMs, signal);
  }
}

interface Failure {
  readonly reason: string;
  /** Whether it may go better in a while. */
  readonly mayPass: boolean;
}

async function attempt(
  url: string,
  init: RequestInit,
  timeoutMs: number,
  signal: AbortSignal,
): Promise<Failure | undefined> {
  signal.throwIfAborted();
  const timeout = AbortSignal.timeout(timeoutMs);
  try {
    const response = await fetch(url, {
      ...init,
      redirect: "manual",
      signal: AbortSignal.any([timeout, signal]),
    });
    const said = await firstWords(response);
    const { status } = response;
    if (status >= 200 && status < 300) return undefined;
    const words = said === "" ? "" : `: ${quote(said, 200)}`;
    const isBusy = status === 408 || status === 425 || status === 429 || status >= 500;
    return { reason: `the answer is ${status}${words}`, mayPass: isBusy };
  } catch (error) {
    signal.throwIfAborted();
    const reason = timeout.aborted
      ? `no answer came within ${(timeoutMs / 1000).toFixed(1)} s`
      : quote(reasonOf(error), 300);
    return { reason, mayPass: true };
  }
}

async function firstWords(response: Response): Promise<string> {
  const decoder = new TextDecoder();
  let text = "";
  for await (const chunk of response.body ?? []) {
    text += decoder.decode(chunk, { stream: true });
    if (text.length >= maxAnswerBytes) break;
  }
  return text.trim();
}

/** What an error of `fetch` says, without the address. */
function reasonOf(error: unknown): string {
  const messages = [error, error instanceof Error ? error.cause : undefined]
    .flatMap((each) => each instanceof Error ? [each.message] : []);
  return messages.join(": ").replaceAll(/ ?(?:for url )?\(https?:[^)]*\)/g, "") || String(error);
}
