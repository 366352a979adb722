import { certificateRequestOf } from "../fleet/credentials.ts";
import type { FleetHost } from "../fleet/fleet.ts";
import { authorityFile } from "../fleet/program_files.ts";
import { CertificateAuthority } from "../pki/certificate_authority.ts";
import {
  keyFilesOf,
  tlsDirectories,
  type TlsFacts,
  tlsPairsOf,
  type TlsPath,
} from "./facts/tls.ts";
import { readCertificates } from "./host_certificate.ts";

/** How {@linkcode tlsFacts} makes certificates. */
export interface TlsFactsOptions {
  /** Who issues them. */
  readonly authority: CertificateAuthority;
  /** Start of their validity, in ms since 1970. */
  readonly issuedMs: number;
  readonly lifetimeDays?: number;
}

/** A new authority. @param now Start of its validity, in ms since 1970. */
export async function testAuthority(now: number): Promise<CertificateAuthority> {
  return (await CertificateAuthority.create({ name: "test", now })).authority;
}

/** The TLS files of a host that is well. */
export async function tlsFacts(
  host: FleetHost,
  { authority, issuedMs, lifetimeDays = 365 }: TlsFactsOptions,
): Promise<TlsFacts> {
  const certificates: Record<string, string> = { [authorityFile]: authority.certificatePem };
  const publicKeys: Record<string, string> = {};
  for (const { program, certificateFile, keyFile } of tlsPairsOf(host)) {
    const request = certificateRequestOf(host, program);
    const { certificatePem } = await authority.issue(request, issuedMs, lifetimeDays);
    certificates[certificateFile] = certificatePem;
    publicKeys[keyFile] = readCertificates(certificatePem)[0]!.publicKey;
  }
  const key: TlsPath = { type: "file", mode: 0o600, owner: "ztna", group: "ztna" };
  const directory: TlsPath = { type: "directory", mode: 0o750, owner: "root", group: "ztna" };
  return {
    certificates,
    publicKeys,
    tellsPublicKeys: true,
    paths: Object.fromEntries([
      ...tlsDirectories.map((path) => [path, directory] as const),
      ...keyFilesOf(host).map((path) => [path, key] as const),
    ]),
  };
}
