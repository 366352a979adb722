/** Where the state of all labs is when `ZTNA_LAB_DIR` does not say otherwise. */
export const defaultStateDirectory = "/var/lib/ztna-lab";

/** The directory of all labs, outside of the checkout so that it survives a `git clean`. */
export function stateDirectory(environment: { get(name: string): string | undefined }): string {
  const chosen = environment.get("ZTNA_LAB_DIR");
  return chosen?.startsWith("/") ? chosen.replace(/(?<=.)\/+$/, "") : defaultStateDirectory;
}

/**
 * Files that all labs of a state directory share; no lab can have such a name. The lock of `root` is
 * held while they change, and while labs come and go.
 */
export class SharedPaths {
  constructor(readonly root: string) {}

  /** The base image, a root file system. */
  get image(): string {
    return `${this.root}/_image`;
  }
  /** What the image was made from; it is written last, so an image without it is half made. */
  get imageNote(): string {
    return `${this.root}/_image.json`;
  }
  /** The packages of the image with their versions. */
  get imagePackages(): string {
    return `${this.root}/_image-packages.txt`;
  }
  get imageLog(): string {
    return `${this.root}/_image.log`;
  }
  /** The kernel's limit before it was raised. */
  get inotifyNote(): string {
    return `${this.root}/_inotify.json`;
  }
}

/** Files of one lab, all of them below `directory`, whose lock is held while the lab changes. */
export class LabPaths {
  readonly directory: string;
  readonly shared: SharedPaths;

  constructor(root: string, readonly name: string) {
    this.shared = new SharedPaths(root);
    this.directory = `${root}/${name}`;
  }

  /** Which hosts the lab has. */
  get record(): string {
    return `${this.directory}/lab.json`;
  }
  get sshConfig(): string {
    return `${this.directory}/ssh_config`;
  }
  get knownHosts(): string {
    return `${this.directory}/known_hosts`;
  }
  /** Private key that all accounts of all hosts accept. */
  get key(): string {
    return `${this.directory}/id_ed25519`;
  }
  /** Network namespace in which the hosts' addresses can be reached. */
  get routerNamespace(): string {
    return `${this.directory}/router.netns`;
  }
  /** Where the gateway listens; written by the gateway when it does. */
  get gatewayNote(): string {
    return `${this.directory}/gateway.json`;
  }
  get gatewayLog(): string {
    return `${this.directory}/gateway.log`;
  }

  host(name: string): HostPaths {
    return new HostPaths(`${this.directory}/hosts/${name}`);
  }
}

/** Files of one host. `power.sh` and `boot.sh` know some of them by their names. */
export class HostPaths {
  constructor(readonly directory: string) {}

  /** The disk: an ext4 file system in a sparse file, so that a host can fill it. */
  get disk(): string {
    return `${this.directory}/disk.img`;
  }
  /** Where the host mounts its disk, and then its root, in its own mount namespace. */
  get mountPoint(): string {
    return `${this.directory}/root`;
  }
  get hostKey(): string {
    return `${this.directory}/ssh_host_ed25519_key`;
  }
  /** Network namespace of the host while it is on; each boot has another one. */
  get networkNamespace(): string {
    return `${this.directory}/host.netns`;
  }
  /** Lines of `ip -batch` that lay the cable between router and host, for the router. */
  get cableLines(): string {
    return `${this.directory}/cable.ip`;
  }
  /** Lines of `ip -batch` that give the host its addresses, for the host. */
  get addressLines(): string {
    return `${this.directory}/eth0.ip`;
  }
  get consoleLog(): string {
    return `${this.directory}/console.log`;
  }
  get wireLog(): string {
    return `${this.directory}/wire.log`;
  }
  /** The shape of the host's link, while it has one. */
  get wireNote(): string {
    return `${this.directory}/wire.json`;
  }
}
