import { diffHunks } from "../engine/resource/file_diff.ts";
import { integerOf, isRecord, type JsonRecord } from "./answer.ts";
import { contentHash, contentOf, markOf } from "./publish_mark.ts";

/** A dashboard as Grafana has it. */
export interface StoredDashboard {
  readonly dashboard: JsonRecord;
  /** Empty for the top level. */
  readonly folderUid: string;
  /** It comes from files of Grafana's provisioning, which alone can change it. */
  readonly isProvisioned: boolean;
}

/** What is to be done with a dashboard. */
export type PublishDecision =
  | { readonly action: "create" }
  | { readonly action: "leave" }
  | {
    /** `keep`: it is not as it must be, but is not ours to change. */
    readonly action: "update" | "keep";
    /** Completes "it …": why it is changed, or not. */
    readonly why: string;
    /** What replacing it changes, as a unified diff; escaped, empty when it only moves. */
    readonly diff: string;
  };

/**
 * Decides what to do with a dashboard. One that somebody has edited since we published it is kept:
 * it has a version that we did not make, and another content than we gave it. Either alone is no
 * sign: Grafana rewrites what it stores, and counts a version up when a dashboard is moved.
 *
 * @param folderUid The folder that it goes to; `undefined` when there is none yet.
 */
export function decidePublish(
  generated: JsonRecord,
  stored: StoredDashboard | undefined,
  { folderUid, overwrite }: { readonly folderUid: string | undefined; readonly overwrite: boolean },
): PublishDecision {
  if (stored === undefined) return { action: "create" };
  const mark = markOf(stored.dashboard);
  const wanted = contentHash(generated);
  const present = contentHash(stored.dashboard);
  const isUntouched = mark !== undefined &&
    (mark.version === versionOf(stored) || mark.hash === present);
  const isCurrent = present === wanted || (isUntouched && mark.hash === wanted);
  const isMoved = stored.folderUid !== (folderUid ?? null);
  if (isCurrent && !isMoved) return { action: "leave" };
  const diff = isCurrent ? "" : dashboardDiff(generated, stored.dashboard);
  if (stored.isProvisioned) {
    const why = "comes from files of Grafana's provisioning: change those, or remove them first";
    return { action: "keep", why, diff };
  }
  if (isCurrent) return { action: "update", why: "is in another folder", diff };
  if (isUntouched || overwrite) return { action: "update", why: "is generated differently", diff };
  const why = mark === undefined
    ? 'is not from us, or has lost our mark: look at the difference, then use "--overwrite"'
    : `was edited by hand since our push: take that over into the code, or use "--overwrite"`;
  return { action: "keep", why, diff };
}

/** A stored dashboard's version; 0 where it tells none. */
export function versionOf({ dashboard }: StoredDashboard): number {
  return integerOf(dashboard, "version") ?? 0;
}

/** What replacing one by the other changes, as a unified diff of their JSON. Escaped. */
function dashboardDiff(generated: JsonRecord, stored: JsonRecord): string {
  const wanted = contentOf(generated);
  const present = inOrderOf(wanted, contentOf(stored));
  const [before, after] = [present, wanted].map((content) =>
    `${JSON.stringify(content, undefined, 2)}\n`
  ) as [string, string];
  const hunks = diffHunks(before, after) ?? "(they have little in common)\n";
  return `--- in Grafana\n+++ generated\n${hunks}`;
}

/** A value with its keys in another's order, so that only what differs shows. */
function inOrderOf(model: unknown, value: unknown): unknown {
  if (Array.isArray(value)) {
    return value.map((item, at) => inOrderOf(Array.isArray(model) ? model[at] : undefined, item));
  }
  if (!isRecord(value) || !isRecord(model)) return value;
  const keys = [
    ...Object.keys(model).filter((key) => Object.hasOwn(value, key)),
    ...Object.keys(value).filter((key) => !Object.hasOwn(model, key)),
  ];
  return Object.fromEntries(keys.map((key) => [key, inOrderOf(model[key], value[key])]));
}
