import type { Secret } from "../secret.ts";

/** How a host is reached, from its variables and the command line. */
export interface ConnectionSettings {
  /** Name in the inventory. */
  readonly host: string;
  readonly transport: "ssh" | "local";
  /** What `ssh` connects to (`ansible_host`, else the name): an address, a name, an alias. */
  readonly address: string;
  /** `undefined` leaves it to the user's ssh configuration. */
  readonly port: number | undefined;
  readonly user: string | undefined;
  readonly privateKeyFile: string | undefined;
  /** Further arguments of `ssh`, in front of ours so that they win (`ansible_ssh_common_args`). */
  readonly sshArguments: readonly string[];
  /** Whose privileges scripts have; `undefined` leaves those of the login. */
  readonly become: BecomeSettings | undefined;
}

/** Another user's privileges, by `sudo`. */
export interface BecomeSettings {
  readonly user: string;
  /** `undefined` when sudo must not ask. */
  readonly password: Secret | undefined;
}
