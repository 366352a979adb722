import { assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import type { Inventory } from "../../ops/engine/inventory/inventory.ts";
import { ansibleListing } from "../../ops/engine/inventory/listing/ansible_listing.ts";
import { groupTree } from "../../ops/engine/inventory/listing/group_tree.ts";
import { loadInventory } from "../../ops/engine/inventory/load_inventory.ts";
import { selectHosts } from "../../ops/engine/inventory/select_hosts.ts";
import {
  type InventoryCase,
  inventoryCases,
  recordedAnswers,
  sourcesIn,
} from "./inventory_case.ts";

async function load(each: InventoryCase): Promise<Inventory> {
  return await loadInventory(sourcesIn(each.directory, each));
}

/** As a program that reads the output sees it. */
function viaJson(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value));
}

describe("inventories, compared with what Ansible was recorded to say", () => {
  for (const each of inventoryCases()) {
    const answers = recordedAnswers(each);

    it(`${each.name}: lists the same groups, hosts and variables`, async () => {
      assertEquals(viaJson(ansibleListing(await load(each))), answers.list);
    });

    if (each.graph) {
      it(`${each.name}: draws the same tree`, async () => {
        const inventory = await load(each);
        const hosts = new Set(inventory.hosts.keys());
        assertEquals(groupTree(inventory, { hosts }), answers.graph);
      });
    }

    for (const [i, { pattern, limit }] of each.hosts.entries()) {
      const limited = limit === undefined ? "" : ` with the limit "${limit}"`;
      it(`${each.name}: "${pattern}"${limited} selects the same hosts in the same order`, async () => {
        const hosts = await selectHosts(
          await load(each),
          pattern,
          limit?.replaceAll("{case}/", each.directory),
        );
        assertEquals(hosts.map(({ name }) => name), answers.hosts[i]);
      });
    }
  }
});
