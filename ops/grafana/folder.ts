import { createHash } from "node:crypto";
import { ConfigError } from "../../tunnel/errors.ts";
import { quote } from "../../tunnel/printable.ts";
import { recordsOf, textOf } from "./answer.ts";
import type { GrafanaClient } from "./grafana_client.ts";
import { GrafanaError } from "./grafana_error.ts";

/** A folder of dashboards. */
export interface GrafanaFolder {
  readonly uid: string;
  readonly title: string;
}

/** What Grafana takes for a uid. */
const uidPattern = /^[\w-]{1,40}$/;

/**
 * Finds a folder by its uid or its title.
 *
 * @returns `undefined` when there is none.
 * @throws {ConfigError} when several have the title.
 * @throws {GrafanaError} when Grafana can't say.
 */
export async function findFolder(
  client: GrafanaClient,
  name: string,
): Promise<GrafanaFolder | undefined> {
  const byUid = uidPattern.test(name) ? await folderOfUid(client, name) : undefined;
  if (byUid !== undefined) return byUid;
  const query = new URLSearchParams({ type: "dash-folder", query: name, limit: "1000" });
  const answer = await client.request({
    ...{ method: "GET", path: `/api/search?${query}` },
    what: `look for the folder ${quote(name)}`,
  });
  const found = recordsOf(answer).flatMap((entry): GrafanaFolder[] => {
    const uid = textOf(entry, "uid");
    return uid !== undefined && textOf(entry, "title") === name ? [{ uid, title: name }] : [];
  });
  if (found.length > 1) {
    const uids = found.map(({ uid }) => quote(uid)).join(", ");
    throw new ConfigError(
      `Cannot use "--folder" as only one folder may have the title: current value is ` +
        `${quote(name)}; give the uid of one of them: ${uids}`,
    );
  }
  return found[0];
}

/**
 * Makes a folder at the top level. Its uid follows from its title, so that two runs at a time make
 * one folder.
 *
 * @throws {GrafanaError} when it can't be made.
 */
export async function createFolder(client: GrafanaClient, title: string): Promise<GrafanaFolder> {
  const uid = uidOf(title);
  try {
    await client.request({
      ...{ method: "POST", path: "/api/folders", body: { uid, title } },
      what: `make the folder ${quote(title)}`,
    });
  } catch (error) {
    if (!(error instanceof GrafanaError && error.failure === "conflict")) throw error;
    const existing = await folderOfUid(client, uid);
    if (existing === undefined) throw error;
    return existing;
  }
  return { uid, title };
}

async function folderOfUid(client: GrafanaClient, uid: string): Promise<GrafanaFolder | undefined> {
  const what = `look for the folder ${quote(uid)}`;
  const found = await client.find({ method: "GET", path: `/api/folders/${uid}`, what });
  return textOf(found, "uid") === uid ? { uid, title: textOf(found, "title") ?? uid } : undefined;
}

function uidOf(title: string): string {
  if (uidPattern.test(title)) return title;
  const words = title.toLowerCase().replaceAll(/[^a-z0-9]+/g, "-").slice(0, 30);
  return `${words}-${createHash("sha256").update(title).digest("hex").slice(0, 8)}`;
}
