import { assertEquals, assertRejects } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { FileTree } from "../../../tests/inventory/file_tree.ts";
import { ConfigError } from "../../../tunnel/errors.ts";
import { loadInventory } from "./load_inventory.ts";
import { selectHosts } from "./select_hosts.ts";

// What Ansible answers to more than 50 patterns is in tests/inventory.

const hosts = "[relays]\nrelay[1:4]\n[connectors]\nconnector[1:2]\n[canary]\nrelay1\n[none]\n";

async function select(pattern: string, limit?: string, text = hosts): Promise<string> {
  using tree = new FileTree({ "hosts": text });
  const inventory = await loadInventory([tree.path("hosts")]);
  return (await selectHosts(inventory, pattern, limit)).map(({ name }) => name).join(" ");
}

async function refusal(pattern: string, limit?: string): Promise<string> {
  return (await assertRejects(() => select(pattern, limit), ConfigError)).message;
}

describe("selectHosts", () => {
  it("applies what adds, then what keeps, then what removes", async () => {
    assertEquals(await select("!canary:relays"), "relay2 relay3 relay4");
    assertEquals(await select("!relay2,&relays,all"), "relay1 relay3 relay4");
  });

  it("refuses every part that matches nothing, with the nearest valid name", async () => {
    const nearest = (part: string, name: string): string =>
      `Cannot select hosts by "${part}" as it must match a host or a group: the nearest valid name is "${name}"`;
    assertEquals(await refusal("relay"), nearest("relay", "relays"));
    assertEquals(await refusal("relays:!canari"), nearest("!canari", "canary"));
    assertEquals(await refusal("all:&connector"), nearest("&connector", "connectors"));
    assertEquals(await refusal("all", "relais"), nearest("relais", "relays"));
    assertEquals(await refusal("reley*"), nearest("reley*", "relays"));
    assertEquals(await refusal("~reley"), nearest("~reley", "relays"));
  });

  it("refuses what selects nothing", async () => {
    const rule = "Cannot select hosts as the pattern must match at least one: current value is ";
    for (const pattern of ["none", "relays:&connectors", "relays[7:9]", "", ","]) {
      assertEquals(await refusal(pattern), `${rule}"${pattern}"`);
    }
    assertEquals(
      await refusal("relays", "connectors"),
      'Cannot select hosts as the limit must leave at least one of "relays": current value is "connectors"',
    );
    assertEquals(
      await refusal("relays[4]"),
      'Cannot select hosts by "relays[4]" as "relays" has 4 hosts',
    );
  });

  it("refuses what is no regular expression", async () => {
    const message = await refusal("~relay(");
    assertEquals(
      message.startsWith(
        'Cannot select hosts by "~relay(" as what follows "~" must be a regular expression',
      ),
      true,
      message,
    );
  });

  it("gives this machine where the inventory has none", async () => {
    using tree = new FileTree({ "hosts": "h\n[all:vars]\na=1" });
    const inventory = await loadInventory([tree.path("hosts")]);
    const [host] = await selectHosts(inventory, "localhost");
    assertEquals(host?.variables, { a: 1, ansible_connection: "local" });
    assertEquals(host?.groups, []);
    assertEquals(await select("localhost", undefined, "[g]\nlocalhost x=1"), "localhost");
    await refusal("all", "localhost");
  });

  it("reads limits from files, and never takes an empty one for all hosts", async () => {
    using tree = new FileTree({
      "limit": "# retry\r\n\r\n  relay2 \r\nconnector1\r\n",
      "a:b": "relay3",
      "empty": "# nothing\n\n",
      "binary": new Uint8Array([0xff, 0xfe, 0x00]),
    });
    assertEquals(await select("all", `@${tree.path("limit")}`), "relay2 connector1");
    assertEquals(await select("all", `relay1,@${tree.path("limit")}`), "relay1 relay2 connector1");
    assertEquals(await select("all", `@${tree.path("a:b")}`), "relay3");
    const message = await refusal("all", `@${tree.path("empty")}`);
    assertEquals(message.includes("as a limit must name at least one"), true, message);
    await refusal("all", `@${tree.path("binary")}`);
    await refusal("all", `@${tree.path("missing")}`);
    await refusal("all", ",");
  });

  it("is not misled by names that objects have", async () => {
    const text = "[__proto__]\nconstructor\n[toString]\nvalueOf\n";
    assertEquals(await select("__proto__,toString", undefined, text), "constructor valueOf");
    await assertRejects(() => select("hasOwnProperty", undefined, text), ConfigError);
  });
});
