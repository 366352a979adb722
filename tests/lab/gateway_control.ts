import { type HostPlan, relayPort } from "./address_plan.ts";
import { denoCommand, startInBackground } from "./background_program.ts";
import type { GatewayNote, GatewayPlan } from "./gateway.ts";
import { gatewayGroup } from "./lab_control_group.ts";
import type { LabPaths } from "./lab_paths.ts";
import { removeIfThere } from "./remove_if_there.ts";

const startTimeoutMs = 30_000;

/**
 * Starts the gateway of a lab; one that serves these hosts already stays as it is. Ports that a
 * gateway of this lab had before stay the same.
 *
 * @throws {LabError} when a port is taken, for example.
 */
export async function startGateway(paths: LabPaths, hosts: readonly HostPlan[]): Promise<void> {
  const group = gatewayGroup(paths);
  const before = readGatewayNote(paths) ?? {};
  if (group.isPopulated && hosts.every(({ name }) => Object.hasOwn(before, name))) return;
  await group.kill();
  group.make();
  await removeIfThere(paths.gatewayNote);
  const plan: GatewayPlan = {
    routerNamespace: paths.routerNamespace,
    noteFile: paths.gatewayNote,
    hosts: hosts.map(({ name, address, gatewayPort }) => ({
      name,
      address,
      port: relayPort,
      gatewayPort: before[name] ?? gatewayPort,
    })),
  };
  await startInBackground({
    what: `the gateway of lab "${paths.name}"`,
    group,
    command: denoCommand(
      new URL("gateway.ts", import.meta.url),
      ["--allow-ffi", `--allow-read=${paths.directory}`, `--allow-write=${paths.directory}`],
      [JSON.stringify(plan)],
    ),
    logFile: paths.gatewayLog,
    isReady: () => readGatewayNote(paths) !== undefined,
    timeoutMs: startTimeoutMs,
  });
}

/** Where the lab's gateway listens; `undefined` while it does not. */
export function readGatewayNote(paths: LabPaths): GatewayNote | undefined {
  try {
    return JSON.parse(Deno.readTextFileSync(paths.gatewayNote)) as GatewayNote;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}
