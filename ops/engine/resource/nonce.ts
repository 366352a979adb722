/** Marks the lines of one run: 96 random bits in hexadecimal. */
export function newNonce(): string {
  return crypto.getRandomValues(new Uint8Array(12)).toHex();
}
