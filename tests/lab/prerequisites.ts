import { existsSync } from "node:fs";
import { quote } from "../../tunnel/printable.ts";
import { topControlGroup } from "./control_group.ts";
import { LabPrerequisiteError } from "./lab_error.ts";
import { lastLines, runProgram } from "./program.ts";

/** Files of the machine that the lab uses, and the Debian packages that have them. */
const needed: readonly (readonly [file: string, debianPackage: string])[] = [
  ["/usr/sbin/debootstrap", "debootstrap"],
  ["/usr/share/keyrings/debian-archive-keyring.gpg", "debian-archive-keyring"],
  ["/usr/sbin/ip", "iproute2"],
  ["/usr/bin/unshare", "util-linux"],
  ["/usr/sbin/mkfs.ext4", "e2fsprogs"],
  ["/usr/bin/ssh-keygen", "openssh-client"],
  ["/usr/bin/nc.openbsd", "netcat-openbsd"],
];

/** The Debian packages that the lab wants and that are not there. */
export function missingPackages(): string[] {
  return needed.filter(([file]) => !existsSync(file) && !existsSync(file.replace("/usr", "")))
    .map(([, debianPackage]) => debianPackage);
}

/** Why this machine can't have a lab whatever is installed; `undefined` when it can. */
function unfitReason(): string | undefined {
  if (Deno.build.os !== "linux") {
    return `Cannot run a lab as it needs Linux namespaces: this system is "${Deno.build.os}"`;
  }
  if (Deno.uid() !== 0) {
    return `Cannot run a lab as it needs root: the user's number is ${Deno.uid()}; use sudo`;
  }
  const release = Deno.osRelease();
  const [major = 0, minor = 0] = release.split(".").map(Number);
  if (major < 5 || (major === 5 && minor < 14)) {
    return `Cannot run a lab as it needs Linux 5.14 or later, whose cgroups can end all of their ` +
      `processes: this is ${quote(release)}`;
  }
  if (!existsSync("/dev/net/tun")) {
    return `Cannot run a lab as it needs "/dev/net/tun": there is none; load the module tun`;
  }
  try {
    topControlGroup();
  } catch (error) {
    if (error instanceof LabPrerequisiteError) return error.message;
    throw error;
  }
  return undefined;
}

/**
 * Why tests that need a lab can't run here, or `undefined` when they can.
 *
 * @throws {LabPrerequisiteError} instead of giving a reason, where the environment says that they
 *   have to run: `CI=1` or `ZTNA_REQUIRE_LAB=1`.
 */
export function labSkipReason(): string | undefined {
  const missing = missingPackages();
  const reason = unfitReason() ?? (missing.length === 0 ? undefined : missingText(missing));
  return skipOrThrow(reason, Deno.env);
}

/**
 * The reason itself, unless the environment says that the lab is required.
 *
 * @throws {LabPrerequisiteError} with the reason.
 */
export function skipOrThrow(
  reason: string | undefined,
  environment: { get(name: string): string | undefined },
): string | undefined {
  const isRequired = ["CI", "ZTNA_REQUIRE_LAB"].some((name) => environment.get(name) === "1");
  if (reason !== undefined && isRequired) throw new LabPrerequisiteError(reason);
  return reason;
}

/** @throws {LabPrerequisiteError} when this machine can't have a lab, whatever is installed. */
export function requireFitMachine(): void {
  const reason = unfitReason();
  if (reason !== undefined) throw new LabPrerequisiteError(reason);
}

/**
 * Installs the Debian packages that are missing.
 *
 * @param progress Told what is installed.
 * @throws {LabPrerequisiteError} when this machine can't have a lab, or won't install them.
 */
export async function installPrerequisites(progress: (text: string) => void): Promise<void> {
  requireFitMachine();
  const missing = missingPackages();
  if (missing.length === 0) return;
  progress(`Installing ${missing.join(", ")}`);
  const install = ["apt-get", "install", "-y", "-qq", "--no-install-recommends", ...missing];
  const environment = { ...Deno.env.toObject(), DEBIAN_FRONTEND: "noninteractive" };
  try {
    // Only when the lists are old or missing: fetching them takes longer than the packages.
    if ((await runProgram(install as [string], { environment })).code === 0) return;
    await runProgram(["apt-get", "update", "-qq"], { environment });
    const { code, stderr } = await runProgram(install as [string], { environment });
    if (code === 0) return;
    throw new LabPrerequisiteError(`${missingText(missing)}\n${lastLines(stderr)}`);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) throw new LabPrerequisiteError(missingText(missing));
    throw error;
  }
}

function missingText(missing: readonly string[]): string {
  return `Cannot run a lab as it needs Debian packages that are missing: ${missing.join(", ")}; ` +
    `run "apt-get install ${missing.join(" ")}"`;
}
