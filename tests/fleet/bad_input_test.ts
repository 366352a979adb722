import { wouldChangeExitCode } from "../../ops/command.ts";
import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { after, before, describe, it } from "@std/testing/bdd";
import { existsSync } from "node:fs";
import { parse, stringify } from "yaml";
import type { DeployJson } from "../../ops/fleet/deploy_json.ts";
import { type CommandName, FleetLab, labSkipReason } from "./fleet_lab.ts";

const skip = labSkipReason() ?? false;

describe("input that is wrong", { skip }, () => {
  let fleet: FleetLab;

  before(async () => {
    fleet = await FleetLab.open("relay1");
    await fleet.deploy(["--no-probe"]);
  });

  after(async () => await fleet?.[Symbol.asyncDispose]());

  /** A file that commands of this test would make if a text of theirs were executed anywhere. */
  const pwned = `pwned-${crypto.randomUUID().slice(0, 8)}`;
  const hostile = [
    `$(touch ${pwned})`,
    `\`touch ${pwned}\``,
    `'; touch ${pwned}; '`,
    `"; touch ${pwned}; "`,
    `x\ntouch ${pwned}\n`,
    ` ; touch ${pwned} & `,
  ];

  async function assertNothingExecuted(): Promise<void> {
    assertEquals(existsSync(pwned), false, "on the laptop");
    assertEquals(await fleet.sh("relay1", `find / -xdev -name '${pwned}'`), "");
  }

  /** Changes the lab's inventory as data. */
  // deno-lint-ignore no-explicit-any -- an inventory may be anything
  function changedInventory(change: (inventory: any) => void): string {
    const inventory = parse(Deno.readTextFileSync(fleet.inventory()));
    change(inventory.all);
    return fleet.write("inventory.yaml", stringify(inventory));
  }

  describe("ends with code 2 and what is right, before any host is asked:", () => {
    type Command = readonly [CommandName, readonly string[], string?];
    const mistakes: readonly (readonly [string, () => Command, RegExp])[] = [
      [
        "a variable that is none",
        () => ["deploy", [], fleet.inventory({ ztna_relay_prot: 1 })],
        /"ztna_relay_prot".*set in \S*inventory\.yaml:\d+.*"ztna_relay_port"/,
      ],
      [
        "a relay that is none",
        () => ["restart", [], fleet.inventory({ ztna_relay: "relay9" })],
        /set in \S*inventory\.yaml:\d+.*group "relays" \(relay1\): current value is "relay9"/,
      ],
      ["a group that is none", () => ["status", ["--limit", "relayz"]], /"relayz".*"relays"/],
      [
        "a pattern without hosts",
        () => ["restart", ["--limit", "relays:!relay1"]],
        /must leave at least one of "all": current value is "relays:!relay1"/,
      ],
      ["a tag that is none", () => ["deploy", ["--tags", "kernle"]], /"kernle": tags are .*kernel/],
      ["a flag that is none", () => ["logs", ["--lins", "1"]], /"--lins".*"--lines"/],
      ["a batch that is none", () => ["rollback", ["--serial", "0"]], /"--serial"/],
      [
        "an inventory that is not there",
        () => ["exec", ["--", "true"], "/no/hosts"],
        /\/no\/hosts/,
      ],
      [
        "an inventory that is no YAML",
        () => ["deploy", [], fleet.write("broken.yaml", "all:\n  hosts: [\n")],
        /broken\.yaml:3 as YAML/,
      ],
    ];
    for (const [what, command, message] of mistakes) {
      it(what, async () => {
        const [name, args, inventory] = command();
        const end = await fleet.run(name, args, inventory === undefined ? {} : { inventory });
        assertEquals(end.code, 2, end.stderr);
        assertMatch(end.stderr, message);
        assertEquals(end.events.filter(({ type }) => type === "process_started"), []);
      });
    }
  });

  it("as a key that no group has is named, with its line, and skipped as Ansible does", async () => {
    const inventory = changedInventory(({ children }) => children.relays.host = { relay9: null });
    const { code, stderr } = await fleet.run("deploy", ["--check"], { inventory });
    assert([0, wouldChangeExitCode].includes(code), stderr);
    assertMatch(stderr, /inventory\.yaml:\d+: the key "host" of group "relays".*"hosts"/);
  });

  describe("is not executed, but refused or taken as it is, in", () => {
    it("IDs of services", async () => {
      const ztna_services = hostile.map((id) => ({ id, backend: "127.0.0.1:9999" }));
      const inventory = changedInventory(({ children }) => {
        children.connectors.vars = { ztna_services };
      });
      const end = await fleet.run("deploy", [], { inventory });
      assertEquals(end.code, 2, end.stderr);
      assertStringIncludes(end.stderr, "Cannot name the service");
      await assertNothingExecuted();
    });

    it("names of hosts", async () => {
      const name = `$(touch ${pwned}) \`touch ${pwned}\` "'`; // as long as a certificate's may be
      const named = (name: string): string =>
        changedInventory(({ children }) => {
          const { relay1 } = children.relays.hosts;
          for (const group of Object.values(children) as { hosts: unknown }[]) {
            group.hosts = { [name]: { ...relay1, ansible_host: relay1.ztna_relay_address } };
          }
        });
      const args = ["--no-probe", "--json", "-vv"];
      const taken = await fleet.run("deploy", args, { inventory: named(name) });
      assertEquals(taken.code, 0, taken.stderr);
      assertEquals((JSON.parse(taken.stdout) as DeployJson).hosts[name]!.outcome, "done");
      const path = await fleet.run("deploy", args, { inventory: named(`../${pwned}`) });
      assertEquals(path.code, 2, path.stderr);
      const lines = await fleet.run("deploy", args, { inventory: named(hostile[4]!) });
      assertEquals(lines.code, 2, lines.stderr);
      await assertNothingExecuted();
      await fleet.deploy(["--no-probe"]);
      await fleet.assertWhole();
    });

    it("addresses and names", async () => {
      const variables = [
        ...["ztna_relay_address", "ztna_probe_address", "ztna_relay_bind"],
        ...["ztna_relay_admin_bind", "ztna_application_bind", "ztna_fleet"],
      ];
      for (const value of hostile) {
        const inventory = changedInventory(({ vars, children }) => {
          children.relays.hosts.relay1 = {};
          Object.assign(vars, Object.fromEntries(variables.map((name) => [name, value])));
        });
        const { code, stderr } = await fleet.run("deploy", [], { inventory });
        assertEquals(code, 2, stderr);
        for (const name of variables) assertStringIncludes(stderr, `"${name}"`);
      }
      await assertNothingExecuted();
    });

    it("users and addresses of ssh and sudo", async () => {
      const option = `-oProxyCommand=touch ${pwned}`;
      for (const name of ["ansible_become_user", "ansible_user", "ansible_host"]) {
        for (const value of [hostile[2]!, option]) {
          const args = ["--json", "--connect-timeout", "2"];
          const inventory = fleet.inventory({ [name]: value });
          const { code, stderr } = await fleet.run("deploy", args, { inventory });
          assertEquals([2, 4].includes(code), true, `${name}: ${code}, ${stderr}`);
        }
      }
      await assertNothingExecuted();
    });

    it("the configuration of a program, which is rolled back as it can't use it", async () => {
      const backend = hostile.join(" ");
      const inventory = changedInventory((all) => {
        all.vars.ztna_ready_timeout = 3;
        all.children.connectors.vars.ztna_services[0].backend = backend;
      });
      const { hosts } = await fleet.deploy(["--no-probe"], { inventory, code: 1 });
      assertEquals(hosts.relay1!.outcome, "rolled_back");
      assertStringIncludes(hosts.relay1!.error!, "backend");
      await assertNothingExecuted();
      await fleet.assertWhole();
    });

    it("the name of the operator, which journals and locks have as it is", async () => {
      await fleet.sh("relay1", "echo >>/etc/ztna/relay.json");
      const name = hostile[2]!;
      await fleet.deploy(["--no-probe"], { environment: { SUDO_USER: name } });
      const line = await fleet.sh("relay1", "journalctl -t ztna-fleet -o cat -n 1 --no-pager");
      assertEquals(line.startsWith(`${name}@`), true, line);
      await assertNothingExecuted();
      await fleet.assertWhole();
    });

    it("commands of exec", async () => {
      interface ExecJson {
        readonly hosts: Record<string, { stdout: string }>;
      }
      const words = ["-n", "*", "", "\\", ...hostile];
      const { hosts } = await fleet.json<ExecJson>("exec", ["--", "printf", "%s\\0", ...words]);
      assertEquals(hosts.relay1!.stdout.split("\0").slice(0, -1), words);
      await assertNothingExecuted();
    });

    it("flags of logs", async () => {
      for (const text of hostile) await fleet.run("logs", ["--since", text, "--grep", text]);
      await assertNothingExecuted();
    });
  });

  for (
    const [what, program, answer, message] of [
      ["processor", "uname", "[ $1 = -m ] && echo aarch64 && exit", /linux-arm64, for which/],
      ["system", "uname", "[ $1 = -s ] && echo FreeBSD && exit", /FreeBSD/],
      ["C library", "getconf", "exit 1", /glibc/],
    ] as const
  ) {
    it(`a host of another ${what} is refused before it is touched`, async () => {
      const path = `/usr/local/sbin/${program}`;
      const disk =
        "find /etc /opt /var/lib/ztna* -printf '%p %y %m %s %T@ %l\\n' | sort | sha256sum";
      const before = await fleet.sh("relay1", `echo >>/etc/ztna/relay.json; ${disk}`);
      await fleet.sh(
        "relay1",
        `printf '#!/bin/sh\\n%s\\nexec /usr/bin/${program} "$@"\\n' '${answer}' >${path}
        chmod 755 ${path}`,
      );
      try {
        const { hosts } = await fleet.deploy([], { code: 1 });
        assertEquals([hosts.relay1!.outcome, hosts.relay1!.changed], ["failed", false]);
        assertMatch(hosts.relay1!.error!, message);
        assertEquals(await fleet.sh("relay1", disk), before);
      } finally {
        await fleet.sh("relay1", `rm ${path}`);
      }
      await fleet.deploy(["--no-probe"]);
      await fleet.assertWhole();
    });
  }
});
