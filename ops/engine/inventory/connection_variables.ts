import { ConfigError } from "../../../tunnel/errors.ts";
import { quote } from "../../../tunnel/printable.ts";
import type { BecomeSettings, ConnectionSettings } from "../connection/connection_settings.ts";
import { Secret } from "../secret.ts";
import { splitShellWords } from "./format/shell_words.ts";
import type { InventoryHost } from "./inventory.ts";
import { MistakeList } from "./mistakes.ts";
import { readVariable, variableMistake } from "./read_variable.ts";
import { VariableReader } from "./variable_reader.ts";

/** What the command line says about connections; it wins over the inventory. */
export interface ConnectionOverrides {
  readonly user?: string | undefined;
  readonly privateKeyFile?: string | undefined;
  /** Further arguments of `ssh`, in front of those of the inventory. */
  readonly sshArguments?: readonly string[] | undefined;
  /** Whether to become another user. */
  readonly become?: boolean | undefined;
  readonly becomeUser?: string | undefined;
  readonly becomePassword?: Secret | undefined;
}

/** Where several are set, Ansible takes the last. */
const aliases = {
  address: ["ansible_host", "ansible_ssh_host"],
  port: ["ansible_port", "ansible_ssh_port"],
  user: ["ansible_user", "ansible_ssh_user"],
  privateKeyFile: ["ansible_private_key_file", "ansible_ssh_private_key_file"],
  sshArguments: ["ansible_ssh_args", "ansible_ssh_common_args", "ansible_ssh_extra_args"],
  becomeUser: ["ansible_become_user", "ansible_sudo_user"],
  becomePassword: ["ansible_become_password", "ansible_become_pass", "ansible_sudo_pass"],
  loginPassword: ["ansible_password", "ansible_ssh_pass", "ansible_ssh_password"],
} as const;

/**
 * How a host is reached, from Ansible's connection variables.
 *
 * @throws {ConfigError} with all mistakes: wrong types, what is not supported (password logins,
 * connections other than ssh and local, becoming otherwise than by sudo), and values that `ssh`
 * would take for an option.
 */
export function connectionSettingsOf(
  host: InventoryHost,
  overrides: ConnectionOverrides = {},
): ConnectionSettings {
  const reader = new ConnectionReader(host);
  const transport = reader.transport();
  const settings: ConnectionSettings = {
    host: host.name,
    transport,
    address: reader.address(transport),
    port: reader.port(),
    user: overrides.user ?? reader.user(),
    privateKeyFile: overrides.privateKeyFile ?? reader.privateKeyFile(),
    sshArguments: [...overrides.sshArguments ?? [], ...reader.sshArguments()],
    become: reader.become(overrides),
  };
  reader.throwIfAny();
  return settings;
}

class ConnectionReader {
  readonly #host: InventoryHost;
  readonly #reader: VariableReader;
  readonly #mistakes = new MistakeList();

  constructor(host: InventoryHost) {
    this.#host = host;
    this.#reader = new VariableReader(host);
  }

  transport(): "ssh" | "local" {
    const name = "ansible_connection";
    const text = this.#reader.string(name) ?? "ssh";
    // What Ansible's documentation calls them in full, and its own choice between two kinds of ssh.
    const transport = text.replace(/^ansible\.builtin\./, "").replace(/^smart$/, "ssh");
    if (transport !== "ssh" && transport !== "local") {
      this.#refuse(name, 'it must be "ssh" or "local"', text);
      return "ssh";
    }
    if (transport === "ssh") this.#refuseLoginPassword();
    return transport;
  }

