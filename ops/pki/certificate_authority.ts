import "reflect-metadata"; // before @peculiar/x509, which looks for it while it loads
import * as x509 from "@peculiar/x509";
import { isIP } from "node:net";
import { ConfigError } from "../../tunnel/errors.ts";
import { readPem, writePem } from "../../tunnel/pem.ts";
import type { CertificateRequest } from "./certificate_request.ts";

const ecdsa = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" };
const dayMs = 86_400_000;

/** How long an authority's certificate is valid: 10 years, in days. */
export const authorityLifetimeDays = 3650;
/** How long a program's certificate is valid unless said otherwise, in days. */
export const certificateLifetimeDays = 365;
/** How far certificates are dated back, for hosts whose clock is behind, in ms. */
const backdateMs = 5 * 60_000;

/** A certificate and its private key as PEM texts. */
export interface IssuedCertificate {
  readonly certificatePem: string;
  /** PKCS #8, not encrypted: write it with mode 0600 and show it nowhere. */
  readonly keyPem: string;
}

/** What a certificate that was issued says. */
export interface IssuedContents extends CertificateRequest {
  /** Validity, in milliseconds since 1970. */
  readonly notBefore: number;
  readonly notAfter: number;
}

/** A small certificate authority: one P-256 key that signs certificates of programs only. */
export class CertificateAuthority {
  readonly #certificate: x509.X509Certificate;
  readonly #privateKey: CryptoKey;

  private constructor(certificate: x509.X509Certificate, privateKey: CryptoKey) {
    this.#certificate = certificate;
    this.#privateKey = privateKey;
  }

  /** Makes a new authority; its texts can be kept and given to {@linkcode load}. */
  static async create(
    options: {
      /** What the subject begins with; a part of the key's digest follows. */
      name: string;
      /** Start of validity, in milliseconds since 1970. */
      now: number;
    },
  ): Promise<{ authority: CertificateAuthority; files: IssuedCertificate }> {
    const keys = await crypto.subtle.generateKey(ecdsa, true, ["sign", "verify"]);
    const keyId = await x509.SubjectKeyIdentifierExtension.create(keys.publicKey);
    // Two authorities must not share a subject: verifiers look issuers up by it.
    const subject = [{ O: ["ztna-fleet"] }, { CN: [`${options.name} ${keyId.keyId.slice(0, 8)}`] }];
    const certificate = await x509.X509CertificateGenerator.create({
      serialNumber: randomSerial(),
      subject,
      issuer: subject,
      notBefore: new Date(options.now - backdateMs),
      notAfter: new Date(options.now + authorityLifetimeDays * dayMs),
      publicKey: keys.publicKey,
      signingKey: keys.privateKey,
      signingAlgorithm: ecdsa,
      extensions: [
        new x509.BasicConstraintsExtension(true, 0, true),
        new x509.KeyUsagesExtension(
          x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign,
          true,
        ),
        keyId,
      ],
    });
    return {
      authority: new CertificateAuthority(certificate, keys.privateKey),
      files: await toPem(certificate, keys.privateKey),
    };
  }

  /**
   * Takes an authority's texts back.
   *
   * @param where Names the files in messages.
   * @throws {ConfigError} when they are damaged, don't belong together or are no authority's.
   */
  static async load(
    files: IssuedCertificate,
    where: { certificateFile: string; keyFile: string },
  ): Promise<CertificateAuthority> {
    const cannot = (file: string, why: string): ConfigError =>
      new ConfigError(
        `Cannot use the certificate authority in "${file}" as ${why}: put both files back from ` +
          `a copy, or remove them to begin with a new authority`,
      );
    const certificate = parseCertificate(files.certificatePem);
    if (certificate?.getExtension(x509.BasicConstraintsExtension)?.ca !== true) {
      throw cannot(where.certificateFile, "it must be the certificate of an authority (CA:TRUE)");
    }
    const privateKey = await importKey(files.keyPem);
    if (privateKey === undefined) throw cannot(where.keyFile, "it must be a P-256 key in PKCS #8");
    const challenge = crypto.getRandomValues(new Uint8Array(32));
    const signature = await crypto.subtle.sign(ecdsa, privateKey, challenge);
    const publicKey = await certificate.publicKey.export(ecdsa, ["verify"]).catch(() => undefined);
    if (
      publicKey === undefined ||
      !(await crypto.subtle.verify(ecdsa, publicKey, signature, challenge))
    ) throw cannot(where.keyFile, `the key must belong to "${where.certificateFile}"`);
    return new CertificateAuthority(certificate, privateKey);
  }

