import { assertEquals, assertStringIncludes } from "@std/assert";
import { after, before, beforeEach, describe, it } from "@std/testing/bdd";
import { labSkipReason } from "../../../tests/lab/lab.ts";
import { LabTarget } from "../../../tests/support/lab_target.ts";
import type { Resource } from "./resource.ts";

const skip = labSkipReason() ?? false;

const firewall: Resource = { kind: "firewall", id: "firewall", transport: "udp", port: 4433 };

const ruleset = (policy: "accept" | "drop"): string =>
  `flush ruleset
table inet filter {
  chain input {
    type filter hook input priority filter; policy ${policy};
    ct state established,related accept
    iif lo accept
    tcp dport 22 accept
  }
}
`;

describe("a port of a real host", { skip }, () => {
  let target: LabTarget;
  before(async () => {
    target = await LabTarget.open("a", "b");
  });
  after(async () => await target?.[Symbol.asyncDispose]());

  const load = async (policy: "accept" | "drop"): Promise<void> => {
    await target.sh(`printf '%s' '${ruleset(policy)}' > /etc/nftables.conf`);
    await target.sh("systemctl enable -q nftables 2> /dev/null && systemctl restart nftables");
  };
  const count = async (): Promise<number> => {
    const rules = await target.sh("nft list chain inet filter input");
    return Number(/dport 4433 counter packets (\d+)/.exec(rules)?.[1] ?? -1);
  };
  /** Waits until the rules have a line like `pattern`. */
  const waitForRule = (pattern: string): Promise<string> =>
    target.sh(`timeout 10 sh -c 'until nft list ruleset | grep "${pattern}"; do sleep 0.05; done'`);
  const knock = (): Promise<string> =>
    target.sh(`bash -c 'echo knock > /dev/udp/${target.host.address}/4433'`, target.lab.host("b"));

  beforeEach(() => load("drop"));

  it("is left alone where nothing drops packets", async () => {
    await load("accept");
    assertEquals(await target.converge(firewall), []);
    assertEquals(await count(), -1);
  });

  it("is opened where packets are dropped", async () => {
    assertEquals(await target.converge(firewall), ["open udp port 4433 in the host's firewall"]);
    await knock();
    await waitForRule("dport 4433 counter packets 1 .* accept");
  });

  it("is open to the sources that are wanted now, and to no others", async () => {
    const sources = ["192.0.2.0/24", `${target.lab.host("b").address}`, "fd00::/64"];
    await target.converge({ ...firewall, sources });
    const rules = async (): Promise<string[]> =>
      [...(await target.sh("nft list chain inet filter input")).matchAll(/"ztna udp 4433 (.*)"/g)]
        .map(([, source]) => source!);
    assertEquals((await rules()).toSorted(), sources.toSorted());
    await knock();
    await waitForRule(`ip saddr ${sources[1]} udp dport 4433 counter packets 1 `);
    await target.converge({ ...firewall, sources: sources.slice(0, 1) });
    assertEquals(await rules(), sources.slice(0, 1));
    await target.converge(firewall);
    assertEquals([await rules(), await count()], [[], 0]);
  });

  it("stays open when the rules are loaded again", async () => {
    await target.converge(firewall);
    // systemd passes these on, without whoever asks waiting for that.
    for (const action of ["reload", "restart"]) {
      await target.sh(`systemctl ${action} nftables`);
      await waitForRule("ztna udp 4433");
    }
    await target.sh("nft -f /etc/nftables.conf");
    assertEquals(await count(), -1);
    const [change] = await target.converge(firewall);
    assertStringIncludes(change!, "open udp port 4433");
    assertEquals(await count(), 0);
  });

  it("is opened in chains that iptables has made", async () => {
    await load("accept");
    await target.sh("iptables -P INPUT DROP && iptables -A INPUT -p tcp --dport 22 -j ACCEPT");
    await target.converge(firewall);
    assertStringIncludes(await target.sh("iptables -S INPUT"), "-p udp -m udp --dport 4433");
    await target.sh("iptables -P INPUT ACCEPT && iptables -F INPUT");
  });

  it("is open after the next boot", async () => {
    await target.converge(firewall);
    await target.reboot();
    await target.sh("systemctl is-system-running --wait > /dev/null || :");
    assertEquals(await count(), 0);
    await target.converge(firewall);
  });
});
