/**
 * JSON data with the keys of every object in the order of the alphabet: what is equal becomes the
 * same text, and a diff shows what has changed.
 */
export function withSortedKeys(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withSortedKeys);
  if (typeof value !== "object" || value === null) return value;
  const entries = Object.entries(value).sort(([a], [b]) => a < b ? -1 : 1);
  return Object.fromEntries(entries.map(([key, part]) => [key, withSortedKeys(part)]));
}
