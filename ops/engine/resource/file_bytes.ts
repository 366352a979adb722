import { Secret } from "../secret.ts";
import type { FileResource } from "./resource.ts";

/** The bytes that a file must have. */
export function fileBytes(contents: FileResource["contents"]): Uint8Array {
  if (contents instanceof Uint8Array) return contents;
  return new TextEncoder().encode(contents instanceof Secret ? contents.reveal() : contents);
}