  address(transport: "ssh" | "local"): string {
    const name = this.#chosen(aliases.address);
    const address = name === undefined
      ? this.#host.name
      : this.#reader.string(name, addressRule) ?? this.#host.name;
    const rule = addressRule(address);
    if (name === undefined && transport === "ssh" && rule !== undefined) {
      this.#mistakes.add(
        new ConfigError(
          `Cannot connect to host ${
            quote(address)
          } by its name as ${rule}: set "ansible_host" for it`,
        ),
      );
    }
    return address;
  }

  port(): number | undefined {
    const name = this.#chosen(aliases.port);
    return name === undefined ? undefined : this.#reader.integer(name, { min: 1, max: 65_535 });
  }

  user(): string | undefined {
    const name = this.#chosen(aliases.user);
    return name === undefined ? undefined : this.#reader.string(name, userRule);
  }

  privateKeyFile(): string | undefined {
    const name = this.#chosen(aliases.privateKeyFile);
    return name === undefined ? undefined : this.#reader.string(name, pathRule);
  }

  sshArguments(): string[] {
    return aliases.sshArguments.flatMap((name) => {
      const text = this.#reader.string(name) ?? "";
      const split = splitShellWords(text);
      if ("words" in split) return split.words;
      this.#refuse(name, `it must be arguments as a shell splits them: ${split.mistake}`, text);
      return [];
    });
  }

  become(overrides: ConnectionOverrides): BecomeSettings | undefined {
    const wanted = overrides.become ?? this.#reader.boolean("ansible_become") ?? false;
    if (!wanted) return undefined;
    const name = "ansible_become_method";
    const method = this.#reader.string(name)?.replace(/^ansible\.builtin\./, "") ?? "sudo";
    if (method !== "sudo") this.#refuse(name, 'it must be "sudo"', method);
    const userName = this.#chosen(aliases.becomeUser);
    const user = overrides.becomeUser ??
      (userName === undefined ? undefined : this.#reader.string(userName, userRule)) ?? "root";
    return { user, password: overrides.becomePassword ?? this.#becomePassword() };
  }

  /** @throws {ConfigError} with all mistakes. */
  throwIfAny(): void {
    this.#mistakes.attempt(() => this.#reader.throwIfAny());
    this.#mistakes.throwIfAny();
  }

  #becomePassword(): Secret | undefined {
    const name = this.#chosen(aliases.becomePassword);
    if (name === undefined) return undefined;
    let secret: Secret | undefined;
    this.#mistakes.attempt(() => {
      const value = readVariable(this.#host, name);
      // A number may have lost what makes it the password: zeros in front, for instance.
      if (typeof value === "string") secret = new Secret(value);
      else this.#refuse(name, "it must be a text; put it in quotes (in INI in two kinds of them)");
    });
    return secret;
  }

  #refuseLoginPassword(): void {
    const name = this.#chosen(aliases.loginPassword);
    if (name === undefined || this.#host.variables[name] === "") return;
    this.#refuse(
      name,
      "there is no login by password: put a public key on the host (ssh-copy-id) and remove it",
    );
  }

  /** The one of several names that counts: of those that are set, the last. */
  #chosen(names: readonly string[]): string | undefined {
    const { variables } = this.#host;
    return names.findLast((name) => Object.hasOwn(variables, name) && variables[name] !== null);
  }

  #refuse(name: string, rule: string, value?: string): void {
    this.#mistakes.add(variableMistake(this.#host, name, rule, value));
  }
}

/**
 * What `ssh` is given must not be an option, and is put into commands (`ProxyCommand`) by it: the
 * characters that OpenSSH refuses since 9.6 are refused for all versions.
 */
function addressRule(text: string): string | undefined {
  return text === "" || text.startsWith("-") || /[\s\p{Cc}'"`$\\;&<>|(){}@]/u.test(text)
    ? "it must be a host name, an address or an alias of your ssh configuration"
    : undefined;
}

function userRule(text: string): string | undefined {
  return text === "" || text.startsWith("-") || /[\s\p{Cc}'"`$\\;&<>|(){}]/u.test(text)
    ? "it must be the name of a user"
    : undefined;
}

function pathRule(text: string): string | undefined {
  return text === "" || text.startsWith("-") || /\p{Cc}/u.test(text)
    ? 'it must be the path of a file, and not begin with "-"'
    : undefined;
}
