/**
 * Prints the groups and hosts of inventories, one per line, for shells that complete patterns:
 * `names.ts -- SOURCE…`. It is silent about whatever is wrong; the command itself will say it.
 */

import { join } from "node:path";
import { loadInventory } from "../engine/inventory/load_inventory.ts";

/** A shell puts names into a command line as they are: only those that mean nothing else to it. */
const safeName = /^[A-Za-z0-9_][\w.@%+-]{0,252}$/;
/** Most names that are offered. */
const maxNames = 5000;

/** Groups, then hosts, of inventories that can be read without running anything. */
async function namesOf(sources: readonly string[]): Promise<string[]> {
  const readable = sources.filter((source) => !runsSomething(source));
  if (readable.length === 0) return [];
  const { groups, hosts } = await loadInventory(readable);
  return [...groups.keys(), ...hosts.keys()].filter((name) => safeName.test(name));
}

/** Pressing the tabulator must not run an executable inventory. */
function runsSomething(source: string): boolean {
  const info = statOf(source);
  if (info === undefined) return false;
  if (!info.isDirectory) return ((info.mode ?? 0) & 0o111) !== 0;
  return [...Deno.readDirSync(source)].some(({ name }) => runsSomething(join(source, name)));
}

function statOf(path: string): Deno.FileInfo | undefined {
  try {
    return Deno.statSync(path);
  } catch {
    return undefined;
  }
}

if (import.meta.main) {
  try {
    const sources = Deno.args[0] === "--" ? Deno.args.slice(1) : Deno.args;
    const names = (await namesOf(sources)).slice(0, maxNames);
    const bytes = new TextEncoder().encode(names.map((name) => `${name}\n`).join(""));
    for (let at = 0; at < bytes.length;) at += Deno.stdout.writeSync(bytes.subarray(at));
  } catch {
    Deno.exit(1);
  }
}
