import { quote } from "../../tunnel/printable.ts";
import { integerOf, isRecord, type JsonRecord, recordsOf, textOf } from "./answer.ts";
import { createFolder, findFolder } from "./folder.ts";
import type { GrafanaClient } from "./grafana_client.ts";
import { GrafanaError } from "./grafana_error.ts";
import { decidePublish, type StoredDashboard, versionOf } from "./publish_decision.ts";
import { withMark } from "./publish_mark.ts";

/** How it ended for one dashboard; with a dry run, how it would end. */
export interface PublishedDashboard {
  readonly uid: string;
  readonly title: string;
  readonly result: "created" | "updated" | "unchanged" | "kept" | "failed" | "not_reached";
  /** Its version in Grafana; `null` where that is not known. */
  readonly version: number | null;
  /** Why it was updated or kept, or what went wrong. */
  readonly why?: string;
  /** What replacing it changes or would change; a unified diff, escaped. */
  readonly diff?: string;
}

/** What came of publishing. */
export interface PublishResult {
  /** Grafana's version; `null` where it keeps that to itself. */
  readonly grafana: string | null;
  readonly folder: {
    /** `null` when a dry run would make the folder. */
    readonly uid: string | null;
    readonly title: string;
    readonly result: "created" | "unchanged";
  };
  readonly dashboards: readonly PublishedDashboard[];
  /** Dashboards of ours in the folder that are not generated any more. */
  readonly leftOver: readonly { readonly uid: string; readonly title: string }[];
  /** What ended it before all was done. */
  readonly stoppedBy?: GrafanaError;
}

/** What to publish, and how. */
export interface PublishOptions {
  /** With `uid`, `title` and `tags`. */
  readonly dashboards: readonly JsonRecord[];
  /** Uid or title. */
  readonly folder: string;
  /** Tag of all dashboards of ours. */
  readonly tag: string;
  /** For the history of each dashboard in Grafana. */
  readonly message: string;
  readonly overwrite: boolean;
  readonly dryRun: boolean;
}

/**
 * Publishes dashboards: makes those that are missing, updates those that differ, and keeps those
 * that somebody has edited by hand. One that fails does not keep the others from being published,
 * unless they would fail, too.
 *
 * @throws {GrafanaError} when nothing was done.
 * @throws {ConfigError} when the folder's name is ambiguous.
 */
export async function publishDashboards(
  client: GrafanaClient,
  options: PublishOptions,
): Promise<PublishResult> {
  const { dryRun, dashboards } = options;
  const grafana = await grafanaVersion(client);
  const existing = await findFolder(client, options.folder);
  const folder = existing ?? (dryRun ? undefined : await createFolder(client, options.folder));
  const published: PublishedDashboard[] = [];
  let stoppedBy: GrafanaError | undefined;
  for (const dashboard of dashboards) {
    const named = nameOf(dashboard);
    if (stoppedBy !== undefined) {
      published.push({ ...named, result: "not_reached", version: null });
      continue;
    }
    try {
      published.push(await publishOne(client, dashboard, folder?.uid, options));
    } catch (error) {
      if (!(error instanceof GrafanaError)) throw error;
      // What the next one would meet with, too.
      const isFinal = ["unreachable", "permission", "address"].includes(error.failure);
      const isUntouched = published.length === 0 && (existing !== undefined || dryRun);
      if (isFinal && isUntouched) throw error;
      if (isFinal) stoppedBy = error;
      published.push({ ...named, result: "failed", version: null, why: error.message });
    }
  }
  let leftOver: PublishResult["leftOver"] = [];
  if (folder !== undefined && stoppedBy === undefined) {
    try {
      leftOver = await findLeftOver(client, folder.uid, options);
    } catch (error) {
      if (!(error instanceof GrafanaError)) throw error;
      stoppedBy = error;
    }
  }
  return {
    grafana,
    folder: {
      uid: folder?.uid ?? null,
      title: folder?.title ?? options.folder,
      result: existing === undefined ? "created" : "unchanged",
    },
    ...{ dashboards: published, leftOver },
    ...stoppedBy !== undefined && { stoppedBy },
  };
}

/** Makes sure that there is a Grafana, before it is told anything. */
async function grafanaVersion(client: GrafanaClient): Promise<string | null> {
  const what = "publish dashboards";
  const health = await client.find({ method: "GET", path: "/api/health", what });
  if (!isRecord(health) || !("database" in health)) {
    throw new GrafanaError(
      "address",
      `Cannot ${what} as Grafana must be at the address of "--push": current value is ` +
        `${quote(client.url)}, and what answers there is something else`,
    );
  }
  return textOf(health, "version") ?? null;
}

