import * as v from "valibot";
import { quote } from "../../../tunnel/printable.ts";
import { writeFileAtomically } from "../../atomic_file.ts";
import { findingStatuses } from "../finding.ts";
import { stateNames } from "../history/known_state.ts";
import type { NotifiedChange, ToldProblem } from "./change.ts";

/** What one receiver knows, and what it could not be told. */
export interface ReceiverState {
  /** Start of the last sweep that it was told of, in ms since 1970. */
  readonly sweepMs: number;
  readonly told: readonly ToldProblem[];
  /** Not delivered yet, from old to new. */
  readonly pending: readonly NotifiedChange[];
  /** How many were too many to keep. */
  readonly dropped: number;
}

/** The states of receivers, by their keys. */
export type NotificationStates = Readonly<Record<string, ReceiverState>>;

/** What a receiver that is new has. */
export const noState: ReceiverState = { sweepMs: 0, told: [], pending: [], dropped: 0 };

/** Changes that are kept for a receiver that can't be reached. */
export const maxPending = 1000;
/** A receiver that no sweep has named for so long is none any more, in ms. */
const forgottenMs = 30 * 86_400_000;
/** Largest file that is read, in bytes: a thousand problems have about 500 bytes each. */
const maxFileBytes = 33_554_432;

/** Version of the file. */
const schema = 1;

const place = {
  host: v.nullable(v.string()),
  check: v.string(),
  subject: v.string(),
  value: v.string(),
  remedy: v.string(),
  sinceMs: v.number(),
};
const fileSchema = v.object({
  schema: v.literal(schema),
  receivers: v.record(
    v.string(),
    v.object({
      sweepMs: v.number(),
      told: v.array(
        v.object({ ...place, status: v.picklist(findingStatuses), isFlapping: v.boolean() }),
      ),
      pending: v.array(v.object({
        ...place,
        id: v.string(),
        kind: v.picklist(["new", "worse", "better", "solved", "gone", "flapping"]),
        atMs: v.number(),
        from: v.nullable(v.picklist(stateNames)),
        to: v.picklist(stateNames),
      })),
      dropped: v.number(),
    }),
  ),
});

/**
 * Reads what receivers know. Without it they are told of all problems again, which is better than
 * not to be told.
 *
 * @param warn Gets what is wrong with the file.
 */
export function readStates(path: string, warn: (text: string) => void): NotificationStates {
  const refuse = (reason: string): NotificationStates => {
    warn(
      `Cannot use ${
        quote(path, 200)
      } as it must say what receivers have been told of: ${reason}; ` +
        "they are told of every problem again",
    );
    return {};
  };
  try {
    const { size } = Deno.statSync(path);
    if (size > maxFileBytes) return refuse(`it has ${size} bytes`);
    const result = v.safeParse(fileSchema, JSON.parse(Deno.readTextFileSync(path)));
    return result.success ? result.output.receivers : refuse(result.issues[0].message);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return {};
    return refuse(error instanceof Error ? error.message : String(error));
  }
}

/**
 * Writes what receivers know, for its owner alone.
 *
 * @throws {Error} what the file system says.
 */
export function writeStates(path: string, states: NotificationStates, nowMs: number): void {
  const receivers = Object.fromEntries(
    Object.entries(states).filter(([, { sweepMs }]) => nowMs - sweepMs < forgottenMs),
  );
  writeFileAtomically(path, `${JSON.stringify({ schema, receivers })}\n`, 0o600);
}

/** Adds changes to those that wait; the oldest go when they are too many. */
export function withPending(
  state: ReceiverState,
  changes: readonly NotifiedChange[],
): Pick<ReceiverState, "pending" | "dropped"> {
  const all = [...state.pending, ...changes];
  const pending = all.slice(-maxPending);
  return { pending, dropped: state.dropped + all.length - pending.length };
}
