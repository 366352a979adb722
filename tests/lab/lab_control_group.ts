import { createHash } from "node:crypto";
import { ControlGroup, topControlGroup } from "./control_group.ts";
import type { LabPaths, SharedPaths } from "./lab_paths.ts";

/** Groups of one host, by what runs in them. */
export interface HostGroups {
  /** `power.sh`, which boots the host. */
  readonly power: ControlGroup;
  /** The host itself; the root of its own view. */
  readonly machine: ControlGroup;
  /** The wire that shapes its link. */
  readonly wire: ControlGroup;
}

/** The group of everything that a lab runs. Its name follows from the lab's directory alone. */
export function labGroup(paths: LabPaths): ControlGroup {
  return groupOf(paths.name, paths.directory);
}

/** The group of whatever makes the image. */
export function imageGroup(paths: SharedPaths): ControlGroup {
  return groupOf("_image", paths.image);
}

function groupOf(name: string, directory: string): ControlGroup {
  const hash = createHash("sha256").update(directory).digest("hex").slice(0, 8);
  return topControlGroup().child(`ztna-lab-${name}-${hash}`);
}

/** The group of a lab's gateway. */
export function gatewayGroup(paths: LabPaths): ControlGroup {
  return labGroup(paths).child("gateway");
}

/** The groups of one host, which need not be there. */
export function hostGroups(paths: LabPaths, host: string): HostGroups {
  const group = labGroup(paths).child("hosts").child(host);
  return {
    power: group.child("power"),
    machine: group.child("machine"),
    wire: group.child("wire"),
  };
}

/** Makes the groups of a host. */
export function makeHostGroups(paths: LabPaths, host: string): HostGroups {
  const lab = labGroup(paths);
  for (const group of [lab, lab.child("hosts"), lab.child("hosts").child(host)]) {
    group.make();
    group.delegate();
  }
  const groups = hostGroups(paths, host);
  for (const group of [groups.power, groups.machine, groups.wire]) group.make();
  return groups;
}
