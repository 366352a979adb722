import { type GrafanaJson, GrafanaStore, Refusal } from "./grafana_store.ts";

/** What a token may do. */
type Role = "Editor" | "Viewer";

/** A request as the stand-in got it. */
export interface GrafanaCall {
  readonly method: string;
  /** Behind the base path, with the query. */
  readonly path: string;
  readonly body: GrafanaJson | undefined;
}

/** Answers instead of the stand-in; `undefined` leaves it to that. */
export type GrafanaFault = (
  call: GrafanaCall,
) => Response | undefined | Promise<Response | undefined>;

/** Members that our side may send, for each request with a body. */
const allowedMembers: Readonly<Record<string, readonly string[]>> = {
  "POST /api/folders": ["uid", "title"],
  "POST /api/dashboards/db": ["dashboard", "folderUid", "message", "overwrite"],
  "POST /api/annotations": ["time", "timeEnd", "tags", "text"],
  "PATCH /api/annotations": ["time", "timeEnd", "tags", "text"],
};
const allowedQuery = ["type", "query", "tag", "folderUIDs", "limit"];

/**
 * A stand-in for Grafana, which can't be had in this project's tests because of its licence. It is
 * made from Grafana's documentation of its HTTP API and the way its versions 9 to 12 save dashboards
 * (numbers, versions, 412, folders, provisioned dashboards, annotations), and knows only what we use
 * of it. It is stricter than Grafana: whatever is not documented is refused and kept in
 * {@linkcode violations}. No test with it shows that a real Grafana takes what we send.
 */
export class GrafanaServer implements AsyncDisposable {
  readonly store = new GrafanaStore();
  readonly calls: GrafanaCall[] = [];
  /** Requests that are no part of Grafana's API. */
  readonly violations: string[] = [];
  readonly tokens = new Map<string, Role>([["editor-token", "Editor"], ["viewer-token", "Viewer"]]);
  fault: GrafanaFault = () => undefined;
  readonly #server: Deno.HttpServer<Deno.NetAddr>;
  readonly #basePath: string;
  readonly #protocol: "http" | "https";