async function publishOne(
  client: GrafanaClient,
  dashboard: JsonRecord,
  folderUid: string | undefined,
  { overwrite, dryRun, message }: PublishOptions,
): Promise<PublishedDashboard> {
  const named = nameOf(dashboard);
  const stored = await readDashboard(client, named.uid);
  const decision = decidePublish(dashboard, stored, { folderUid, overwrite });
  const version = stored === undefined ? 0 : versionOf(stored);
  if (decision.action === "leave") return { ...named, result: "unchanged", version };
  if (decision.action === "keep") {
    const { why, diff } = decision;
    return { ...named, result: "kept", version, why, diff };
  }
  const result = decision.action === "create" ? "created" : "updated";
  const details = decision.action === "create" ? {} : { why: decision.why, diff: decision.diff };
  if (dryRun) return { ...named, result, version: version || null, ...details };
  const saved = await saveDashboard(client, dashboard, { version, folderUid, message });
  if (saved !== version + 1) {
    // Then our mark is wrong, and the next push would take this for somebody's edit.
    const odd = `Grafana calls it version ${saved} instead of ${version + 1}: the next push may ` +
      'take it for edited by hand, and want "--overwrite"';
    return { ...named, result, version: saved, ...details, why: odd };
  }
  return { ...named, result, version: saved, ...details };
}

async function readDashboard(
  client: GrafanaClient,
  uid: string,
): Promise<StoredDashboard | undefined> {
  const what = `read the dashboard ${quote(uid)}`;
  const answer = await client.find({
    ...{ method: "GET", path: `/api/dashboards/uid/${encodeURIComponent(uid)}`, what },
  });
  if (answer === undefined) return undefined;
  if (!isRecord(answer) || !isRecord(answer["dashboard"])) {
    throw new GrafanaError(
      "refused",
      `Cannot ${what} as the answer must hold a dashboard: current value holds none`,
    );
  }
  const meta = answer["meta"];
  return {
    dashboard: answer["dashboard"],
    folderUid: textOf(meta, "folderUid") ?? "",
    isProvisioned: isRecord(meta) && meta["provisioned"] === true,
  };
}

/** @returns the version that Grafana has given to it. */
async function saveDashboard(
  client: GrafanaClient,
  dashboard: JsonRecord,
  { version, folderUid, message }: {
    readonly version: number;
    readonly folderUid: string | undefined;
    readonly message: string;
  },
): Promise<number> {
  const what = `save the dashboard ${quote(nameOf(dashboard).uid)}`;
  try {
    const answer = await client.request({
      ...{ method: "POST", path: "/api/dashboards/db", what },
      body: {
        dashboard: { ...withMark(dashboard, version + 1), id: null, version },
        ...{ folderUid, message },
        // Even then: on top of the version that was looked at, or not at all.
        overwrite: false,
      },
    });
    return integerOf(answer, "version") ?? version + 1;
  } catch (error) {
    if (!(error instanceof GrafanaError && error.failure === "conflict")) throw error;
    const advice = "somebody has saved it meanwhile, or another has its name: run it again";
    throw new GrafanaError("conflict", `${error.message}; ${advice}`, { cause: error });
  }
}

/** Dashboards of ours that are not generated any more: told, and left to the operator. */
async function findLeftOver(
  client: GrafanaClient,
  folderUid: string,
  { tag, dashboards }: PublishOptions,
): Promise<{ readonly uid: string; readonly title: string }[]> {
  const query = new URLSearchParams({ type: "dash-db", tag, folderUIDs: folderUid, limit: "1000" });
  const generated = new Set(dashboards.map((dashboard) => nameOf(dashboard).uid));
  const answer = await client.request({
    ...{ method: "GET", path: `/api/search?${query}` },
    what: "look for dashboards that are not generated any more",
  });
  return recordsOf(answer).flatMap((entry) => {
    const uid = textOf(entry, "uid");
    if (uid === undefined || generated.has(uid)) return [];
    return [{ uid, title: textOf(entry, "title") ?? uid }];
  });
}

function nameOf(dashboard: JsonRecord): { readonly uid: string; readonly title: string } {
  const uid = textOf(dashboard, "uid") ?? "";
  return { uid, title: textOf(dashboard, "title") ?? uid };
}
