/**
 * Checks the PEM files that a program gives to the QUIC library, whose own messages name neither
 * the file nor the reason. Run it at start and again before every reload.
 */

import { createPrivateKey, createPublicKey } from "node:crypto";
import { derTag, readDerChildren, readDerTagged } from "./der.ts";
import { ConfigError } from "./errors.ts";
import { type AuthorisedName, authorisedNames, readCertificate } from "./identity.ts";
import { readPem } from "./pem.ts";
import { quote } from "./printable.ts";

/** The files to check. */
export interface TlsFiles {
  /** The program's own certificate (its chain after it) and private key. */
  readonly identity?: { readonly certificateFile: string; readonly keyFile: string } | undefined;
  /** The certificates of the authorities whose peers are trusted. */
  readonly caFile?: string | undefined;
}

/** What `/status` and the metrics tell of a certificate. */
export interface CertificateInfo {
  /** The file that it is in. */
  readonly file: string;
  /** The first common name of its subject, if it has one. */
  readonly commonName: string | undefined;
  /** The DNS names of its subjectAltName extension. */
  readonly dnsNames: readonly string[];
  /** What its `ROLE.SERVICE.ztna` names allow. */
  readonly names: readonly AuthorisedName[];
  /** Validity, in milliseconds since 1970. */
  readonly notBefore: number;
  readonly notAfter: number;
}

/** The outcome of {@linkcode checkTlsFiles}: everything can be used. */
export interface TlsFilesReport {
  /** The program's own certificate. */
  readonly certificate: CertificateInfo | undefined;
  /** The certificates of `caFile`. */
  readonly authorities: readonly CertificateInfo[];
  /** What will become a problem, one sentence each. */
  readonly warnings: readonly string[];
}

/** A certificate with less than this to go is warned of: 14 days, in ms. */
export const expiryWarningMs = 14 * 86_400_000;

/** No certificate bundle is larger (the system's has about 250 KiB), in bytes. */
const maxFileBytes = 1024 * 1024;

/**
 * Reads and checks certificate, key and authorities.
 *
 * @param now Milliseconds since 1970.
 * @throws {ConfigError} when something cannot be used, with one line for each mistake.
 */
export function checkTlsFiles(files: TlsFiles, now: number = Date.now()): TlsFilesReport {
  const problems: string[] = [];
  const warnings: string[] = [];
  const attempt = <T>(check: () => T): T | undefined => {
    try {
      return check();
    } catch (error) {
      if (!(error instanceof ConfigError)) throw error;
      problems.push(error.message);
      return undefined;
    }
  };
  let certificate: CertificateInfo | undefined;
  if (files.identity !== undefined) {
    const { certificateFile, keyFile } = files.identity;
    const chain = attempt(() => checkChain(certificateFile, now, warnings));
    const publicKey = attempt(() => readKey(keyFile, warnings));
    if (chain !== undefined && publicKey !== undefined) {
      attempt(() => checkKeyMatches(chain, publicKey, keyFile));
    }
    certificate = chain?.[0]?.info;
  }
  const authorities = files.caFile === undefined
    ? []
    : attempt(() => checkAuthorities(files.caFile!, now, warnings)) ?? [];
  if (problems.length > 0) throw new ConfigError(problems.join("\n"));
  return { certificate, authorities, warnings };
}

interface ReadCertificate {
  readonly info: CertificateInfo;
  /** The contents of the subjectPublicKey bit string. */
  readonly keyBits: Uint8Array;
}

function checkChain(file: string, now: number, warnings: string[]): ReadCertificate[] {
  const chain = readCertificates("certificate", file);
  for (const [index, { info }] of chain.entries()) {
    const which = index === 0 ? "it" : `certificate ${index + 1} in it (${nameOf(info)})`;
    if (info.notBefore > now) {
      throw new ConfigError(
        `Cannot use the certificate file "${file}" as ${which} is not valid before ` +
          `${isoTime(info.notBefore)}: the clock says ${isoTime(now)}; correct the clock, or wait`,
      );
    }
    if (info.notAfter < now) {
      throw new ConfigError(
        `Cannot use the certificate file "${file}" as ${which} expired on ` +
          `${isoTime(info.notAfter)}: the clock says ${isoTime(now)}; renew the certificate`,
      );
    }
    if (info.notAfter - now < expiryWarningMs) {
      warnings.push(
        `The certificate file "${file}" needs renewal: ${which} expires on ` +
          isoTime(info.notAfter),
      );
    }
  }
  return chain;
}

function checkAuthorities(file: string, now: number, warnings: string[]): CertificateInfo[] {
  const infos = readCertificates("CA", file).map(({ info }) => info);
  const valid = infos.filter((info) => info.notBefore <= now && info.notAfter >= now);
  if (valid.length === 0) {
    const [first] = infos;
    throw new ConfigError(
      `Cannot use the CA file "${file}" as no certificate in it is valid now: ` +
        `${nameOf(first!)} is valid from ${isoTime(first!.notBefore)} to ` +
        `${isoTime(first!.notAfter)}, the clock says ${isoTime(now)}`,
    );
  }
  for (const info of infos) {
    if (info.notAfter - now >= expiryWarningMs) continue;
    const verb = info.notAfter < now ? "expired" : "expires";
    warnings.push(
      `The CA file "${file}" has a certificate (${nameOf(info)}) that ${verb} on ` +
        isoTime(info.notAfter),
    );
  }
  return infos;
}

