import { quote } from "../../../tunnel/printable.ts";
import type { CommandResult, Connection } from "../connection/connection.ts";
import { HostError } from "../errors.ts";
import { type ApplyEvent, type ApplyOutcome, ApplyProgress } from "./apply_progress.ts";
import { applyPayload, applyScript } from "./apply_script.ts";
import { lastWords } from "./last_words.ts";
import { randomNonce } from "../connection/random_nonce.ts";
import type { Plan } from "./plan.ts";

/** How a plan is applied. */
export interface ApplyPlanOptions {
  /** Called with everything that happens, as it happens. */
  readonly onEvent?: (event: ApplyEvent) => void;
  /** Ends the script; what it was doing is left to the next run. */
  readonly signal?: AbortSignal;
  /** What the round trip is for; `apply the plan` by default. */
  readonly what?: string;
  /**
   * Puts our script into a larger one, to do more in the same round trip: `(script) => script +
   * readiness`. Our script must run once, with the standard input that it is given.
   */
  readonly wrap?: (script: string) => string;
  /** Where due handlers are kept; for tests. */
  readonly pendingDirectory?: string;
}

/** What applying a plan has come to, with the result of the whole script, `wrap` included. */
export interface AppliedPlan extends ApplyOutcome {
  readonly result: CommandResult;
}

/**
 * Makes a plan's changes in one round trip. A change that fails is part of the outcome, and is the
 * last one that was tried.
 *
 * @throws {HostError} when the plan has conflicts (nothing is touched), or the script ended before
 *   it was through without saying why.
 * @throws {UnreachableError} when the connection is lost on the way.
 */
export async function applyPlan(
  connection: Connection,
  plan: Plan,
  options: ApplyPlanOptions = {},
): Promise<AppliedPlan> {
  const { onEvent, signal, pendingDirectory, what = "apply the plan" } = options;
  if (plan.conflicts.length > 0) {
    throw new HostError(connection.host, plan.conflicts.map(({ text }) => text).join("\n"));
  }
  const nonce = randomNonce();
  const progress = new ApplyProgress(plan, nonce);
  const script = applyScript(plan, {
    nonce,
    ...pendingDirectory && { pendingDirectory },
  });
  const payload = applyPayload(plan);
  const length = payload.reduce((sum, contents) => sum + contents.length, 0);
  const result = await connection.run(options.wrap?.(script) ?? script, {
    what,
    ...length > 0 && { input: { length, stream: ReadableStream.from(payload) } },
    onLine: (stream, line) => {
      const event = stream === "stdout" ? progress.read(line) : undefined;
      if (event !== undefined) onEvent?.(event);
    },
    ...signal && { signal },
  });
  if (!progress.outcome.complete) {
    throw new HostError(
      connection.host,
      `Cannot finish the changes on host ${quote(connection.host)} as their script must come to ` +
        `its end: it ended ${progress.position}${lastWords(result)}. Run again: what is missing ` +
        `will be done then`,
    );
  }
  return { ...progress.outcome, result };
}
