import { writeFileAtomically } from "../../ops/atomic_file.ts";
import type { HostPlan } from "./address_plan.ts";
import { denoCommand, startInBackground } from "./background_program.ts";
import { hostGroups } from "./lab_control_group.ts";
import type { LabPaths } from "./lab_paths.ts";
import type { LinkShape } from "./link_shape.ts";
import { bridge, routerOf } from "./network.ts";
import { removeIfThere } from "./remove_if_there.ts";
import type { WireNote, WirePlan } from "./wire.ts";

const wireStartTimeoutMs = 30_000;

/**
 * Gives a host's link a shape: a wire takes the place of what connects its segment to the router's
 * bridge. Frames under way are lost.
 *
 * @throws {LabError}
 */
export async function shapeLink(
  paths: LabPaths,
  host: HostPlan,
  shape: LinkShape,
): Promise<void> {
  const files = paths.host(host.name);
  const wires = hostGroups(paths, host.name).wire;
  // The new wire starts while the old one still carries, so that a change takes milliseconds.
  const group = wires.child(crypto.randomUUID());
  group.make();
  const plan: WirePlan = {
    routerNamespace: paths.routerNamespace,
    shape,
    noteFile: `${files.wireNote}.new`,
  };
  let note: WireNote | undefined;
  await startInBackground({
    what: `the wire of ${host.name}`,
    group,
    command: denoCommand(
      new URL("wire.ts", import.meta.url),
      ["--allow-ffi", `--allow-read=${files.directory}`, `--allow-write=${files.directory}`],
      [JSON.stringify(plan)],
    ),
    logFile: files.wireLog,
    isReady: () => (note = readJson<WireNote>(plan.noteFile)) !== undefined,
    timeoutMs: wireStartTimeoutMs,
  });
  await Deno.remove(plan.noteFile);
  for (const other of wires.children) {
    if (other.path === group.path) continue;
    await other.kill(); // its devices go with it
    other.remove();
  }
  const { near, far, segment } = host.interfaces;
  // At no time are there two ways, which frames would go round in circles. Both ends are taken out,
  // so that both bridges forget who was behind them.
  await routerOf(paths).configure(`shape the link of ${host.name}`, [
    `link set ${near} nomaster`,
    `link set ${far} nomaster`,
    `link set ${note!.hostSide} master ${segment} up`,
    `link set ${note!.routerSide} master ${bridge} up`,
  ]);
  writeFileAtomically(files.wireNote, JSON.stringify(shape));
}

/** Takes the shape of a host's link away, if it has one, whatever state it is in. */
export async function clearLink(paths: LabPaths, host: HostPlan): Promise<void> {
  const { wire } = hostGroups(paths, host.name);
  await wire.kill(); // its devices go with it
  for (const group of wire.children) group.remove();
  const { near, far, segment } = host.interfaces;
  await routerOf(paths).configure(`clear the link of ${host.name}`, [
    `link set ${near} master ${segment}`,
    `link set ${far} master ${bridge}`,
  ]);
  await removeIfThere(paths.host(host.name).wireNote);
}

/** The shape of a host's link; `undefined` when it has none. */
export function linkShape(paths: LabPaths, host: HostPlan): LinkShape | undefined {
  return readJson(paths.host(host.name).wireNote);
}

/** Connects a link that has no working wire, so that the host can be reached. */
export async function repairLink(paths: LabPaths, host: HostPlan): Promise<void> {
  const isShaped = linkShape(paths, host) !== undefined &&
    hostGroups(paths, host.name).wire.isPopulated;
  if (!isShaped) await clearLink(paths, host);
}

function readJson<T>(path: string): T | undefined {
  try {
    return JSON.parse(Deno.readTextFileSync(path)) as T;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}
