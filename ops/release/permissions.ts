import { cLibraryPath } from "../../tunnel/c_library.ts";

/** A program that a release starts. */
export type ReleasedProgram = "relay" | "connector" | "application";

/** Where what a program needs is, which differs from host to host. */
export interface ProgramPlaces {
  /** Files and directories with its configuration, certificates and keys. No commas in them. */
  readonly read: readonly string[];
  /** The native QUIC library; any library when not given, where its path is not known. */
  readonly nativeLibrary?: string;
  /** The host's processor, as Linux names it; this machine's by default. */
  readonly arch?: string;
}

/** Environment variables that programs with a tunnel read. */
const environment = [
  /** The release's ID, for `/status`. */
  "ZTNA_RELEASE",
  /** Where systemd wants to be told that the program is ready. */
  "NOTIFY_SOCKET",
];

/**
 * What Deno lets a program do: flags of `deno run`. Nothing else is needed: no writing, no child
 * processes, no system information. `permissions_test.ts` runs the programs with exactly these.
 */
export function programPermissions(program: ReleasedProgram, places: ProgramPlaces): string[] {
  // All addresses: the relay answers whoever comes, from whichever address it is configured to
  // bind, and the connector reaches backends that only its configuration names.
  const net = "--allow-net";
  if (program === "application") return [net];
  const { read, nativeLibrary, arch = Deno.build.arch } = places;
  return [
    net,
    `--allow-read=${read.join(",")}`,
    `--allow-env=${environment.join(",")}`,
    // QUIC, and the socket calls of the C library. A library that is named can do everything, so
    // this keeps out only those that somebody brings along; confining the process is systemd's.
    nativeLibrary === undefined
      ? "--allow-ffi"
      : `--allow-ffi=${[nativeLibrary, cLibraryPath(arch)].join(",")}`,
  ];
}
