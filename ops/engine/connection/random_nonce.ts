/** 128 bits that nobody can guess, as hexadecimal digits. */
export function randomNonce(): string {
  return crypto.getRandomValues(new Uint8Array(16)).toHex();
}
