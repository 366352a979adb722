import { quote } from "../../../tunnel/printable.ts";

/** What is wrong with a part of a host's answer, as the end of a sentence about that part. */
export class Malformed extends Error {}

/**
 * A number without sign, as far as JavaScript has it exactly.
 *
 * @throws {Malformed} when it is none.
 */
export function wholeNumber(text: string): number {
  if (!/^\d{1,15}$/.test(text)) {
    throw new Malformed(`has no number where one must be: ${quote(text)}`);
  }
  return Number(text);
}
