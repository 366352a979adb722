import { type KeyObject, X509Certificate } from "node:crypto";
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
  /** Whether it is signed by the holder of another, which is an authority's. */
  isIssuedBy(authority: HostCertificate): boolean;
}

/** Certificates of one file that are read; ours have one each. */
const maxCertificates = 10;
/** Texts of which is remembered what is in them: those of a host are looked at by several checks. */
const maxRemembered = 16;

const remembered = new Map<string, HostCertificate[]>();

/** The certificates in a PEM text, in order; those that can't be read are left out. Never throws. */
export function readCertificates(pem: string): readonly HostCertificate[] {
  const known = remembered.get(pem);
  if (known !== undefined) {
    // The oldest go first, and an authority's is asked for again and again.
    remembered.delete(pem);
    remembered.set(pem, known);
    return known;
  }
  const found = readPem(pem).filter(({ label, der }) =>
    label === "CERTIFICATE" && der !== undefined
  )
    .slice(0, maxCertificates)
    .flatMap(({ der }) => readHostCertificate(der!) ?? []);
  remembered.set(pem, found);
  if (remembered.size > maxRemembered) {
    remembered.delete(remembered.keys().next().value!);
  }
  return found;
}

/** A certificate in DER; `undefined` when it is none. Never throws. */
export function readHostCertificate(der: Uint8Array): HostCertificate | undefined {
  const contents = readCertificate(der);
  if (contents === undefined) return undefined;
  try {
    return new ReadCertificate(der, contents);
  } catch {
    return undefined;
  }
}

/** Whether two certificates are the same. */
export function isSameDer(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, index) => byte === b[index]);
}

class ReadCertificate implements HostCertificate {
  readonly der: Uint8Array;
  readonly dnsNames: readonly string[];
  readonly notBefore: number;
  readonly notAfter: number;
  readonly publicKey: string;
  readonly #x509: X509Certificate;
  readonly #issuers = new WeakMap<ReadCertificate, boolean>();
  #key: KeyObject | undefined;

  /** @throws when the library can't read it. */
  constructor(der: Uint8Array, contents: NonNullable<ReturnType<typeof readCertificate>>) {
    this.der = der;
    this.dnsNames = contents.dnsNames;
    this.notBefore = contents.notBefore;
    this.notAfter = contents.notAfter;
    this.publicKey = contents.publicKey.toBase64();
    this.#x509 = new X509Certificate(der);
  }

  isIssuedBy(authority: HostCertificate): boolean {
    if (!(authority instanceof ReadCertificate)) return false;
    // Several checks ask, and a signature takes half a millisecond.
    const isIssued = this.#issuers.get(authority) ?? this.#verify(authority);
    this.#issuers.set(authority, isIssued);
    return isIssued;
  }

  #verify(authority: ReadCertificate): boolean {
    try {
      const issuer = authority.#x509;
      return issuer.ca && this.#x509.checkIssued(issuer) && this.#x509.verify(authority.#keyObject);
    } catch {
      return false;
    }
  }

  get #keyObject(): KeyObject {
    return this.#key ??= this.#x509.publicKey;
  }
}
