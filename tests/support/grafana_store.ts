import { withSortedKeys } from "../../dashboards/sorted_keys.ts";

/** A JSON object as our side sends it. */
export type GrafanaJson = Readonly<Record<string, unknown>>;

/** A dashboard in the stand-in. */
export interface StoredBoard {
  readonly id: number;
  version: number;
  folderUid: string;
  isProvisioned: boolean;
  data: GrafanaJson;
  /** Messages of its versions, the first version's first. */
  readonly history: string[];
}

/** An annotation of the organization in the stand-in; times in ms since 1970. */
export interface StoredAnnotation {
  readonly time: number;
  timeEnd: number;
  text: string;
  readonly tags: readonly string[];
}

/** What Grafana answers instead of doing what it is asked to. */
export class Refusal extends Error {
  readonly status: number;
  /** Word for programs, where Grafana gives one. */
  readonly word: string | undefined;

  constructor(status: number, message: string, word?: string) {
    super(message);
    this.status = status;
    this.word = word;
  }
}

/**
 * What a Grafana remembers of dashboards, folders and annotations, with the rules by which it saves
 * them: numbers and versions are its own, a version that is not the present one is refused with 412
 * unless `overwrite` is set, and dashboards of provisioned files can't be saved.
 */
export class GrafanaStore {
  readonly dashboards = new Map<string, StoredBoard>();
  /** Titles by uid. */
  readonly folders = new Map<string, string>();
  readonly annotations = new Map<number, StoredAnnotation>();
  /** What becomes of a dashboard's JSON when it is stored; Grafana's database sorts the keys. */
  rewrite: (dashboard: GrafanaJson) => GrafanaJson = sorted;
  #nextId = 1;

  /** Saves a dashboard as `POST /api/dashboards/db` does. */
  save(
    dashboard: GrafanaJson,
    { folderUid = "", overwrite = false, message = "" }: {
      readonly folderUid?: string;
      readonly overwrite?: boolean;
      readonly message?: string;
    },
  ): StoredBoard & { readonly uid: string } {
    const { uid, title } = dashboard;
    if (typeof uid !== "string" || !/^[\w-]{1,40}$/.test(uid)) throw new Refusal(400, "bad uid");
    if (typeof title !== "string" || title === "") {
      throw new Refusal(400, "Dashboard title cannot be empty", "empty-name");
    }
    if (folderUid !== "" && !this.folders.has(folderUid)) {
      throw new Refusal(404, "Folder not found");
    }
    const existing = this.dashboards.get(uid);
    if (existing?.isProvisioned) throw new Refusal(400, "Cannot save provisioned dashboard");
    if (existing !== undefined && existing.version !== (dashboard["version"] ?? 0) && !overwrite) {
      const text = "The dashboard has been changed by someone else";
      throw new Refusal(412, text, "version-mismatch");
    }
    const board: StoredBoard = existing ?? {
      ...{ id: this.#nextId++, version: 0, folderUid, isProvisioned: false, data: {}, history: [] },
    };
    board.version++;
    board.folderUid = folderUid;
    board.history.push(message);
    board.data = this.rewrite({ ...dashboard, id: board.id, version: board.version });
    this.dashboards.set(uid, board);
    return { ...board, uid };
  }

  /** What somebody does in Grafana's pages: changes a dashboard and saves it. */
  edit(uid: string, change: (dashboard: GrafanaJson) => GrafanaJson): void {
    const board = this.dashboards.get(uid)!;
    const { folderUid } = board;
    this.save({ ...change(board.data), version: board.version }, { folderUid });
  }

  /** Makes a folder as `POST /api/folders` does. */
  createFolder(uid: string, title: string): void {
    if (title === "") throw new Refusal(400, "folder title cannot be empty");
    if (this.folders.has(uid)) {
      throw new Refusal(409, "a folder with the same UID already exists");
    }
    this.folders.set(uid, title);
  }

  /** Keeps an annotation; without an end it is a point in time. */
  annotate(annotation: Omit<StoredAnnotation, "timeEnd"> & { readonly timeEnd?: number }): number {
    const id = this.#nextId++;
    this.annotations.set(id, { ...annotation, timeEnd: annotation.timeEnd ?? annotation.time });
    return id;
  }
}

/** Keys in the order in which Go writes them. */
function sorted(dashboard: GrafanaJson): GrafanaJson {
  return withSortedKeys(dashboard) as GrafanaJson;
}