function checkKeyMatches(
  chain: readonly ReadCertificate[],
  keyBits: Uint8Array,
  keyFile: string,
): void {
  const index = chain.findIndex((certificate) => sameBytes(certificate.keyBits, keyBits));
  if (index === 0) return;
  const { file } = chain[0]!.info;
  throw new ConfigError(
    index > 0
      ? `Cannot use the certificate file "${file}" as its first certificate must be the one that ` +
        `the key file "${keyFile}" belongs to: it is number ${index + 1}; move it to the top`
      : `Cannot use the key file "${keyFile}" as it must belong to the certificate in "${file}": ` +
        `it is another key; give the pair that was issued together`,
  );
}

function readCertificates(kind: "certificate" | "CA", file: string): ReadCertificate[] {
  const blocks = readPem(readTextFile(kind, file));
  const certificates: ReadCertificate[] = [];
  for (const block of blocks) {
    if (block.label !== "CERTIFICATE" && block.label !== "X509 CERTIFICATE") continue;
    const contents = block.der === undefined ? undefined : readCertificate(block.der);
    const keyBits = contents === undefined ? undefined : publicKeyBits(contents.publicKey);
    if (contents === undefined || keyBits === undefined) {
      throw new ConfigError(
        `Cannot use the ${kind} file "${file}" as every CERTIFICATE block in it must be readable ` +
          `X.509: block ${certificates.length + 1} is damaged; copy or issue the file again`,
      );
    }
    const { commonName, dnsNames, notBefore, notAfter } = contents;
    const names = authorisedNames(dnsNames);
    certificates.push({
      info: { file, commonName, dnsNames, names, notBefore, notAfter },
      keyBits,
    });
  }
  if (certificates.length > 0) return certificates;
  throw new ConfigError(
    `Cannot use the ${kind} file "${file}" as it must be PEM with a CERTIFICATE block: ` +
      `it has ${describe(blocks)}`,
  );
}

/** The subjectPublicKey bits that belong to the private key in `file`. */
function readKey(file: string, warnings: string[]): Uint8Array {
  const text = readTextFile("key", file);
  const blocks = readPem(text);
  const block = blocks.find(({ label }) => label.endsWith("PRIVATE KEY"));
  if (block === undefined) {
    throw new ConfigError(
      `Cannot use the key file "${file}" as it must be PEM with a PRIVATE KEY block: ` +
        `it has ${describe(blocks)}`,
    );
  }
  if (block.label.startsWith("ENCRYPTED") || text.includes("Proc-Type: 4,ENCRYPTED")) {
    throw new ConfigError(
      `Cannot use the key file "${file}" as the key must not be encrypted: write it without a ` +
        `passphrase ("openssl pkey") into a file that only this program's user can read`,
    );
  }
  let keyBits: Uint8Array | undefined;
  try {
    const der = createPublicKey(createPrivateKey(text)).export({ type: "spki", format: "der" });
    keyBits = publicKeyBits(new Uint8Array(der));
  } catch {
    // Neither the library's reason nor anything of the file's contents belongs into a message.
  }
  if (keyBits === undefined) {
    throw new ConfigError(
      `Cannot use the key file "${file}" as its ${block.label} block must be an unencrypted ` +
        `EC, RSA or Ed25519 key: it is damaged or of another kind; copy or issue the file again`,
    );
  }
  const mode = Deno.statSync(file).mode ?? 0;
  if ((mode & 0o007) !== 0) {
    warnings.push(
      `The key file "${file}" can be read or changed by every user of this machine: ` +
        `its mode is ${(mode & 0o777).toString(8).padStart(4, "0")}; "chmod 600" it`,
    );
  }
  return keyBits;
}

function readTextFile(kind: string, file: string): string {
  const cannot = (why: string): never => {
    throw new ConfigError(`Cannot use the ${kind} file "${file}" as ${why}`);
  };
  try {
    const info = Deno.statSync(file);
    if (!info.isFile) cannot("it must be a regular file: it is a directory or a device");
    if (info.size > maxFileBytes) {
      cannot(`it must not be larger than ${maxFileBytes} bytes: it has ${info.size}`);
    }
    // Latin-1, since PEM is ASCII and comments around it may be anything.
    return new TextDecoder("latin1").decode(Deno.readFileSync(file));
  } catch (error) {
    if (error instanceof ConfigError) throw error;
    if (error instanceof Deno.errors.NotFound) {
      return cannot("it must exist: there is no such file; create it, or give another path");
    }
    const detail = error instanceof Error ? error.message : String(error);
    return cannot(`it must be readable for the user of this process: ${detail}`);
  }
}

function publicKeyBits(spki: Uint8Array): Uint8Array | undefined {
  const outer = readDerTagged(spki, 0, spki.length, derTag.sequence);
  const bits = outer === undefined ? undefined : readDerChildren(spki, outer)?.[1];
  return bits?.tag === derTag.bitString ? spki.subarray(bits.start, bits.end) : undefined;
}

function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, index) => byte === b[index]);
}

function describe(blocks: readonly { label: string }[]): string {
  if (blocks.length === 0) return "no PEM block at all";
  return [...new Set(blocks.map(({ label }) => label))].slice(0, 4).join(", ");
}

function nameOf(info: CertificateInfo): string {
  return info.commonName === undefined ? "without a common name" : quote(info.commonName);
}

function isoTime(timeMs: number): string {
  const date = new Date(timeMs);
  return Number.isNaN(date.getTime()) ? "an impossible date" : date.toISOString();
}
