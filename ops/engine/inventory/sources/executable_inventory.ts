import { dirname, resolve } from "node:path";
import { forEachLimited } from "../../run/for_each_limited.ts";
import type { DataNode } from "../format/data_node.ts";
import { parseJsonData } from "../format/json_data.ts";
import { parseHostVariables, parseScriptInventory } from "../format/script_inventory.ts";
import type { PlacedVariable } from "../format/statement.ts";
import type { WarningList } from "../mistakes.ts";
import type { InventoryBuilder } from "../model/inventory_builder.ts";
import { runScript } from "./run_script.ts";
import { decodeSourceText, unreadable } from "./source_text.ts";

/** What running an executable inventory takes. */
export interface ExecutableOptions {
  readonly warnings: WarningList;
  readonly scriptTimeoutMs: number;
  readonly signal?: AbortSignal | undefined;
}

/** How many runs of `--host` there are at a time. */
const parallelRuns = 4;
/** How programs begin that no interpreter is named in: ELF, and Mach-O in both byte orders. */
const programMagics = ["7f454c46", "feedface", "feedfacf", "cefaedfe", "cffaedfe", "cafebabe"];

/**
 * Whether a file is a program that prints an inventory: it may be executed, and begins as a program
 * does. (A text that merely has the permission would be run by the shell, line by line.)
 */
export async function isExecutableInventory(path: string, info: Deno.FileInfo): Promise<boolean> {
  if (!info.isFile || info.mode === null || (info.mode & 0o111) === 0) return false;
  const start = new Uint8Array(4);
  try {
    using file = await Deno.open(path);
    await file.read(start);
  } catch (error) {
    throw unreadable(path, error);
  }
  return (start[0] === 0x23 && start[1] === 0x21) || programMagics.includes(start.toHex());
}

/**
 * Runs an executable inventory and adds what it says.
 *
 * @throws {ConfigError} when it fails or its answer is wrong.
 */
export async function loadExecutableInventory(
  path: string,
  builder: InventoryBuilder,
  options: ExecutableOptions,
): Promise<void> {
  const file = resolve(path);
  const answer = await ask(path, ["--list"], options);
  const { statements, hosts, hostVariables } = parseScriptInventory(answer, `${path} --list`);
  builder.apply(statements, { file, directory: dirname(file) });
  const variables = hostVariables ?? await askForEach(path, [...hosts], options);
  for (const host of hosts) builder.setHostVariables(host, variables.get(host) ?? []);
}

async function askForEach(
  path: string,
  hosts: readonly string[],
  options: ExecutableOptions,
): Promise<Map<string, readonly PlacedVariable[]>> {
  const variables = new Map<string, readonly PlacedVariable[]>();
  let failure: unknown;
  await forEachLimited(hosts, parallelRuns, async (host) => {
    // What fails for one host most likely fails for all.
    if (failure !== undefined) return;
    try {
      const answer = await ask(path, ["--host", host], options);
      variables.set(host, parseHostVariables(answer, host, `${path} --host ${host}`));
    } catch (error) {
      failure ??= error;
    }
  });
  if (failure !== undefined) throw failure;
  return variables;
}

async function ask(
  path: string,
  args: readonly string[],
  { warnings, scriptTimeoutMs, signal }: ExecutableOptions,
): Promise<DataNode> {
  const name = [path, ...args].join(" ");
  const { stdout, stderrLines } = await runScript(resolve(path), args, {
    timeoutMs: scriptTimeoutMs,
    signal,
  });
  for (const line of stderrLines) warnings.add({ file: name }, line);
  const text = decodeSourceText(stdout, name);
  // Some have nothing to say about a host.
  const nothing: DataNode = { kind: "mapping", line: 1, members: [] };
  if (args[0] === "--host" && text.trim() === "") return nothing;
  const { root, oddities } = parseJsonData(text, name);
  for (const { line, text: oddity } of oddities) warnings.add({ file: name, line }, oddity);
  return root ?? nothing;
}
