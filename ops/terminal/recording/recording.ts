import { ConfigError } from "../../../tunnel/errors.ts";
import { quote } from "../../../tunnel/printable.ts";
import type { TerminalSize } from "../screen.ts";

/** Something that a program wrote to a terminal. */
export interface RecordedOutput {
  /** Since the recording began, in ms. */
  readonly atMs: number;
  readonly text: string;
}

/** What a terminal of a certain size got. */
export interface Recording {
  readonly size: TerminalSize;
  /** In the order of their times. */
  readonly output: readonly RecordedOutput[];
}

/** Times are kept to this, in ms. */
const resolutionMs = 10;

/**
 * A recording as a file in asciicast's format, version 2, which asciinema's players show: a line of
 * JSON about the terminal, then one for each output.
 */
export function formatRecording({ size, output }: Recording): string {
  const header = { version: 2, width: size.columns, height: size.rows };
  const lines = output.map(({ atMs, text }) => [roundedMs(atMs) / 1000, "o", text]);
  return [header, ...lines].map((line) => `${JSON.stringify(line)}\n`).join("");
}

/**
 * Reads what `formatRecording` writes.
 *
 * @param name What messages call it: the file's name.
 * @throws {ConfigError} with the line that is wrong.
 */
export function parseRecording(text: string, name: string): Recording {
  const refuse = (line: number, rule: string): never => {
    throw new ConfigError(`Cannot use the recording ${quote(name)} as line ${line} ${rule}`);
  };
  const values = text.trimEnd().split("\n").map((line, i): unknown => {
    try {
      return JSON.parse(line);
    } catch {
      return refuse(i + 1, `must be JSON: current value is ${quote(line)}`);
    }
  });
  const [header, ...events] = values;
  if (!isHeader(header)) return refuse(1, "must be the header of an asciicast of version 2");
  const output = events.flatMap((event, i): RecordedOutput[] => {
    if (!isEvent(event)) return refuse(i + 2, "must be [SECONDS, KIND, TEXT]");
    const [seconds, kind, text] = event;
    return kind === "o" ? [{ atMs: roundedMs(seconds * 1000), text }] : [];
  });
  return { size: { columns: header.width, rows: header.height }, output };
}

/** Texts to replace, such as what a machine calls itself, and by what; applied in their order. */
export type Replacements = readonly (readonly [from: string, to: string])[];

/** A text with all replacements made. */
export function replaced(text: string, replacements: Replacements): string {
  return replacements.reduce((result, [from, to]) => result.replaceAll(from, to), text);
}

/**
 * The recording with all replacements made.
 *
 * @throws {ConfigError} when such a text is there that came in pieces.
 */
export function withReplacements(
  recording: Recording,
  replacements: Replacements,
): Recording {
  const output = recording.output.map(({ atMs, text }) => ({
    atMs,
    text: replaced(text, replacements),
  }));
  const whole = output.map(({ text }) => text).join("");
  // Whether a replacement brings its own text back is up to who asks for it.
  const left = replacements.find(([from, to]) => !to.includes(from) && whole.includes(from));
  if (left !== undefined) {
    throw new ConfigError(
      `Cannot replace ${quote(left[0])} as it was written in pieces: record once more`,
    );
  }
  return { ...recording, output };
}

/** The recording with no pause longer than `maxPauseMs`. */
export function withoutPauses(recording: Recording, maxPauseMs: number): Recording {
  let skippedMs = 0;
  let lastMs = 0;
  const output = recording.output.map(({ atMs, text }) => {
    skippedMs += Math.max(0, atMs - lastMs - maxPauseMs);
    lastMs = atMs;
    return { atMs: atMs - skippedMs, text };
  });
  return { ...recording, output };
}

function roundedMs(ms: number): number {
  return Math.round(ms / resolutionMs) * resolutionMs;
}

function isHeader(value: unknown): value is { readonly width: number; readonly height: number } {
  if (typeof value !== "object" || value === null) return false;
  const { version, width, height } = value as Record<string, unknown>;
  return version === 2 && isSize(width) && isSize(height);
}

function isSize(value: unknown): boolean {
  return Number.isSafeInteger(value) && Number(value) >= 1 && Number(value) <= 1000;
}

function isEvent(value: unknown): value is readonly [number, string, string] {
  if (!Array.isArray(value) || value.length !== 3) return false;
  const [seconds, kind, text] = value as unknown[];
  return typeof seconds === "number" && seconds >= 0 && typeof kind === "string" &&
    typeof text === "string";
}
