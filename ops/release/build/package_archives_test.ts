import { assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { afterEach, beforeEach, describe, it } from "@std/testing/bdd";
import { createHash } from "node:crypto";
import { download } from "./download.ts";
import { npmRegistry } from "./npm_registry.ts";
import { PackageArchives } from "./package_archives.ts";
import type { LockedPackage } from "./package_lock.ts";
import { ReleaseError } from "./release_error.ts";

const archive = new TextEncoder().encode("the archive of a package".repeat(1000));
const locked: LockedPackage = {
  name: "@scope/p",
  version: "1.2.3",
  integrity: `sha512-${createHash("sha512").update(archive).digest("base64")}`,
  dependencies: [],
  os: [],
  cpu: [],
};
const usualPlace = "/npm/@scope/p/-/p-1.2.3.tgz";

type Answer = (request: Request) => Response | Promise<Response>;

/** A registry on loopback that answers by path, and 404 for anything else. */
class Registry implements AsyncDisposable {
  readonly requests: { readonly path: string; readonly authorization: string | null }[] = [];
  readonly #answers: Record<string, Answer> = {};
  readonly #server: Deno.HttpServer<Deno.NetAddr>;

  constructor() {
    this.#server = Deno.serve(
      { hostname: "127.0.0.1", port: 0, onListen(): void {} },
      (request): Response | Promise<Response> => {
        const path = new URL(request.url).pathname;
        this.requests.push({ path, authorization: request.headers.get("authorization") });
        return this.#answers[path]?.(request) ?? new Response("none", { status: 404 });
      },
    );
  }

  get origin(): string {
    return `http://127.0.0.1:${this.#server.addr.port}`;
  }

  on(path: string, answer: Answer): void {
    this.#answers[path] = answer;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#server.shutdown();
  }
}

describe("PackageArchives", () => {
  let directory: string;
  beforeEach(() => {
    directory = Deno.makeTempDirSync({ prefix: "ztna-archives-" });
  });
  afterEach(() => Deno.removeSync(directory, { recursive: true }));

  const archivesOf = (registry: Registry, npmrc = ""): PackageArchives =>
    new PackageArchives(
      `${directory}/packages`,
      npmRegistry([npmrc], new Map([["NPM_CONFIG_REGISTRY", `${registry.origin}/npm`]])),
    );
  const signal = AbortSignal.timeout(60_000);

  it("fetches once, and tells how far it is", async () => {
    await using registry = new Registry();
    registry.on(usualPlace, () => new Response(archive));
    const archives = archivesOf(registry);
    const progress: unknown[] = [];
    const first = await archives.get(locked, {
      signal,
      onProgress: (...all) => progress.push(all),
    });
    assertEquals(first, archive);
    assertEquals(progress.at(-1), ["@scope/p@1.2.3", archive.length, archive.length]);
    assertEquals(await archivesOf(registry).get(locked, { signal }), archive);
    assertEquals(registry.requests.length, 1);
    assertEquals(Deno.readFileSync(archives.pathOf(locked)), archive);
  });

  it("fetches again what has suffered on the disk", async () => {
    await using registry = new Registry();
    registry.on(usualPlace, () => new Response(archive));
    const archives = archivesOf(registry);
    for (const damaged of [archive.with(500, 0), archive.subarray(0, 100), new Uint8Array()]) {
      Deno.writeFileSync(archives.pathOf(locked), damaged);
      assertEquals(await archives.get(locked, { signal }), archive);
    }
    assertEquals(registry.requests.length, 3);
  });

  it("refuses what the lock file does not say, and keeps nothing of it", async () => {
    await using registry = new Registry();
    registry.on(usualPlace, () => new Response(archive.with(0, 0)));
    const error = await assertRejects(
      () => archivesOf(registry).get(locked, { signal }),
      ReleaseError,
    );
    assertStringIncludes(
      error.message,
      `pins it to "${locked.integrity}": current value is "sha512-`,
    );
    assertEquals([...Deno.readDirSync(`${directory}/packages`)], []);
  });

  it("looks in the description when the archive is not in its usual place", async () => {
    await using registry = new Registry();
    const tarball = `${registry.origin}/elsewhere`;
    registry.on(
      "/npm/@scope%2fp",
      () => Response.json({ versions: { "1.2.3": { dist: { tarball } } } }),
    );
    registry.on("/elsewhere", () => new Response(archive));
    assertEquals(await archivesOf(registry).get(locked, { signal }), archive);
  });

  const descriptions: readonly unknown[] = [
    "no JSON {",
    null,
    { versions: { "9.9.9": {} } },
    { versions: { "1.2.3": { dist: { tarball: "file:///etc/passwd" } } } },
  ];
  for (const description of descriptions) {
    it(`names the registry that has not got it: ${JSON.stringify(description)}`, async () => {
      await using registry = new Registry();
      registry.on("/npm/@scope%2fp", () => Response.json(description));
      const error = await assertRejects(
        () => archivesOf(registry).get(locked, { signal }),
        ReleaseError,
      );
      assertStringIncludes(
        error.message,
        `current value of the registry is "${registry.origin}/npm/"`,
      );
    });
  }

  it("shows its token to the registry, and to nobody else", async () => {
    await using registry = new Registry();
    await using other = new Registry();
    const tarball = `${other.origin}/elsewhere`;
    registry.on(
      "/npm/@scope%2fp",
      () => Response.json({ versions: { "1.2.3": { dist: { tarball } } } }),
    );
    other.on("/elsewhere", () => new Response(archive));
    const npmrc = `${registry.origin.replace("http:", "")}/npm/:_authToken=t0`;
    await archivesOf(registry, npmrc).get(locked, { signal });
    assertEquals(registry.requests.map(({ authorization }) => authorization), [
      "Bearer t0",
      "Bearer t0",
    ]);
    assertEquals(other.requests, [{ path: "/elsewhere", authorization: null }]);
  });

  it("lets two fetch at once", async () => {
    await using registry = new Registry();
    registry.on(usualPlace, () => new Response(archive));
    const all = await Promise.all(
      [1, 2, 3].map(() => archivesOf(registry).get(locked, { signal })),
    );
    assertEquals(all, [archive, archive, archive]);
    assertEquals([...Deno.readDirSync(`${directory}/packages`)].length, 1);
  });
});