  /** @param options.basePath Where Grafana is behind a proxy: `/grafana`. */
  constructor({ basePath = "", tls }: {
    readonly basePath?: string;
    readonly tls?: { readonly cert: string; readonly key: string };
  } = {}) {
    this.#basePath = basePath;
    this.#server = Deno.serve({
      ...{ hostname: "127.0.0.1", port: 0, onListen: () => {} },
      ...tls,
      handler: (request) => this.#answer(request),
    });
    this.#protocol = tls === undefined ? "http" : "https";
  }

  /** Where Grafana is. */
  get url(): string {
    return `${this.#protocol}://127.0.0.1:${this.#server.addr.port}${this.#basePath}`;
  }

  /** The requests of a kind: `"POST /api/annotations"`. */
  callsTo(start: string): GrafanaCall[] {
    return this.calls.filter(({ method, path }) => `${method} ${path}`.startsWith(start));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#server.shutdown();
  }

  async #answer(request: Request): Promise<Response> {
    const { pathname, search } = new URL(request.url);
    if (!pathname.startsWith(`${this.#basePath}/`)) {
      return new Response("<html>404 page not found</html>", { status: 404 });
    }
    const text = await request.text();
    const call: GrafanaCall = {
      method: request.method,
      path: pathname.slice(this.#basePath.length) + search,
      body: text === "" ? undefined : JSON.parse(text),
    };
    this.calls.push(call);
    const instead = await this.fault(call);
    if (instead !== undefined) return instead;
    try {
      return Response.json(this.#dispatch(request, call));
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      const { status, message, word } = error;
      return Response.json({ message, ...word !== undefined && { status: word } }, { status });
    }
  }

  #dispatch(request: Request, call: GrafanaCall): unknown {
    const { method, path } = call;
    const { pathname, searchParams } = new URL(path, "http://stand-in");
    const found = this.#routes.map(([route, handle]) =>
      [new RegExp(`^${route}$`).exec(`${method} ${pathname}`), handle] as const
    ).find(([match]) => match !== null);
    if (found === undefined) {
      this.violations.push(`${method} ${path}`);
      throw new Refusal(404, "Not found");
    }
    if (pathname !== "/api/health") this.#authorize(request, method !== "GET");
    const [match, handle] = found;
    return handle(
      decodeURIComponent(match?.[1] ?? ""),
      checkedBody(call, this.violations),
      searchParams,
    );
  }

  readonly #routes: readonly (readonly [
    route: string,
    handle: (id: string, body: GrafanaJson, query: URLSearchParams) => unknown,
  ])[] = [
    ["GET /api/health", () => ({ database: "ok", version: "11.6.0", commit: "stand-in" })],
    ["GET /api/folders/([\\w-]+)", (uid) => this.#folder(uid)],
    ["POST /api/folders", (_, { uid, title }) => {
      this.store.createFolder(String(uid), String(title));
      return this.#folder(String(uid));
    }],
    ["GET /api/search", (_, __, query) => this.#search(query)],
    ["GET /api/dashboards/uid/([^/]+)", (uid) => this.#dashboard(uid)],
    ["POST /api/dashboards/db", (_, { dashboard, ...options }) => {
      const { uid, id, version } = this.store.save(dashboard as GrafanaJson, options);
      return { status: "success", slug: uid, url: `/d/${uid}`, id, uid, version };
    }],
    ["POST /api/annotations", (_, body) => {
      if (typeof body["text"] !== "string" || body["text"] === "") {
        throw new Refusal(400, "Failed to save annotation");
      }
      const id = this.store.annotate(body as Parameters<GrafanaStore["annotate"]>[0]);
      return { message: "Annotation added", id };
    }],
    ["PATCH /api/annotations/(\\d+)", (id, body) => {
      const annotation = this.store.annotations.get(Number(id));
      if (annotation === undefined) throw new Refusal(404, "Annotation not found");
      Object.assign(annotation, body);
      return { message: "Annotation patched" };
    }],
  ];

  #authorize(request: Request, isWrite: boolean): void {
    const [scheme, token = ""] = (request.headers.get("authorization") ?? "").split(" ");
    const role = scheme === "Bearer" ? this.tokens.get(token) : undefined;
    if (role === undefined) throw new Refusal(401, "Invalid API key");
    if (isWrite && role !== "Editor") {
      throw new Refusal(403, "You'll need additional permissions to perform this action");
    }
  }

  #folder(uid: string): unknown {
    const title = this.store.folders.get(uid);
    if (title === undefined) throw new Refusal(404, "folder not found", "not-found");
    return { id: 1, uid, title, url: `/dashboards/f/${uid}`, version: 1 };
  }

  #search(query: URLSearchParams): unknown {
    const unknown = [...query.keys()].filter((key) => !allowedQuery.includes(key));
    if (unknown.length > 0) this.violations.push(`GET /api/search: ${unknown.join(", ")}`);
    const words = (query.get("query") ?? "").toLowerCase();
    const hits = query.get("type") === "dash-folder"
      ? [...this.store.folders].map(([uid, title]) => ({ uid, title, type: "dash-folder" }))
      : [...this.store.dashboards].flatMap(([uid, { data, folderUid }]) => {
        const tags = data["tags"] as readonly string[] | undefined ?? [];
        const isIn = folderUid === query.get("folderUIDs") && tags.includes(query.get("tag") ?? "");
        return isIn
          ? [{ uid, title: String(data["title"]), type: "dash-db", tags, folderUid }]
          : [];
      });
    return hits.filter(({ title }) => title.toLowerCase().includes(words));
  }

  #dashboard(uid: string): unknown {
    const board = this.store.dashboards.get(uid);
    if (board === undefined) throw new Refusal(404, "Dashboard not found", "not-found");
    const { data, folderUid, isProvisioned, version } = board;
    return {
      dashboard: data,
      meta: { type: "db", url: `/d/${uid}`, version, folderUid, provisioned: isProvisioned },
    };
  }
}

/** The body, if it holds nothing that the documentation does not name. */
function checkedBody({ method, path, body = {} }: GrafanaCall, violations: string[]): GrafanaJson {
  const allowed = allowedMembers[`${method} ${path.replace(/\/\d+$/, "")}`] ?? [];
  const unknown = Object.keys(body).filter((key) => !allowed.includes(key));
  if (unknown.length === 0) return body;
  violations.push(`${method} ${path}: ${unknown.join(", ")}`);
  throw new Refusal(400, "bad request data");
}
