import { assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { parse } from "yaml";
import { hostNames, planHost } from "./address_plan.ts";
import { inventoryText } from "./inventory_text.ts";
import { defaultStateDirectory, LabPaths } from "./lab_paths.ts";

describe("the inventory of a lab", () => {
  const hosts = hostNames(5).map((name, index) => {
    const { address, gatewayPort } = planHost("default", name, index + 1);
    return { name, address, probeAddress: `127.0.0.1:${gatewayPort}` };
  });
  const { sshConfig } = new LabPaths(defaultStateDirectory, "default");

  it("is the committed one for the default lab with five hosts", () => {
    const committed = Deno.readTextFileSync(new URL("inventory.yaml", import.meta.url))
      .replaceAll("connector[1:3]:", "{ connector1: , connector2: , connector3: }");
    const text = inventoryText(hosts, { sshConfigFile: sshConfig });
    assertEquals(parse(text), parse(committed));
  });

  it("takes further variables, and takes some away", () => {
    const text = inventoryText(hosts, {
      sshConfigFile: "/x",
      variables: { ansible_user: "root", ansible_become: undefined, keep_releases: 2 },
    });
    assertEquals((parse(text) as { all: { vars: unknown } }).all.vars, {
      ansible_user: "root",
      ansible_ssh_common_args: "-F /x",
      ztna_fleet: "lab",
      keep_releases: 2,
    });
  });
});
