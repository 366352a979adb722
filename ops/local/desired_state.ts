import { createHash } from "node:crypto";
import type { CertificateRequest } from "../pki/certificate_request.ts";
import { CertificateStore } from "../pki/certificate_store.ts";
import { programPermissions } from "../release/permissions.ts";
import {
  localAddress,
  localCertificates,
  type LocalPorts,
  localServiceId,
  type ProgramName,
} from "./inventory.ts";
import type { StatePaths } from "./state_paths.ts";
import type { ProgramSpec } from "./supervisor/program_spec.ts";

/** A certificate that must be there. */
export interface DesiredCertificate {
  readonly name: string;
  readonly request: CertificateRequest;
  readonly certificateFile: string;
  readonly keyFile: string;
}

/** A file with its whole contents. */
export interface DesiredFile {
  readonly path: string;
  readonly contents: string;
}

/** A program that must run, as it must run. */
export interface DesiredProgram {
  readonly name: ProgramName;
  readonly command: string;
  readonly args: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
  /** Files that it reads at its start only: it must be restarted when one changes. */
  readonly files: readonly string[];
}

/** Everything that deploy makes true. */
export interface DesiredState {
  readonly release: string;
  readonly ports: LocalPorts;
  /** Where the authority's certificate is. */
  readonly authorityFile: string;
  readonly retryKeyFile: string;
  readonly certificates: readonly DesiredCertificate[];
  readonly files: readonly DesiredFile[];
  readonly programs: readonly DesiredProgram[];
  /** Changes when the supervisor's own program does. */
  readonly supervisorFingerprint: string;
}

/** What {@linkcode desiredState} depends on. */
export interface DesiredStateInputs {
  readonly paths: StatePaths;
  readonly ports: LocalPorts;
  readonly release: string;
  /** The checkout's directory. */
  readonly checkout: string;
  /** The Deno executable that runs the programs. */
  readonly deno: string;
  /** Digests of the sample application's and of the supervisor's source. */
  readonly applicationDigest: string;
  readonly supervisorDigest: string;
}

/** What is deployed, for `status`, `down` and the next `deploy`. */
export interface DeploymentFile {
  readonly schema: 1;
  readonly release: string;
  readonly checkout: string;
  readonly serviceId: string;
  readonly ports: LocalPorts;
}

/** What the local deployment must look like. A pure function of its inputs. */
export function desiredState(inputs: DesiredStateInputs): DesiredState {
  const { paths, ports, release, checkout, deno } = inputs;
  const store = new CertificateStore(paths.tls);
  const authorityFile = store.files("ca").certificateFile;
  const [relayTls, connectorTls] = [store.files("relay"), store.files("connector")];
  const configFile = (name: string): string => `${paths.config}/${name}.json`;
  const config = (name: string, value: unknown): DesiredFile => ({
    path: configFile(name),
    contents: `${JSON.stringify(value, undefined, 2)}\n`,
  });
  const relayConfig = config("relay", {
    port: ports.relay,
    bind_addr: localAddress,
    cert_path: relayTls.certificateFile,
    key_path: relayTls.keyFile,
    ca_cert_path: authorityFile,
    verify_peer: true,
    require_client_cert: true,
    retry_key_path: paths.retryKeyFile,
    metrics_bind: localAddress,
    metrics_port: ports.relayAdmin,
    log_level: "info",
  });
  const connectorConfig = config("connector", {
    intermediate_server: { host: localAddress, port: ports.relay, server_name: "ztna-server" },
    services: [{
      id: localServiceId,
      backend: `${localAddress}:${ports.application}`,
      protocol: "udp",
    }],
    ca_cert: authorityFile,
    client_cert: connectorTls.certificateFile,
    client_key: connectorTls.keyFile,
    verify_peer: true,
    metrics_bind: localAddress,
    metrics_port: ports.connectorAdmin,
    log_level: "info",
  });
  const deployment: DeploymentFile = {
    schema: 1,
    release,
    checkout,
    serviceId: localServiceId,
    ports,
  };
  // `--cached-only`: deploy has fetched the dependencies; a start must never wait for a network.
  // Packets leave only short-lived objects behind: a small nursery (MiB) saves 2 KiB a connection.
  const run = [
    ...["run", "--quiet", "--no-prompt", "--cached-only", `--config=${checkout}/deno.json`],
    "--v8-flags=--max-semi-space-size=4",
  ];
  const program = (name: "relay" | "connector", files: readonly string[]): DesiredProgram => ({
    name,
    command: deno,
    args: [
      ...run,
      ...programPermissions(name, { read: [paths.tls, paths.config] }),
      `${checkout}/${name}/main.ts`,
      ...["--config", configFile(name)],
    ],
    environment: { ZTNA_RELEASE: release },
    files: [configFile(name), ...files],
  });
  return {
    release,
    ports,
    authorityFile,
    retryKeyFile: paths.retryKeyFile,
    certificates: Object.entries(localCertificates).map(([name, request]) => ({
      name,
      request,
      ...store.files(name),
    })),
    files: [relayConfig, connectorConfig, config("deployment", deployment)],
    programs: [
      {
        name: "application",
        command: deno,
        args: [
          ...run,
          `--allow-net=${localAddress}`,
          `${checkout}/ops/local/application.ts`,
          localAddress,
          String(ports.application),
        ],
        environment: { ZTNA_APPLICATION: inputs.applicationDigest },
        files: [],
      },
      program("relay", [
        authorityFile,
        relayTls.certificateFile,
        relayTls.keyFile,
        paths.retryKeyFile,
      ]),
      program("connector", [
        authorityFile,
        connectorTls.certificateFile,
        connectorTls.keyFile,
      ]),
    ],
    supervisorFingerprint: digest([deno, inputs.supervisorDigest]),
  };
}

/**
 * What a program's fingerprint is while its files have these digests.
 *
 * @param digests By path; a file that is not there has none.
 */
export function programFingerprint(
  program: DesiredProgram,
  digests: Readonly<Record<string, string | undefined>>,
): string {
  const files = program.files.map((path) => [path, digests[path] ?? null]);
  return digest([program.command, program.args, program.environment, files]);
}

/** What the supervisor gets to run. */
export function programSpecs(
  programs: readonly DesiredProgram[],
  digests: Readonly<Record<string, string | undefined>>,
): ProgramSpec[] {
  return programs.map((program) => ({
    name: program.name,
    command: program.command,
    args: program.args,
    environment: program.environment,
    fingerprint: programFingerprint(program, digests),
  }));
}

function digest(value: unknown): string {
  return createHash("sha256").update(JSON.stringify(value)).digest("hex");
}
