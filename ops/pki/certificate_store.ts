import { ConfigError } from "../../tunnel/errors.ts";
import { checkTlsFiles } from "../../tunnel/tls_files.ts";
import { writeFileAtomically } from "../atomic_file.ts";
import type { CertificateAuthority, IssuedContents } from "./certificate_authority.ts";
import type { CertificateRequest } from "./certificate_request.ts";

/** Where a certificate and its key are. */
export interface CertificateFiles {
  readonly certificateFile: string;
  readonly keyFile: string;
}

/** Only where they are used: what makes certificates takes a third of a sweep's start to load. */
function loadAuthorities(): Promise<typeof import("./certificate_authority.ts")> {
  return import("./certificate_authority.ts");
}

/** A directory with an authority (`ca.pem`, `ca.key`) and what it has issued (`NAME.pem`, `.key`). */
export class CertificateStore {
  readonly #directory: string;

  /** @param directory Made on the first write, with mode 0700. */
  constructor(directory: string) {
    this.#directory = directory;
  }

  /** The paths of `name`; whether the files exist is another question. */
  files(name: string): CertificateFiles {
    return {
      certificateFile: `${this.#directory}/${name}.pem`,
      keyFile: `${this.#directory}/${name}.key`,
    };
  }

  /**
   * The authority, or `undefined` when there is none yet or it has expired.
   *
   * @throws {ConfigError} when its files are there but cannot be used.
   */
  async openAuthority(now: number): Promise<CertificateAuthority | undefined> {
    const files = this.files("ca");
    const certificatePem = readIfExists(files.certificateFile);
    // The key is written first: without a certificate beside it, it has never signed anything.
    if (certificatePem === undefined) return undefined;
    const keyPem = readIfExists(files.keyFile);
    if (keyPem === undefined) {
      throw new ConfigError(
        `Cannot use the certificate authority in "${files.certificateFile}" as its key must be ` +
          `beside it: there is no "${files.keyFile}"; put it back, or remove both files to ` +
          `begin with a new authority`,
      );
    }
    const pki = await loadAuthorities();
    const authority = await pki.CertificateAuthority.load({ certificatePem, keyPem }, files);
    return authority.notAfter > now ? authority : undefined;
  }

  /** Makes a new authority in place of what there is. Everything must be issued anew after it. */
  async createAuthority(name: string, now: number): Promise<CertificateAuthority> {
    const pki = await loadAuthorities();
    const { authority, files } = await pki.CertificateAuthority.create({ name, now });
    this.#write("ca", files);
    return authority;
  }

  /**
   * What the certificate `name` says, or `undefined` when there is none that the authority has
   * signed and whose key belongs to it.
   */
  async inspect(
    name: string,
    authority: CertificateAuthority,
  ): Promise<IssuedContents | undefined> {
    const files = this.files(name);
    const contents = await authority.inspect(readIfExists(files.certificateFile) ?? "");
    if (contents === undefined) return undefined;
    try {
      // Only whether the key belongs to it; whether it is still valid is the caller's question.
      checkTlsFiles({ identity: files }, contents.notBefore);
      return contents;
    } catch (error) {
      if (error instanceof ConfigError) return undefined;
      throw error;
    }
  }

  /** Issues the certificate `name` in place of what there is. */
  async issue(
    name: string,
    authority: CertificateAuthority,
    request: CertificateRequest,
    now: number,
  ): Promise<void> {
    this.#write(name, await authority.issue(request, now));
  }

  #write(name: string, files: { certificatePem: string; keyPem: string }): void {
    Deno.mkdirSync(this.#directory, { recursive: true, mode: 0o700 });
    const { certificateFile, keyFile } = this.files(name);
    writeFileAtomically(keyFile, files.keyPem, 0o600);
    writeFileAtomically(certificateFile, files.certificatePem, 0o644);
  }
}

function readIfExists(path: string): string | undefined {
  try {
    return Deno.readTextFileSync(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}
