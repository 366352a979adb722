/** A JSON object. */
export type JsonRecord = Readonly<Record<string, unknown>>;

/** Whether a value is a JSON object, and not an array. */
export function isRecord(value: unknown): value is JsonRecord {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Levels that JSON may have: several times those of a dashboard, and safe to go through. */
const maxDepth = 100;

/**
 * An answer's JSON, or `undefined` where it is none: a proxy's page, an empty text, or more levels
 * than anybody means.
 */
export function parseAnswer(text: string): unknown {
  try {
    const value: unknown = JSON.parse(text);
    return isWithin(value, maxDepth) ? value : undefined;
  } catch {
    return undefined;
  }
}

function isWithin(value: unknown, depth: number): boolean {
  if (typeof value !== "object" || value === null) return true;
  return depth > 0 && Object.values(value).every((member) => isWithin(member, depth - 1));
}

/** A member that should be a text; `undefined` where it is not. */
export function textOf(value: unknown, key: string): string | undefined {
  const member = isRecord(value) ? value[key] : undefined;
  return typeof member === "string" ? member : undefined;
}

/** A member that should be a whole number from 0 on; `undefined` where it is not. */
export function integerOf(value: unknown, key: string): number | undefined {
  const member = isRecord(value) ? value[key] : undefined;
  return Number.isSafeInteger(member) && (member as number) >= 0 ? member as number : undefined;
}

/** The objects of an array; nothing where it is none. */
export function recordsOf(value: unknown): JsonRecord[] {
  return Array.isArray(value) ? value.filter(isRecord) : [];
}