  /** The authority's own certificate, for those who shall trust it. */
  get certificatePem(): string {
    return writePem("CERTIFICATE", new Uint8Array(this.#certificate.rawData));
  }

  /** The end of its validity, in milliseconds since 1970. */
  get notAfter(): number {
    return this.#certificate.notAfter.getTime();
  }

  /**
   * Issues a certificate with a new key.
   *
   * @param now Start of validity, in milliseconds since 1970.
   * @param lifetimeDays Never beyond the authority's own end.
   * @throws {ConfigError} when the authority itself has expired.
   */
  async issue(
    request: CertificateRequest,
    now: number,
    lifetimeDays: number = certificateLifetimeDays,
  ): Promise<IssuedCertificate> {
    if (now >= this.notAfter) {
      throw new ConfigError(
        `Cannot issue a certificate for "${request.commonName}" as the authority must be valid: ` +
          `it expired on ${new Date(this.notAfter).toISOString()}; begin with a new authority`,
      );
    }
    const keys = await crypto.subtle.generateKey(ecdsa, true, ["sign", "verify"]);
    const notBefore = Math.max(now - backdateMs, this.#certificate.notBefore.getTime());
    const certificate = await x509.X509CertificateGenerator.create({
      serialNumber: randomSerial(),
      subject: [{ CN: [request.commonName] }],
      issuer: this.#certificate.subjectName,
      notBefore: new Date(notBefore),
      notAfter: new Date(Math.min(now + lifetimeDays * dayMs, this.notAfter)),
      publicKey: keys.publicKey,
      signingKey: this.#privateKey,
      signingAlgorithm: ecdsa,
      extensions: [
        new x509.BasicConstraintsExtension(false, undefined, true),
        new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
        new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage[`${request.usage}Auth`]]),
        new x509.SubjectAlternativeNameExtension(request.names.map(generalName)),
        await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
        await x509.AuthorityKeyIdentifierExtension.create(this.#certificate.publicKey),
      ],
    });
    return await toPem(certificate, keys.privateKey);
  }

  /**
   * What the first certificate of a PEM text says, if this authority has signed it; `undefined`
   * otherwise. Never throws.
   */
  async inspect(certificatePem: string): Promise<IssuedContents | undefined> {
    try {
      const certificate = parseCertificate(certificatePem);
      const { publicKey } = this.#certificate;
      if (!(await certificate?.verify({ publicKey, signatureOnly: true }))) return undefined;
      const usages = certificate!.getExtension(x509.ExtendedKeyUsageExtension)?.usages;
      const names = certificate!.getExtension(x509.SubjectAlternativeNameExtension)?.names.items;
      return {
        commonName: certificate!.subjectName.getField("CN")[0] ?? "",
        usage: usages?.includes(x509.ExtendedKeyUsage.clientAuth) === true ? "client" : "server",
        names: names?.map(({ value }) => value) ?? [],
        notBefore: certificate!.notBefore.getTime(),
        notAfter: certificate!.notAfter.getTime(),
      };
    } catch {
      return undefined;
    }
  }
}

function generalName(value: string): x509.JsonGeneralName {
  return { type: isIP(value) === 0 ? "dns" : "ip", value };
}

function parseCertificate(pem: string): x509.X509Certificate | undefined {
  const block = readPem(pem).find(({ label }) => label === "CERTIFICATE");
  if (block?.der === undefined) return undefined;
  try {
    return new x509.X509Certificate(block.der.slice());
  } catch {
    return undefined;
  }
}

async function importKey(pem: string): Promise<CryptoKey | undefined> {
  const block = readPem(pem).find(({ label }) => label === "PRIVATE KEY");
  if (block?.der === undefined) return undefined;
  try {
    return await crypto.subtle.importKey("pkcs8", block.der.slice(), ecdsa, false, ["sign"]);
  } catch {
    return undefined;
  }
}

async function toPem(
  certificate: x509.X509Certificate,
  privateKey: CryptoKey,
): Promise<IssuedCertificate> {
  return {
    certificatePem: writePem("CERTIFICATE", new Uint8Array(certificate.rawData)),
    keyPem: writePem(
      "PRIVATE KEY",
      new Uint8Array(await crypto.subtle.exportKey("pkcs8", privateKey)),
    ),
  };
}

/** 16 random bytes whose first is 0x01 to 0x7f: positive and never shortened (RFC 5280 4.1.2.2). */
function randomSerial(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[0] = (bytes[0]! % 0x7f) + 1;
  return bytes.toHex();
}
