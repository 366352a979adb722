import type { ServiceHealth } from "./health.ts";

/** What must be true of a program for a deployment to be done. */
export interface Expectation {
  readonly fingerprint: string;
  readonly release: string;
}

/** Where a deployment is. */
export type Verdict =
  | { readonly kind: "done" }
  /** Not yet, and what is missing. */
  | { readonly kind: "waiting"; readonly why: string }
  /** It won't become better by waiting. */
  | { readonly kind: "failed"; readonly program: string; readonly why: string };

/** A program that has crashed this often since its start won't recover by itself. */
const hopelessRestarts = 4;
/** The exit code of a program whose configuration is wrong: the next start will end the same way. */
const wrongConfigurationExit = 2;

/** Judges the health of all programs. */
export function judge(
  health: Readonly<Record<string, ServiceHealth>>,
  expected: Readonly<Record<string, Expectation>>,
): Verdict {
  const missing: string[] = [];
  for (const [program, { fingerprint, release }] of Object.entries(expected)) {
    const found = health[program];
    if (found === undefined || found.fingerprint !== fingerprint) {
      missing.push(`the ${program} has not been started`);
    } else if (!found.active) {
      const hopeless = found.lastExit?.code === wrongConfigurationExit ||
        found.restarts >= hopelessRestarts;
      if (hopeless) return { kind: "failed", program, why: found.reason ?? "it does not run" };
      missing.push(`the ${program} does not run: ${found.reason}`);
    } else if (!found.ready) {
      missing.push(`the ${program} is not ready: ${found.reason}`);
    } else if (found.release !== release) {
      missing.push(`the ${program} runs the release "${found.release}"`);
    }
  }
  return missing.length === 0 ? { kind: "done" } : { kind: "waiting", why: missing.join("; ") };
}
