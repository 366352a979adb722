import type { FileResource, Handler, Play, Resource } from "../engine/resource/resource.ts";
import type { FleetCredentials } from "./credentials.ts";
import {
  type Fleet,
  type FleetHost,
  metricsTargetsOf,
  type ProgramName,
  programsOf,
  unitOf,
} from "./fleet.ts";
import { hostPaths, serviceUser } from "../host_paths.ts";
import {
  authorityFile,
  configFileOf,
  metricsTlsFiles,
  retryKeyFile,
  tlsFilesOf,
} from "./program_files.ts";
import { configText, connectorConfig, relayConfig } from "./program_config.ts";
import { udpBufferSettings } from "./udp_buffers.ts";
import { privilegedPortDropIn, restartScript, unitTemplates } from "./units.ts";

/** What {@linkcode hostPlays} depends on. */
export interface HostPlayInputs {
  readonly fleet: Fleet;
  readonly host: FleetHost;
  /** Without them, TLS files are no part of the plays. */
  readonly credentials: FleetCredentials | undefined;
  /** Texts of the unit files by their names, such as `ztna-relay@.service`. */
  readonly units: Readonly<Record<string, string>>;
  /**
   * Shell condition: whether `current` is the wanted release. And what makes it so. Without it, any
   * release will do.
   */
  readonly release:
    | { readonly id: string; readonly unless: string; readonly switchTo: string }
    | undefined;
}

/** What must be true of a host, in two parts. */
export interface HostPlays {
  /** Changes nothing that runs: all hosts get it at once. */
  readonly prepare: Play;
  /** Takes programs out of service for a moment: batch by batch. */
  readonly activate: Play;
}

/** What the ID of the resource that switches releases begins with. */
export const releaseIdPrefix = "release:";

/** The ID of the resource that a program's unit is. */
export function serviceId(program: ProgramName): string {
  return `service:${unitOf(program)}`;
}

/** The handler that restarts, or reloads, a program. */
export function handlerOf(action: "restart" | "reload", program: ProgramName): string {
  return `${action}:${program}`;
}

/** Everything that deploy makes true of a host. A pure function of its inputs. */
export function hostPlays(inputs: HostPlayInputs): HostPlays {
  return { prepare: preparePlay(inputs.host), activate: activatePlay(inputs) };
}

function preparePlay(host: FleetHost): Play {
  const directory = (path: string, mode: number, group = "root"): Resource => ({
    kind: "directory",
    id: `directory:${path}`,
    path,
    mode,
    owner: "root",
    group,
    tags: ["base"],
  });
  const resources: Resource[] = [
    {
      kind: "user",
      id: `user:${serviceUser}`,
      name: serviceUser,
      home: hostPaths.state,
      tags: ["base"],
    },
    directory(hostPaths.root, 0o755),
    directory(hostPaths.releases, 0o755),
    directory(hostPaths.runtimes, 0o755),
    directory(hostPaths.state, 0o755),
    directory(hostPaths.config, 0o750, serviceUser),
    directory(hostPaths.tls, 0o750, serviceUser),
  ];
  for (const name of udpBufferSettings(host)) {
    resources.push({
      kind: "sysctl",
      id: `sysctl:net.core.${name}`,
      name: `net.core.${name}`,
      value: host.udpBufferBytes,
      atLeast: true,
      optional: true,
      tags: ["kernel"],
    });
  }
  if (host.openFirewall) resources.push(...openPorts(host));
  return { resources, handlers: [] };
}

/** The ports that others must get at. */
function openPorts(host: FleetHost): Resource[] {
  const port = (
    transport: "udp" | "tcp",
    port: number,
    sources: readonly string[] = [],
  ): Resource => ({
    kind: "firewall",
    id: `firewall:${transport}/${port}`,
    ...{ transport, port, sources },
    tags: ["firewall"],
  });
  const sources = host.metrics?.sources;
  return [
    ...host.relay === undefined ? [] : [port("udp", host.relay.port)],
    ...metricsTargetsOf(host).map((target) => port("tcp", target.port, sources)),
  ];
}

function activatePlay(inputs: HostPlayInputs): Play {
  const { host, release } = inputs;
  const programs = programsOf(host);
  const restartAll = programs.map((program) => handlerOf("restart", program));
  const resources: Resource[] = [
    ...tlsFiles(inputs),
    ...programs.flatMap((program) => programFiles(inputs, program)),
    ...release === undefined ? [] : [
      {
        kind: "command",
        id: `${releaseIdPrefix}${release.id}`,
        summary: `switch to release ${release.id}`,
        unless: release.unless,
        script: release.switchTo,
        notify: restartAll,
        tags: ["release"],
      } as const,
    ],
    ...programs.map((program): Resource => ({
      kind: "service",
      id: serviceId(program),
      unit: unitOf(program),
      enabled: true,
      active: true,
      tags: [program],
    })),
  ];
  const handlers: Handler[] = [
    { id: "reload:systemd", summary: "reload systemd", script: "systemctl daemon-reload" },
    ...programs.map((program): Handler => ({
      id: handlerOf("restart", program),
      summary: `restart the ${program}`,
      script: restartScript(program),
    })),
    ...programs.filter((program) => program !== "application").map((program): Handler => ({
      id: handlerOf("reload", program),
      summary: `have the ${program} read its certificates again`,
      // A unit that is down has nothing to reload, and reads them when it starts.
      script: `systemctl try-reload-or-restart ${unitOf(program)}`,
    })),
  ];
  return { resources, handlers };
}

