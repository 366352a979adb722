import { assert, assertEquals, assertLess } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { FileTree } from "../../../../tests/inventory/file_tree.ts";
import type { Inventory } from "../inventory.ts";
import { loadInventory } from "../load_inventory.ts";
import { ansibleListing } from "./ansible_listing.ts";
import { groupTree } from "./group_tree.ts";

async function load(text: string): Promise<Inventory> {
  using tree = new FileTree({ "hosts": text });
  return await loadInventory([tree.path("hosts")]);
}

describe("groupTree", () => {
  it("leaves out hosts that are not selected", async () => {
    const inventory = await load("[web]\nh1\nh2\n");
    assertEquals(groupTree(inventory, { hosts: new Set(["h2"]) }).split("\n").slice(2), [
      "  |--@web:",
      "  |  |--h2",
    ]);
  });

  it("bounds a tree that would have more branches than there are atoms", async () => {
    const levels = Array.from({ length: 300 }, (_, i) => {
      const next = [`a${i + 1}`, `b${i + 1}`].join("\n");
      return `[a${i}:children]\n${next}\n[b${i}:children]\n${next}\n`;
    });
    const inventory = await load(`${levels.join("")}[a300]\nh\n[b300]\nh\n`);
    const tree = groupTree(inventory, { hosts: new Set(["h"]) });
    assertLess(tree.length, 17 * 1024 * 1024);
    assert(tree.endsWith("\n…"));
  });

  it("goes as deep as groups are nested", async () => {
    const levels = Array.from({ length: 2_000 }, (_, i) => `[g${i}:children]\ng${i + 1}\n`);
    const inventory = await load(`${levels.join("")}[g2000]\nh\n`);
    const last = groupTree(inventory, { hosts: new Set(["h"]) }).split("\n").at(-1);
    assert(last?.endsWith("  |--h"));
  });
});

describe("ansibleListing", () => {
  it("lists only the hosts that are selected", async () => {
    const inventory = await load("solo\n[web]\nh1 x=1\nh2 x=2\n");
    const selected = [inventory.hosts.get("h2")!];
    assertEquals(ansibleListing(inventory, selected), {
      _meta: { hostvars: { h2: { x: 2 } } },
      all: { children: ["ungrouped", "web"] },
      web: { hosts: ["h2"] },
    });
  });
});
