import { assertEquals } from "@std/assert";
import { hostPaths, serviceUser } from "../../ops/host_paths.ts";
import { configFileOf, tlsFilesOf } from "../../ops/fleet/program_files.ts";
import { readUnits } from "../../ops/fleet/units.ts";
import { buildRelease } from "../../ops/release/build/build_release.ts";
import type { LabHost } from "../lab/lab.ts";
import type { Finished } from "../lab/program.ts";
import { TestCertificates } from "./certificates.ts";

const root = new URL("../../", import.meta.url).pathname.replace(/\/$/, "");

/** The service that the host's connector provides, by its application. */
export const hostService = "web";

/** How the programs of a {@linkcode ProgramHost} are configured. */
export type HostConfiguration = Readonly<Record<"relay" | "connector", Record<string, unknown>>>;

/**
 * A lab host with the release of this checkout, its units, and the configuration of a relay, a
 * connector and the sample application on it; nothing is started.
 */
export class ProgramHost {
  readonly host: LabHost;
  readonly releaseId: string;

  private constructor(host: LabHost, releaseId: string) {
    this.host = host;
    this.releaseId = releaseId;
  }

  /** Installs everything on a host that runs. */
  static async install(host: LabHost): Promise<ProgramHost> {
    const { signal } = new AbortController();
    const release = await buildRelease({ checkout: root, platform: "linux-x64", signal });
    const installed = new ProgramHost(host, release.id);
    const { runtimes, releases, tls } = hostPaths;
    await installed.run(`
      useradd --system --user-group --no-create-home --shell /usr/sbin/nologin ${serviceUser}
      mkdir -p ${runtimes}/${release.runtime.name} ${releases}/${release.id} ${tls}
      ln -s releases/${release.id} ${hostPaths.current}`);
    await unpack(release.archive.file, installed.path(`${releases}/${release.id}`));
    await unpack(
      release.runtime.file,
      installed.path(`${runtimes}/${release.runtime.name}`),
      ["--strip-components=1", "package/deno"],
    );
    for (const [name, text] of Object.entries(readUnits(root))) {
      installed.write(`${hostPaths.units}/${name}`, text);
    }
    await installed.#issueCertificates();
    installed.configure("relay", {});
    installed.configure("connector", {});
    await installed.run(`
      chown -R root:${serviceUser} ${hostPaths.config}
      chmod 0750 ${hostPaths.config} ${tls}
      chown ${serviceUser}: ${tls}/*.key
      chmod 0600 ${tls}/*.key
      systemctl daemon-reload`);
    return installed;
  }

  /** Where a file of the host is on this machine, while the host runs. */
  path(path: string): string {
    return `/proc/${this.host.power.init}/root${path}`;
  }

  /** Writes a file that everybody may read. */
  write(path: string, text: string): void {
    Deno.mkdirSync(this.path(path.slice(0, path.lastIndexOf("/"))), { recursive: true });
    Deno.writeTextFileSync(this.path(path), text, { mode: 0o644 });
  }

  /** Writes a program's configuration; `change` wins. */
  configure(program: "relay" | "connector", change: Readonly<Record<string, unknown>>): void {
    const config = { ...this.#configuration[program], ...change };
    this.write(configFileOf(program), JSON.stringify(config));
  }

  /** Runs a script as root that must succeed, and gives its standard output. */
  async run(script: string): Promise<string> {
    const { code, stdout, stderr } = await this.try(script);
    assertEquals(code, 0, `${script}\n${stdout}${stderr}`);
    return stdout;
  }

  /** Runs a script as root. */
  async try(script: string): Promise<Finished> {
    return await this.host.exec(script);
  }

  get #configuration(): HostConfiguration {
    const [relay, connector] = [tlsFilesOf("relay"), tlsFilesOf("connector")];
    const authority = `${hostPaths.tls}/ca.pem`;
    return {
      relay: {
        cert_path: relay.certificateFile,
        key_path: relay.keyFile,
        ca_cert_path: authority,
      },
      connector: {
        intermediate_server: { host: "127.0.0.1", port: 4433 },
        services: [{ id: hostService, backend: "127.0.0.1:9999", protocol: "udp" }],
        ca_cert: authority,
        client_cert: connector.certificateFile,
        client_key: connector.keyFile,
      },
    };
  }

  async #issueCertificates(): Promise<void> {
    using certificates = await TestCertificates.create();
    this.write(`${hostPaths.tls}/ca.pem`, certificates.caPem);
    for (
      const [program, { certificatePem, keyPem }] of [
        ["relay", await certificates.server()],
        ["connector", await certificates.client("connector", "c", [hostService])],
      ] as const
    ) {
      const { certificateFile, keyFile } = tlsFilesOf(program);
      this.write(certificateFile, certificatePem);
      this.write(keyFile, keyPem);
    }
  }
}

async function unpack(archive: string, directory: string, more: string[] = []): Promise<void> {
  const { code, stderr } = await new Deno.Command("tar", {
    args: [
      "--extract",
      "--no-same-owner",
      `--file=${archive}`,
      `--directory=${directory}`,
      ...more,
    ],
  }).output();
  assertEquals(code, 0, new TextDecoder().decode(stderr));
}