describe("download", () => {
  const options = { authorization: undefined, maxBytes: 1000, signal: AbortSignal.timeout(60_000) };

  it("tries again when the server is not well", async () => {
    await using registry = new Registry();
    const answers = [503, 429, 200];
    registry.on("/", () => new Response("fine", { status: answers.shift() ?? 200 }));
    const body = await download(`${registry.origin}/`, options);
    assertEquals(new TextDecoder().decode(body), "fine");
    assertEquals(registry.requests.length, 3);
  });

  it("gives up when it stays so", async () => {
    await using registry = new Registry();
    registry.on("/", () => new Response("", { status: 502, statusText: "Bad Gateway" }));
    const error = await assertRejects(() => download(`${registry.origin}/`, options), ReleaseError);
    assertStringIncludes(error.message, "must be reachable from here");
    assertStringIncludes(error.message, "502");
    assertEquals(registry.requests.length, 3);
  });

  it("does not insist when it is refused", async () => {
    await using registry = new Registry();
    registry.on("/", () => new Response("", { status: 401 }));
    const error = await assertRejects(() => download(`${registry.origin}/`, options), ReleaseError);
    assertStringIncludes(error.message, 'a valid token for it in ".npmrc"?');
    assertEquals(registry.requests.length, 1);
  });

  it("says where nobody answers", async () => {
    const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    const url = `http://127.0.0.1:${listener.addr.port}/x`;
    listener.close();
    const error = await assertRejects(() => download(url, options), ReleaseError);
    assertStringIncludes(
      error.message,
      `Cannot fetch "${url}" as the npm registry must be reachable`,
    );
  });

  it("takes no more than it should", async () => {
    await using registry = new Registry();
    registry.on("/", () => new Response(new Uint8Array(1001)));
    await assertRejects(
      () => download(`${registry.origin}/`, options),
      ReleaseError,
      "at most 1000 bytes",
    );
  });

  it("gives up a server that has stalled", async () => {
    await using registry = new Registry();
    registry.on("/", ({ signal }) =>
      new Response(
        new ReadableStream({
          start(controller): void {
            controller.enqueue(new Uint8Array(10));
            signal.addEventListener("abort", () => controller.close());
          },
        }),
      ));
    const error = await assertRejects(
      () => download(`${registry.origin}/`, { ...options, stallTimeoutMs: 50 }),
      ReleaseError,
    );
    assertStringIncludes(error.message, "nothing came for 50 ms");
  });

  it("stops when it is told to", async () => {
    await using registry = new Registry();
    const stop = new AbortController();
    const reason = new Error("interrupted");
    registry.on("/", () => {
      stop.abort(reason);
      return new Response("late");
    });
    const error = await assertRejects(() =>
      download(`${registry.origin}/`, { ...options, signal: stop.signal })
    );
    assertEquals(error, reason);
    assertEquals(registry.requests.length, 1);
  });
});
