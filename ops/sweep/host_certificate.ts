import { X509Certificate } from "node:crypto";
import { readCertificate } from "../../tunnel/identity.ts";
import { readPem } from "../../tunnel/pem.ts";

/** A certificate that a host has or presents, as far as sweeps look at it. */
export interface HostCertificate {
  readonly der: Uint8Array;
  /** The DNS names in it. */
  readonly dnsNames: readonly string[];
  /** Validity, in ms since 1970. */
  readonly notBefore: number;
  readonly notAfter: number;
  /** SubjectPublicKeyInfo, in base64. */
  readonly publicKey: string;
  /** Whether it is signed by the holder of another. */
  isIssuedBy(authority: HostCertificate): boolean;
}

/** Certificates of one file that are read; ours have one each. */
const maxCertificates = 10;

/** The certificates in a PEM text, in order; those that can't be read are left out. Never throws. */
export function readCertificates(pem: string): HostCertificate[] {
  return readPem(pem).filter(({ label, der }) => label === "CERTIFICATE" && der !== undefined)
    .slice(0, maxCertificates)
    .flatMap(({ der }) => readHostCertificate(der!) ?? []);
}

/** A certificate in DER; `undefined` when it is none. Never throws. */
export function readHostCertificate(der: Uint8Array): HostCertificate | undefined {
  const contents = readCertificate(der);
  if (contents === undefined) return undefined;
  try {
    const certificate = new X509Certificate(der);
    const { dnsNames, notBefore, notAfter, publicKey } = contents;
    return {
      ...{ der, dnsNames, notBefore, notAfter },
      publicKey: publicKey.toBase64(),
      isIssuedBy: (authority) => isIssuedBy(certificate, authority.der),
    };
  } catch {
    return undefined;
  }
}

function isIssuedBy(certificate: X509Certificate, authorityDer: Uint8Array): boolean {
  try {
    const authority = new X509Certificate(authorityDer);
    return authority.ca && certificate.checkIssued(authority) &&
      certificate.verify(authority.publicKey);
  } catch {
    return false;
  }
}

/** Whether two certificates are the same. */
export function isSameDer(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, index) => byte === b[index]);
}
