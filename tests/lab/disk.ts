import type { HostPlan } from "./address_plan.ts";
import { LabError } from "./lab_error.ts";
import type { HostPaths } from "./lab_paths.ts";
import { lastLines, mustRun, runProgram } from "./program.ts";
import { removeIfThere } from "./remove_if_there.ts";

/** Size of a host's disk, in bytes. The file is sparse. */
const diskBytes = 8 * 1024 ** 3;

/** Accounts of the image that log in with the lab's key: their home, and the numbers of user and group. */
const accounts = [
  { home: "root", user: 0, group: 0 },
  { home: "home/deploy", user: 1000, group: 1000 },
  { home: "home/operator", user: 1001, group: 37 },
] as const;

/**
 * Makes a host's disk: an ext4 file system with the upper directory of the host's root in it, which
 * holds what makes this host itself: its name, its machine ID, its host key, who may log in.
 *
 * @param names Lines of /etc/hosts for the lab's hosts.
 * @param publicKey Line of `authorized_keys` for all accounts.
 */
export async function makeDisk(
  paths: HostPaths,
  host: HostPlan,
  options: { names: readonly string[]; publicKey: string },
): Promise<void> {
  const seed = `${paths.directory}/seed`;
  await removeIfThere(seed);
  await removeIfThere(paths.hostKey);
  await removeIfThere(`${paths.hostKey}.pub`);
  const root = `${seed}/upper`;
  await Deno.mkdir(`${root}/etc/ssh`, { recursive: true });
  await Deno.mkdir(`${seed}/work`);
  await mustRun(`make the host key of ${host.name}`, [
    "ssh-keygen",
    ...["-q", "-t", "ed25519", "-N", "", "-C", `root@${host.name}`, "-f", paths.hostKey],
  ]);
  await Deno.copyFile(paths.hostKey, `${root}/etc/ssh/ssh_host_ed25519_key`);
  await Deno.chmod(`${root}/etc/ssh/ssh_host_ed25519_key`, 0o600);
  await Deno.copyFile(`${paths.hostKey}.pub`, `${root}/etc/ssh/ssh_host_ed25519_key.pub`);
  await Deno.writeTextFile(`${root}/etc/hostname`, `${host.name}\n`);
  await Deno.writeTextFile(
    `${root}/etc/machine-id`,
    `${crypto.randomUUID().replaceAll("-", "")}\n`,
  );
  await Deno.writeTextFile(`${root}/etc/resolv.conf`, "");
  await Deno.writeTextFile(
    `${root}/etc/hosts`,
    ["127.0.0.1 localhost", "::1 localhost", `127.0.1.1 ${host.name}`, ...options.names, ""]
      .join("\n"),
  );
  for (const account of accounts) await authorize(root, account, options.publicKey);

  // Under another name until it is whole: a command that is killed here must not leave half a disk.
  const partial = `${paths.disk}.partial`;
  await mustRun(`make the disk of ${host.name}`, [
    "mkfs.ext4",
    ...["-q", "-F", "-E", "lazy_itable_init=1,lazy_journal_init=1,nodiscard", "-m", "0"],
    ...["-d", seed, partial, `${Math.ceil(diskBytes / 1024)}k`],
  ]);
  await Deno.rename(partial, paths.disk);
  await Deno.remove(seed, { recursive: true });
}

/** Repairs what a power cut has left of a disk that nothing uses, as a booting machine does. */
export async function checkDisk(disk: string): Promise<void> {
  let { code, stdout, stderr } = await runProgram(["e2fsck", "-p", disk]);
  // 4: not without being asked, as for files that were deleted and still open (e2fsck(8)).
  if (code === 4) ({ code, stdout, stderr } = await runProgram(["e2fsck", "-f", "-y", disk]));
  if (code <= 1) return; // 1: it was repaired
  throw new LabError(
    `Cannot repair the disk "${disk}" as e2fsck has failed with code ${code}: give the host a ` +
      `fresh one by "deno task lab reset"\n${lastLines(stdout + stderr)}`,
  );
}

async function authorize(
  root: string,
  account: typeof accounts[number],
  publicKey: string,
): Promise<void> {
  const home = `${root}/${account.home}`;
  await Deno.mkdir(`${home}/.ssh`, { recursive: true });
  await Deno.writeTextFile(`${home}/.ssh/authorized_keys`, publicKey);
  for (
    const [path, mode] of [
      [home, 0o700],
      [`${home}/.ssh`, 0o700],
      [`${home}/.ssh/authorized_keys`, 0o600],
    ] as const
  ) {
    await Deno.chmod(path, mode);
    await Deno.chown(path, account.user, account.group);
  }
}
