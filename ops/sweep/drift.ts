/** What on a host is not as a deploy would make it. */

import { describeChange } from "../engine/resource/change.ts";
import type { Facts } from "../engine/resource/facts.ts";
import { planChanges } from "../engine/resource/plan.ts";
import type { Play, Resource } from "../engine/resource/resource.ts";
import type { FleetCredentials } from "../fleet/credentials.ts";
import { combinedPlay } from "../fleet/deploy_plan.ts";
import type { Fleet, FleetHost } from "../fleet/fleet.ts";
import { hostPlays } from "../fleet/host_plays.ts";

/** One thing of a host that a deploy would change. */
export interface DriftedPart {
  /** A path, or a unit's name. */
  readonly subject: string;
  readonly kind: Resource["kind"];
  /** What a deploy would do, or what keeps it from that; for people, escaped. */
  readonly text: string;
  /** Properties that differ; empty when something keeps a deploy from making it so. */
  readonly properties: readonly string[];
}

/** What on a host is not as a deploy would make it. */
export interface Drift {
  readonly parts: readonly DriftedPart[];
  /** What an earlier run should have done after its changes, and did not get to. */
  readonly pendingHandlers: readonly string[];
}

/** What {@linkcode sweepPlay} depends on. */
export interface SweepPlayInputs {
  readonly fleet: Fleet;
  readonly host: FleetHost;
  /** What the host was given; `undefined` when this machine doesn't know. */
  readonly credentials: FleetCredentials | undefined;
  /** Texts of the unit files, by name. */
  readonly units: Readonly<Record<string, string>>;
}

/**
 * What a deploy makes true of a host, as far as it is compared here: releases and the kernel's
 * settings have checks of their own.
 */
export function sweepPlay(inputs: SweepPlayInputs): Play {
  const { resources, handlers } = combinedPlay(hostPlays({ ...inputs, release: undefined }));
  return { resources: resources.filter(({ kind }) => kind !== "sysctl"), handlers };
}

/** Compares a host with its play. */
export function driftOf(play: Play, facts: Facts): Drift {
  const { changes, conflicts } = planChanges(play, facts);
  const byId = new Map(play.resources.map((resource) => [resource.id, resource]));
  const part = (id: string, text: string, properties: readonly string[]): DriftedPart[] => {
    const resource = byId.get(id);
    if (resource === undefined) return [];
    return [{ subject: subjectOf(resource), kind: resource.kind, text, properties }];
  };
  return {
    parts: [
      ...changes.flatMap((change) =>
        part(
          change.resource,
          describeChange(change),
          change.differences.map(({ property }) => property),
        )
      ),
      ...conflicts.flatMap(({ resource, text }) => part(resource, text, [])),
    ],
    pendingHandlers: play.handlers.filter(({ id }) => facts.pendingHandlers.has(id))
      .map(({ summary }) => summary),
  };
}

function subjectOf(resource: Resource): string {
  switch (resource.kind) {
    case "file":
    case "absent":
    case "directory":
    case "link":
      return resource.path;
    case "service":
      return resource.unit;
    case "firewall":
      return `firewall ${resource.transport}/${resource.port}`;
    case "user":
      return `user ${resource.name}`;
    case "sysctl":
    case "package":
      return resource.name;
    case "command":
      return resource.id;
  }
}
