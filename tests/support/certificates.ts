import { CertificateAuthority } from "../../ops/pki/certificate_authority.ts";
import {
  type CertificateRequest,
  clientCertificate,
  serverCertificate,
} from "../../ops/pki/certificate_request.ts";
import type { TlsIdentity } from "../../tunnel/quic/tls_config.ts";

/** A certificate and its key, as files and as texts. */
export interface TestIdentity extends TlsIdentity {
  readonly certificatePem: string;
  readonly keyPem: string;
}

/**
 * A certificate authority with a temporary directory for what it issues; disposing of it removes
 * the directory.
 */
export class TestCertificates implements Disposable {
  /** Where the files are. */
  readonly directory: string;
  /** The authority's certificate. */
  readonly caFile: string;
  readonly caPem: string;
  readonly #authority: CertificateAuthority;

  private constructor(directory: string, authority: CertificateAuthority) {
    this.directory = directory;
    this.#authority = authority;
    this.caPem = authority.certificatePem;
    this.caFile = `${directory}/ca.pem`;
    Deno.writeTextFileSync(this.caFile, this.caPem);
  }

  /** Makes a new authority. */
  static async create(name = "test authority"): Promise<TestCertificates> {
    const { authority } = await CertificateAuthority.create({ name, now: Date.now() });
    return new TestCertificates(Deno.makeTempDirSync({ prefix: "ztna-test-" }), authority);
  }

  /** A relay's certificate: for `ztna-server`, `localhost`, `127.0.0.1` and `hosts`. */
  async server(name = "relay", hosts: readonly string[] = []): Promise<TestIdentity> {
    const names = ["localhost", "127.0.0.1", ...hosts];
    return await this.issue(name, serverCertificate("relay", name, names));
  }

  /** A client's certificate, with one `ROLE.SERVICE.ztna` name for each service. */
  async client(
    role: "agent" | "connector",
    name: string,
    serviceIds: readonly string[],
  ): Promise<TestIdentity> {
    return await this.issue(name, clientCertificate(role, name, serviceIds));
  }

  /** A client's certificate with any names, or none. */
  async clientWithNames(name: string, names: readonly string[]): Promise<TestIdentity> {
    return await this.issue(name, { commonName: name, usage: "client", names });
  }

  /** Any certificate; `name` is that of its files. */
  async issue(
    name: string,
    request: CertificateRequest,
    issuedAtMs: number = Date.now(),
  ): Promise<TestIdentity> {
    return this.#write(name, await this.#authority.issue(request, issuedAtMs));
  }

  #write(name: string, issued: { certificatePem: string; keyPem: string }): TestIdentity {
    const certificateFile = `${this.directory}/${name}.pem`;
    const keyFile = `${this.directory}/${name}.key`;
    Deno.writeTextFileSync(certificateFile, issued.certificatePem);
    Deno.writeTextFileSync(keyFile, issued.keyPem, { mode: 0o600 });
    return { certificateFile, keyFile, ...issued };
  }

  [Symbol.dispose](): void {
    Deno.removeSync(this.directory, { recursive: true });
  }
}
