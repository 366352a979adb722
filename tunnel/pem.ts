/** One block of a PEM file (RFC 7468): its label and what the base64 text between its lines says. */
export interface PemBlock {
  /** Such as `CERTIFICATE` or `PRIVATE KEY`. */
  readonly label: string;
  /** `undefined` when the end line is missing or the contents are not base64. */
  readonly der: Uint8Array | undefined;
}

/**
 * All blocks of a PEM text in order; text around them is ignored, as RFC 7468 section 2 wants.
 * Never throws.
 */
export function readPem(text: string): PemBlock[] {
  const blocks: PemBlock[] = [];
  const begin = /-----BEGIN ([A-Z0-9 ]{1,64})-----/g;
  for (let match = begin.exec(text); match !== null; match = begin.exec(text)) {
    const label = match[1]!;
    const bodyEnd = text.indexOf(`-----END ${label}-----`, begin.lastIndex);
    if (bodyEnd < 0) {
      blocks.push({ label, der: undefined });
      continue;
    }
    blocks.push({ label, der: decodeBase64(text.slice(begin.lastIndex, bodyEnd)) });
    begin.lastIndex = bodyEnd;
  }
  return blocks;
}

/** One PEM block with lines of 64 characters, its last line end included. */
export function writePem(label: string, der: Uint8Array): string {
  let binary = "";
  for (const byte of der) binary += String.fromCharCode(byte);
  const lines = btoa(binary).match(/.{1,64}/g) ?? [];
  return [`-----BEGIN ${label}-----`, ...lines, `-----END ${label}-----`, ""].join("\n");
}

function decodeBase64(body: string): Uint8Array | undefined {
  try {
    const binary = atob(body.replaceAll(/\s+/g, ""));
    return Uint8Array.from(binary, (character) => character.charCodeAt(0));
  } catch {
    return undefined; // also the header lines of an encrypted key, which are not base64
  }
}