/** What every program with a tunnel needs to prove and to trust. */
function tlsFiles({ host, credentials }: HostPlayInputs): Resource[] {
  if (credentials === undefined) return [];
  const resources: Resource[] = [];
  const tlsFile = (
    path: string,
    contents: FileResource["contents"],
    secret: boolean,
    notify: readonly string[],
  ): void => {
    resources.push({
      kind: "file",
      id: `file:${path}`,
      path,
      contents,
      mode: secret ? 0o600 : 0o644,
      owner: secret ? serviceUser : "root",
      group: secret ? serviceUser : "root",
      notify,
      tags: ["tls"],
    });
  };
  const tunnelled = programsOf(host).filter((program) => program !== "application");
  const reload = tunnelled.map((program) => handlerOf("reload", program));
  if (tunnelled.length > 0) tlsFile(authorityFile, credentials.authorityPem, false, reload);
  for (const program of tunnelled) {
    const of = program === "relay" ? credentials.relays : credentials.connectors;
    const { certificatePem, key } = of.get(host.name)!;
    const { certificateFile, keyFile } = tlsFilesOf(program);
    tlsFile(certificateFile, certificatePem, false, [handlerOf("reload", program)]);
    tlsFile(keyFile, key, true, [handlerOf("reload", program)]);
  }
  const metrics = credentials.metrics.get(host.name);
  if (metrics !== undefined) {
    tlsFile(metricsTlsFiles.certificateFile, metrics.certificatePem, false, reload);
    tlsFile(metricsTlsFiles.keyFile, metrics.key, true, reload);
  }
  if (host.relay !== undefined) {
    tlsFile(retryKeyFile, credentials.retryKey, true, [handlerOf("restart", "relay")]);
  }
  return resources;
}

/** Unit and configuration of a program. */
function programFiles(inputs: HostPlayInputs, program: ProgramName): Resource[] {
  const { fleet, host, units } = inputs;
  const template = unitTemplates[program];
  const resources = [unitFile(program, `${hostPaths.units}/${template}`, units[template]!)];
  if (program === "application") {
    const { address, port } = host.application!;
    const environment = `[Service]\nEnvironment=ADDRESS=${address} PORT=${port}\n`;
    return [...resources, ...dropIn(program, "address.conf", environment)];
  }
  const isPrivileged = program === "relay" && host.relay!.port < firstUnprivilegedPort;
  const path = configFileOf(program);
  const config = program === "relay" ? relayConfig(host) : connectorConfig(fleet, host);
  return [
    ...resources,
    ...program === "relay"
      ? dropIn(program, "port.conf", isPrivileged ? privilegedPortDropIn : undefined)
      : [],
    {
      kind: "file",
      id: `file:${path}`,
      path,
      contents: configText(config),
      mode: 0o640,
      owner: "root",
      group: serviceUser,
      notify: [handlerOf("restart", program)],
      tags: [program],
    },
  ];
}

/** Ports below this are for root and who has its capability. */
const firstUnprivilegedPort = 1024;

/** A file that systemd reads: when it changes, systemd and the program have to learn of it. */
function unitFile(program: ProgramName, path: string, contents: string): Resource {
  return {
    kind: "file",
    id: `file:${path}`,
    path,
    contents,
    mode: 0o644,
    owner: "root",
    group: "root",
    notify: ["reload:systemd", handlerOf("restart", program)],
    tags: [program],
  };
}

/** A drop-in file of a program's unit, or that there is none. */
function dropIn(program: ProgramName, name: string, contents: string | undefined): Resource[] {
  const directory = `${hostPaths.units}/${unitTemplates[program]}.d`;
  const path = `${directory}/${name}`;
  if (contents === undefined) {
    const notify = ["reload:systemd", handlerOf("restart", program)];
    return [{ kind: "absent", id: `file:${path}`, path, notify, tags: [program] }];
  }
  return [
    {
      kind: "directory",
      id: `directory:${directory}`,
      path: directory,
      mode: 0o755,
      owner: "root",
      group: "root",
      tags: [program],
    },
    unitFile(program, path, contents),
  ];
}
