import { sysctlFile, sysctlKernelFile } from "../../ops/engine/resource/sysctl_file.ts";
import { fileBytes } from "../../ops/engine/resource/file_bytes.ts";
import type { FileResource, Resource } from "../../ops/engine/resource/resource.ts";
import { type FleetHost, programsOf, unitOf } from "../../ops/fleet/fleet.ts";
import { handlerOf, type HostPlays } from "../../ops/fleet/host_plays.ts";
import { hostPaths } from "../../ops/host_paths.ts";
import { type Release, runtimeMember } from "../../ops/release/release.ts";

/** A file that the playbook copies from this machine. */
export interface PlaybookFile {
  /** Where it is on this machine, below a directory of the host's own. */
  readonly src: string;
  readonly dest: string;
  readonly bytes: Uint8Array;
}

/** What the playbook needs to know of a host. */
export interface PlaybookInputs {
  /** The host's variables: plain data. */
  readonly variables: Readonly<Record<string, unknown>>;
  readonly files: readonly PlaybookFile[];
}

/** Kinds of resources that it does something for. */
const knownKinds: readonly Resource["kind"][] = [
  ...["user", "directory", "sysctl", "file", "absent", "command", "service"] as const,
];

/**
 * What the playbook has to make true of a host, from the plays that deploy makes true of it.
 *
 * @param directory For the host's files on this machine.
 * @throws {TypeError} when plays have something that the playbook knows nothing of: then it has to
 *   be extended, or it would do less than deploy.
 */
export function playbookInputs(
  host: FleetHost,
  plays: HostPlays,
  release: Release,
  directory: string,
): PlaybookInputs {
  const resources = [...plays.prepare.resources, ...plays.activate.resources];
  const of = <K extends Resource["kind"]>(kind: K): Extract<Resource, { kind: K }>[] =>
    resources.filter((resource) => resource.kind === kind) as Extract<Resource, { kind: K }>[];
  const unknown = resources.filter(({ kind }) => !knownKinds.includes(kind));
  const [user, ...otherUsers] = of("user");
  // The one command is the switch to the release, which the playbook does by a link.
  if (user === undefined || [...unknown, ...otherUsers, ...of("command").slice(1)].length > 0) {
    throw new TypeError(
      "The playbook must know all that deploy does, so it has to be extended: deploy does " +
        resources.map(({ id }) => id).join(", "),
    );
  }
  const files = of("file").map((file) => ({ ...fileInputs(file, directory), resource: file }));
  // One task for all that has the same handlers: with a loop, a change of one item notifies for all.
  const { certificates = [], configuration = [], units = [] } = Object.groupBy(
    files,
    ({ resource: { notify = [] } }) => {
      if (notify.includes("reload:systemd")) return "units";
      return notify.some((id) => id.startsWith("restart:")) ? "configuration" : "certificates";
    },
  );
  const absent = of("absent");
  return {
    files,
    variables: {
      service_user: { name: user.name, home: user.home },
      directories: of("directory").map(({ path, owner, group, mode }) => ({
        ...{ path, owner, group, mode: modeText(mode) },
      })),
      kernel_settings: of("sysctl").map(({ name, value }) => ({
        ...{ name, value, file: sysctlFile(name), kernel_file: sysctlKernelFile(name) },
      })),
      runtime: {
        archive: release.runtime.file,
        directory: `${hostPaths.runtimes}/${release.runtime.name}`,
        member: runtimeMember,
        checksums: release.runtime.checksums,
      },
      release: {
        archive: release.archive.file,
        directory: `${hostPaths.releases}/${release.id}`,
        link: hostPaths.current,
        link_target: `releases/${release.id}`,
      },
      certificates: filesVariable(certificates),
      configuration: filesVariable(configuration),
      units: filesVariable(units),
      absent: { paths: absent.map(({ path }) => path), notify: handlersOf(absent) },
      programs: programsOf(host).map((program) => ({
        unit: unitOf(program),
        restart: handlerOf("restart", program),
        ready_url: readyUrl(host, program),
      })),
    },
  };
}

function fileInputs({ path, contents }: FileResource, directory: string): PlaybookFile {
  return { src: `${directory}${path}`, dest: path, bytes: fileBytes(contents) };
}

function filesVariable(
  files: readonly (PlaybookFile & { readonly resource: FileResource })[],
): { readonly files: readonly unknown[]; readonly notify: readonly string[] } {
  return {
    files: files.map(({ src, dest, resource: { owner, group, mode } }) => ({
      ...{ src, dest, owner, group, mode: modeText(mode) },
    })),
    notify: handlersOf(files.map(({ resource }) => resource)),
  };
}

function handlersOf(resources: readonly Pick<Resource, "notify">[]): string[] {
  return [...new Set(resources.flatMap(({ notify = [] }) => notify))];
}

function readyUrl(host: FleetHost, program: ReturnType<typeof programsOf>[number]): string {
  const role = program === "application" ? undefined : host[program];
  if (role === undefined) throw new TypeError(`The playbook can't ask the ${program}`);
  return `http://${role.adminAddress}:${role.adminPort}/readyz`;
}

/** As Ansible wants a mode: a text with a zero in front, or YAML and Jinja make a number of it. */
function modeText(mode: number): string {
  return `0${mode.toString(8)}`;
}
