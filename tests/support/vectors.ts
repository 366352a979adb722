/** One of the protocol's test vectors, as far as end-to-end tests need it. */
export interface Vector {
  readonly id: string;
  readonly title: string;
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly hex: string;
  /** What a receiver answers, in hexadecimal. */
  readonly answer: string | undefined;
}

interface Entry {
  readonly id: string;
  readonly title: string;
  readonly hex: string;
  readonly answer?: string;
}

const entries = JSON.parse(
  Deno.readTextFileSync(new URL("../vectors.json", import.meta.url)),
) as Entry[];

/** The vector of this ID (protocol section 13). */
export function vector(id: string): Vector {
  const entry = entries.find((candidate) => candidate.id === id);
  if (entry === undefined) throw new RangeError(`There is no vector "${id}"`);
  const { title, hex, answer } = entry;
  return { id, title, hex, answer, bytes: Uint8Array.fromHex(hex) };
}
