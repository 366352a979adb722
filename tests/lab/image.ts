import { writeFileAtomically } from "../../ops/atomic_file.ts";
import { imageGroup } from "./lab_control_group.ts";
import { LabError } from "./lab_error.ts";
import type { SharedPaths } from "./lab_paths.ts";
import { lastLines, mustRun, runProgram } from "./program.ts";
import { removeIfThere } from "./remove_if_there.ts";

const suite = "bookworm";

/** What a small Debian 12 server has; and python3, which Ansible needs to be compared with. */
const packages = [
  "ca-certificates",
  "dbus",
  "iproute2",
  "iptables",
  "iputils-ping",
  "libnss-systemd",
  "libpam-systemd",
  "nftables",
  "openssh-server",
  "procps",
  "python3",
  "sudo",
  "systemd",
  "systemd-sysv",
];

/** Units that do nothing useful in a lab, or that wait for hardware. */
const masked = [
  "apt-daily.timer",
  "apt-daily-upgrade.timer",
  "console-getty.service",
  "dev-hugepages.mount",
  "e2scrub_all.timer",
  "e2scrub_reap.service",
  "fstrim.timer",
  "getty@.service",
  "sys-fs-fuse-connections.mount",
  "systemd-ask-password-console.path",
  "systemd-ask-password-wall.path",
  "systemd-pstore.service",
  "systemd-udevd.service",
];

/**
 * Accounts besides root: `deploy` as on cloud images, `operator` whose sudo asks for a password (the
 * lab can't be reached from outside of its machine, so that the password may be known).
 */
const prepareScript = `set -eu
rm -f /etc/ssh/ssh_host_* /var/cache/apt/archives/*.deb
: >/etc/machine-id
: >/etc/default/locale # pam_env complains at each login when there is none
mkdir -p /var/log/journal /etc/systemd/journald.conf.d
printf '[Journal]\\nSystemMaxUse=64M\\n' >/etc/systemd/journald.conf.d/lab.conf
useradd -m -u 1000 -s /bin/bash deploy
echo 'deploy ALL=(ALL) NOPASSWD:ALL' >/etc/sudoers.d/deploy
chmod 440 /etc/sudoers.d/deploy
useradd -m -u 1001 -s /bin/bash -g operator -G sudo operator # Debian has this group
echo operator:lab-password | chpasswd
for unit in ${masked.join(" ")}; do ln -sf /dev/null "/etc/systemd/system/$unit"; done
`;

/** Everything that the image is made from; another value makes it anew. */
const recipe = { suite, packages, prepareScript };

/** Whether the image is there, whole, and made from what this file says. */
export function hasImage(paths: SharedPaths): boolean {
  try {
    const note: unknown = JSON.parse(Deno.readTextFileSync(paths.imageNote));
    return JSON.stringify(note) === JSON.stringify(recipe);
  } catch {
    return false; // there is none, or a command was killed while it wrote
  }
}

/**
 * Makes the base image, which takes about a minute. The caller holds the lock of all labs, and no
 * host runs from the image.
 *
 * @throws {LabError} with the end of the log.
 */
export async function makeImage(paths: SharedPaths): Promise<void> {
  await removeImage(paths);
  // In a group of its own, where it is found when this process is killed, and in namespaces of its
  // own, so that whatever it mounts and starts ends with it.
  const group = imageGroup(paths);
  await group.kill();
  group.make();
  const { code, stdout, stderr } = await runProgram(group.enter(
    "unshare",
    ...["--mount", "--pid", "--fork", "--kill-child", "--mount-proc", "--", "debootstrap"],
    ...["--variant=minbase", `--include=${packages.join(",")}`, suite, paths.image],
    ...await mirror(),
  ));
  group.remove();
  await Deno.writeTextFile(paths.imageLog, stdout + stderr);
  if (code !== 0) {
    throw new LabError(
      `Cannot make the lab's image as debootstrap has failed with code ${code} (its log is ` +
        `"${paths.imageLog}"; "ZTNA_LAB_MIRROR" chooses another mirror): ` +
        lastLines(stdout + stderr),
    );
  }
  await mustRun("prepare the lab's image", ["chroot", paths.image, "sh", "-c", prepareScript]);
  const versions = await mustRun("list the image's packages", [
    "chroot",
    paths.image,
    "dpkg-query",
    "--show",
  ]);
  await Deno.writeTextFile(paths.imagePackages, versions);
  writeFileAtomically(paths.imageNote, `${JSON.stringify(recipe)}\n`);
}

/** Removes the image and what is noted of it. */
export async function removeImage(paths: SharedPaths): Promise<void> {
  await imageGroup(paths).kill();
  imageGroup(paths).remove();
  // The note first: an image without it counts as none.
  for (const path of [paths.imageNote, paths.imagePackages, paths.imageLog, paths.image]) {
    await removeIfThere(path);
  }
}

/**
 * The mirror that this machine uses for the same suite, so that a cache nearby is used; none where
 * debootstrap's own choice must do.
 */
async function mirror(): Promise<string[]> {
  const chosen = Deno.env.get("ZTNA_LAB_MIRROR");
  if (chosen !== undefined) return [chosen];
  const { stdout } = await runProgram([
    "apt-get",
    "indextargets",
    "--format",
    "$(CODENAME) $(REPO_URI)",
    "Created-By: Packages",
  ]);
  const lines = stdout.split("\n").map((line) => line.split(" "));
  const own = lines.find(([codename]) => codename === suite)?.[1];
  return own === undefined ? [] : [own];
}
