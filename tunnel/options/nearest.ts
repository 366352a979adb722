import { closestString } from "@std/text/closest-string";

/** Longest name that is compared; comparing takes time with the product of the lengths. */
const maxComparedLength = 64;

/** The end of a message about an unknown name: which valid one is nearest to it. */
export function nearestHint(kind: string, given: string, valid: readonly string[]): string {
  if (valid.length === 0) return `there is no valid ${kind} here`;
  const nearest = closestString(given.slice(0, maxComparedLength), valid);
  return `the nearest valid ${kind} is "${nearest}"`;
}
