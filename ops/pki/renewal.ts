import type { IssuedContents } from "./certificate_authority.ts";
import type { CertificateRequest } from "./certificate_request.ts";

/** Certificates are renewed when less than this part of their lifetime remains. */
const renewalPart = 1 / 3;

/**
 * Why a certificate must be issued anew, for people; `undefined` when it can stay.
 *
 * @param existing What the present certificate says; `undefined` when there is none that the
 * authority has signed and whose key belongs to it.
 * @param now Milliseconds since 1970.
 */
export function renewalReason(
  existing: IssuedContents | undefined,
  request: CertificateRequest,
  now: number,
): string | undefined {
  if (existing === undefined) return "there is none of this authority";
  if (existing.usage !== request.usage) return `it must be for a ${request.usage}`;
  if (existing.commonName !== request.commonName) {
    return `its common name must be "${request.commonName}"`;
  }
  const names = new Set(existing.names);
  const missing = request.names.filter((name) => !names.has(name));
  if (missing.length > 0) return `it lacks ${missing.join(", ")}`;
  // What a certificate allows beyond the wish must go, too.
  const surplus = existing.names.filter((name) => !request.names.includes(name));
  if (surplus.length > 0) return `it must no longer name ${surplus.join(", ")}`;
  if (existing.notBefore > now) return "it is not valid yet";
  const remaining = existing.notAfter - now;
  if (remaining <= 0) return "it has expired";
  if (remaining < (existing.notAfter - existing.notBefore) * renewalPart) {
    return `it expires in ${Math.floor(remaining / 86_400_000)} days`;
  }
  return undefined;
}
