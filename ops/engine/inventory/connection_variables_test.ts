import { assert, assertEquals, assertThrows } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { hostWith } from "../../../tests/inventory/host_with.ts";
import { ConfigError } from "../../../tunnel/errors.ts";
import { Secret } from "../secret.ts";
import { connectionSettingsOf } from "./connection_variables.ts";
import type { Variables } from "./inventory.ts";

function mistakes(variables: Variables, name = "relay1"): string[] {
  const { message } = assertThrows(
    () => connectionSettingsOf(hostWith(variables, name)),
    ConfigError,
  );
  return message.split("\n");
}

describe("connectionSettingsOf", () => {
  it("leaves to ssh what the inventory does not say", () => {
    assertEquals(connectionSettingsOf(hostWith({})), {
      host: "relay1",
      transport: "ssh",
      address: "relay1",
      port: undefined,
      user: undefined,
      privateKeyFile: undefined,
      sshArguments: [],
      become: undefined,
    });
  });

  it("reads Ansible's variables, templates included", () => {
    const settings = connectionSettingsOf(hostWith({
      ansible_host: "10.0.0.{{ number }}",
      number: 7,
      ansible_port: "2222",
      ansible_user: "deploy",
      ansible_ssh_private_key_file: "{{ inventory_dir }}/keys/a b",
      ansible_ssh_common_args: "-o ProxyCommand='ssh -W %h:%p jump' -v",
      ansible_ssh_extra_args: "-C",
      ansible_become: "yes",
      ansible_become_password: "pass word",
    }));
    assertEquals(settings.become?.password?.reveal(), "pass word");
    assertEquals({ ...settings, become: settings.become?.user }, {
      host: "relay1",
      transport: "ssh",
      address: "10.0.0.7",
      port: 2222,
      user: "deploy",
      privateKeyFile: "/fleet/keys/a b",
      sshArguments: ["-o", "ProxyCommand=ssh -W %h:%p jump", "-v", "-C"],
      become: "root",
    });
  });

  it("takes the more special of two names", () => {
    const settings = connectionSettingsOf(hostWith({
      ansible_host: "a",
      ansible_ssh_host: "b",
      ansible_ssh_port: 2,
      ansible_port: 1,
      ansible_user: "u",
      ansible_ssh_user: "v",
      ansible_private_key_file: "k",
      ansible_become: true,
      ansible_become_user: "app",
      ansible_become_method: "ansible.builtin.sudo",
      ansible_become_pass: "p",
      ansible_sudo_pass: null,
    }));
    const { address, port, user, privateKeyFile, become } = settings;
    assertEquals([address, port, user, privateKeyFile], ["b", 2, "v", "k"]);
    assertEquals([become?.user, become?.password?.reveal()], ["app", "p"]);
  });

  it("lets the command line win", () => {
    const host = hostWith({
      ansible_user: "a",
      ansible_ssh_private_key_file: "k",
      ansible_ssh_common_args: "-v",
      ansible_become: false,
      ansible_become_password: "p",
    });
    const settings = connectionSettingsOf(host, {
      user: "b",
      privateKeyFile: "l",
      sshArguments: ["-4"],
      become: true,
      becomeUser: "c",
      becomePassword: new Secret("q"),
    });
    assertEquals(settings.user, "b");
    assertEquals(settings.privateKeyFile, "l");
    assertEquals(settings.sshArguments, ["-4", "-v"]);
    assertEquals([settings.become?.user, settings.become?.password?.reveal()], ["c", "q"]);
    const withBecome = hostWith({ ansible_become: true });
    assertEquals(connectionSettingsOf(withBecome, { become: false }).become, undefined);
  });

  it("knows hosts that need no ssh", () => {
    const local = { ansible_connection: "local", ansible_password: "x" };
    assertEquals(connectionSettingsOf(hostWith(local, "this machine")).transport, "local");
    for (const text of ["ssh", "smart", "ansible.builtin.ssh"]) {
      assertEquals(connectionSettingsOf(hostWith({ ansible_connection: text })).transport, "ssh");
    }
  });

  const wrong: [variables: Variables, mistake: string][] = [
    [{ ansible_connection: "docker" }, 'it must be "ssh" or "local": current value is "docker"'],
    [{ ansible_port: 0 }, "it must be a whole number from 1 to 65535: current value is 0"],
    [{ ansible_port: "ssh" }, "it must be a whole number from 1 to 65535"],
    [
      { ansible_user: "-oProxyCommand=id" },
      'it must be the name of a user: current value is "-oProxyCommand=id"',
    ],
    [{ ansible_user: "a b" }, "it must be the name of a user"],
    [{ ansible_user: 5 }, "it must be a text; put it in quotes"],
    [{ ansible_ssh_private_key_file: "-x" }, "it must be the path of a file"],
    [
      { ansible_ssh_common_args: "-o 'x" },
      "it must be arguments as a shell splits them: a quote (') is not closed",
    ],
    [{ ansible_become: "perhaps" }, "it must be true or false"],
    [
      { ansible_become: true, ansible_become_method: "su" },
      'it must be "sudo": current value is "su"',
    ],
    [{ ansible_become: true, ansible_become_user: "-u" }, "it must be the name of a user"],
    [{ ansible_become: true, ansible_become_password: 123 }, "it must be a text; put it in quotes"],
    [
      { ansible_password: "hunter2" },
      "there is no login by password: put a public key on the host",
    ],
    [
      { ansible_ssh_pass: "hunter2" },
      "there is no login by password: put a public key on the host",
    ],
    ...["-oProxyCommand=id", "", "a b", "$(id)", "a;b", "u@h", "a\nb", "`id`", "\x1b[31m"].map(
      (address): [Variables, string] => [
        { ansible_host: address },
        "it must be a host name, an address or an alias of your ssh configuration",
      ],
    ),
  ];
  for (const [variables, mistake] of wrong) {
    it(`refuses ${JSON.stringify(variables)}`, () => {
      const [name] = Object.keys(variables).slice(-1);
      const [first = "", ...others] = mistakes(variables);
      const start = `Cannot use variable "${name}" of host "relay1", set in hosts.yml:3, as `;
      assert(first.startsWith(start + mistake), first);
      assert(!/hunter2|123|\p{Cc}/u.test(first), first);
      assertEquals(others, []);
    });
  }

  it("refuses a name that ssh would take for an option", () => {
    assertEquals(mistakes({}, "-oProxyCommand=id"), [
      'Cannot connect to host "-oProxyCommand=id" by its name as it must be a host name, an address or an alias of your ssh configuration: set "ansible_host" for it',
    ]);
    const reached = connectionSettingsOf(hostWith({ ansible_host: "a" }, "any name; $(at all)"));
    assertEquals(reached.address, "a");
  });

  it("shows all mistakes", () => {
    const variables = { ansible_port: -1, ansible_user: "-l", ansible_connection: "winrm" };
    assertEquals(mistakes(variables).length, 3);
  });
});
