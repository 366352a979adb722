import { assert, assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { afterEach, beforeEach, describe, it } from "@std/testing/bdd";
import type { CommandResult, Connection, RunOptions } from "../engine/connection/connection.ts";
import { HostError, UnreachableError } from "../engine/errors.ts";
import { openLocalSession } from "../../tests/support/local_session.ts";
import { waitFor } from "../../tests/support/wait.ts";
import type { Release } from "./release.ts";
import { isThere } from "./release_facts.ts";
import { makeTestRelease, TestHost } from "./test_host.ts";
import { uploadArchive, uploadRelease } from "./upload.ts";
import { uploadScript } from "./upload_script.ts";

const megabyte = 1_000_000;
const { signal } = new AbortController();

/** Passes scripts on to a connection, and changes bytes of the first inputs. */
function corrupting(connection: Connection, times: number): Connection {
  let left = times;
  return {
    host: connection.host,
    traffic: connection.traffic,
    run(script: string, options: RunOptions): Promise<CommandResult> {
      const { input } = options;
      if (input === undefined || left-- <= 0) return connection.run(script, options);
      const stream = input.stream.pipeThrough(
        new TransformStream<Uint8Array, Uint8Array>({
          transform: (chunk, controller) => controller.enqueue(chunk.with(0, chunk[0]! ^ 1)),
        }),
      );
      return connection.run(script, { ...options, input: { length: input.length, stream } });
    },
    [Symbol.asyncDispose]: () => connection[Symbol.asyncDispose](),
  };
}

describe("uploadRelease", { skip: Deno.build.os !== "linux" }, () => {
  let laptop: string;
  let host: TestHost;
  let release: Release;
  beforeEach(async () => {
    laptop = Deno.makeTempDirSync({ prefix: "ztna-laptop-" });
    host = await TestHost.open();
    release = await makeTestRelease({ directory: laptop, version: "1.0.0", bytes: 8 * megabyte });
  });
  afterEach(async () => {
    await host[Symbol.asyncDispose]();
    Deno.removeSync(laptop, { recursive: true });
  });

  /** Shows that the release and its runtime are there, and nothing else. */
  async function assertWhole(): Promise<void> {
    const facts = await host.facts(release);
    assertEquals([isThere(release.archive, facts), isThere(release.runtime, facts)], [true, true]);
    assertEquals(
      host.listing(),
      [
        "releases/",
        `releases/${release.id}/`,
        ...["SHA256SUMS", "bin/", "bin/relay", "deep/", "deep/er/", "deep/er/data", "release.json"]
          .concat("runtime").map((path) => `releases/${release.id}/${path}`),
        "runtime/",
        "runtime/deno-9.9.9/",
        "runtime/deno-9.9.9/SHA256SUMS",
        "runtime/deno-9.9.9/deno",
      ].sort(),
    );
  }

  it("brings a release and its runtime, once", async () => {
    const { connection, root } = host;
    const sent: Record<string, number[]> = {};
    const onProgress = ({ name }: { name: string }, bytes: number): void => {
      (sent[name] ??= []).push(bytes);
    };
    const all = release.archive.bytes + release.runtime.bytes;
    const facts = await host.facts(release);
    const { roundTrips } = connection.traffic;
    assertEquals(await uploadRelease(connection, release, facts, { root, signal, onProgress }), {
      sentBytes: all,
      resumedBytes: 0,
    });
    assertEquals(connection.traffic.roundTrips - roundTrips, 2);
    assertEquals(sent[release.id]?.at(-1), release.archive.bytes);
    assertEquals(sent["deno-9.9.9"], [release.runtime.bytes]);
    await assertWhole();
    const again = await uploadRelease(connection, release, await host.facts(release), {
      root,
      signal,
    });
    assertEquals(again.sentBytes, 0);
    assertEquals(connection.traffic.roundTrips - roundTrips, 4); // the two are ours, for facts
  });

  it("makes files that belong to root, and that everybody may read", async () => {
    await uploadRelease(host.connection, release, await host.facts(release), {
      root: host.root,
      signal,
    });
    const modes = Object.fromEntries(
      host.listing().map((path) => {
        const { mode, uid } = Deno.statSync(`${host.root}/${path}`);
        return [path, `${(mode! & 0o7777).toString(8)} ${uid}`];
      }),
    );
    const uid = Deno.uid();
    assertEquals(modes[`releases/${release.id}/`], `755 ${uid}`);
    assertEquals(modes[`releases/${release.id}/bin/relay`], `755 ${uid}`);
    assertEquals(modes[`releases/${release.id}/deep/er/data`], `644 ${uid}`);
    assertEquals(modes["runtime/deno-9.9.9/deno"], `755 ${uid}`);
  });

  it("goes on where a broken connection has left it", async () => {
    const { root } = host;
    await using broken = await openLocalSession();
    const session = Number((await broken.run("echo $$", { what: "ask" })).stdout);
    let killed = false;
    const onProgress = (_: unknown, bytes: number): void => {
      if (killed || bytes < 4 * megabyte) return;
      killed = true;
      Deno.kill(-session, "SIGKILL"); // with all that it has started
    };
    const lost = await assertRejects(
      () => uploadArchive(broken, release.archive, undefined, { root, signal, onProgress }),
      UnreachableError,
    );
    assertEquals(lost.reason, "network");
    const facts = await host.facts(release);
    const { bytes } = facts.partialUploads.get(release.id)!;
    assert(bytes > 0 && bytes < release.archive.bytes);
    assertEquals(facts.releases, new Set<string>());
    assertEquals(await uploadRelease(host.connection, release, facts, { root, signal }), {
      sentBytes: release.runtime.bytes + release.archive.bytes - bytes,
      resumedBytes: bytes,
    });
    await assertWhole();
  });

  it("goes on where an interruption has left it", async () => {
    const { connection, root } = host;
    const stop = new AbortController();
    const reason = new Error("interrupted");
    const error = await assertRejects(() =>
      uploadArchive(connection, release.archive, undefined, {
        root,
        signal: stop.signal,
        onProgress: (_, bytes) => {
          if (bytes > 4 * megabyte) stop.abort(reason);
        },
      })
    );
    assertEquals(error, reason);
    const uploaded = await uploadRelease(connection, release, await host.facts(release), {
      root,
      signal,
    });
    assert(uploaded.resumedBytes > 0);
    await assertWhole();
  });

  it("goes on where a killed laptop has left it", async () => {
    const { root } = host;
    const child = new Deno.Command(Deno.execPath(), {
      args: [
        "run",
        "-A",
        "--no-check",
        "--cached-only",
        new URL("test_upload_program.ts", import.meta.url).pathname,
      ],
      env: { ZTNA_TEST_UPLOAD: JSON.stringify({ root, archive: release.archive }) },
      stdout: "piped",
    }).spawn();
    // The first half is there when it says so; it then waits to be killed.
    const reader = child.stdout.getReader();
    const { value } = await reader.read();
    const session = Number(new TextDecoder().decode(value));
    child.kill("SIGKILL");
    await child.status;
    await reader.cancel();
    // The host ends what the laptop has begun; its lock would be free from then on.
    await waitFor(() => !exists(`/proc/${session}`), "the end of the session");
    const facts = await host.facts(release);
    const { bytes } = facts.partialUploads.get(release.id)!;
    assert(bytes > 0 && bytes < release.archive.bytes);
    const uploaded = await uploadRelease(host.connection, release, facts, { root, signal });
    assertEquals(uploaded.resumedBytes, bytes);
    await assertWhole();
  });

  it("keeps what has come when that is not everything", async () => {
    const { connection, root } = host;
    const stream = new Blob([Deno.readFileSync(release.archive.file)]).slice(0, megabyte).stream();
    const { code, stderr } = await connection.run(uploadScript(release.archive, 0, root), {
      what: "upload a part",
      input: { length: megabyte, stream },
    });
    assertEquals([code, stderr], [1, "not everything has come\n"]);
    const facts = await host.facts(release);
    const { resumedBytes } = await uploadRelease(connection, release, facts, { root, signal });
    assertEquals(resumedBytes, megabyte);
    await assertWhole();
  });

  it("starts anew when what is there is not ours", async () => {
    const { connection, root } = host;
    const file = `${root}/.upload/${release.id}`;
    const real = Deno.readFileSync(release.archive.file);
    const others = [real.slice(0, megabyte).with(1000, 1), new Uint8Array(real.length + 1)];
    for (const contents of [...others, new Uint8Array()]) {
      Deno.mkdirSync(`${root}/.upload`, { recursive: true });
      Deno.writeFileSync(file, contents);
      const facts = await host.facts(release);
      assertEquals(facts.partialUploads.get(release.id)?.bytes, contents.length);
      const { resumedBytes } = await uploadRelease(connection, release, facts, { root, signal });
      assertEquals(resumedBytes, 0);
      await assertWhole();
      Deno.removeSync(`${root}/releases/${release.id}`, { recursive: true });
    }
  });

  it("uses a complete upload that was not unpacked", async () => {
    const { connection, root } = host;
    Deno.mkdirSync(`${root}/.upload/${release.id}.unpacked/leftover`, { recursive: true });
    Deno.copyFileSync(release.archive.file, `${root}/.upload/${release.id}`);
    const uploaded = await uploadRelease(connection, release, await host.facts(release), {
      root,
      signal,
    });
    assertEquals(uploaded, {
      sentBytes: release.runtime.bytes,
      resumedBytes: release.archive.bytes,
    });
    await assertWhole();
  });

  it("starts anew when the partial upload has changed since it was looked at", async () => {
    const { connection, root } = host;
    Deno.mkdirSync(`${root}/.upload`, { recursive: true });
    const real = Deno.readFileSync(release.archive.file);
    Deno.writeFileSync(`${root}/.upload/${release.id}`, real.subarray(0, megabyte));
    const facts = await host.facts(release);
    Deno.writeFileSync(`${root}/.upload/${release.id}`, real.subarray(0, 2 * megabyte));
    const { resumedBytes } = await uploadRelease(connection, release, facts, { root, signal });
    assertEquals(resumedBytes, 0);
    await assertWhole();
  });

  it("sends again what was damaged on the way", async () => {
    const { root } = host;
    const uploaded = await uploadArchive(
      corrupting(host.connection, 1),
      release.archive,
      undefined,
      { root, signal },
    );
    assertEquals(uploaded.sentBytes, 2 * release.archive.bytes);
    await uploadRelease(host.connection, release, await host.facts(release), { root, signal });
    await assertWhole();
  });

  it("gives up when it is damaged again, and leaves nothing", async () => {
    const { root } = host;
    const error = await assertRejects(
      () =>
        uploadArchive(corrupting(host.connection, 2), release.archive, undefined, { root, signal }),
      HostError,
    );
    assertStringIncludes(
      error.message,
      `as it must arrive as it was sent, with SHA-256 ${release.archive.sha256}`,
    );
    assertEquals(host.listing(), ["releases/", "runtime/"]);
  });

  it("refuses an archive whose files are not what its checksums say", async () => {
    const { root } = host;
    const archive = { ...release.runtime, checksums: `${"0".repeat(64)}  deno\n` };
    const error = await assertRejects(
      () => uploadArchive(host.connection, archive, undefined, { root, signal }),
      HostError,
    );
    assertStringIncludes(error.message, "deno: FAILED");
    assertEquals(host.listing(), ["releases/", "runtime/"]);
  });

  it("says what the host says when something else fails", async () => {
    Deno.mkdirSync(host.root);
    Deno.writeTextFileSync(`${host.root}/releases`, "in the way");
    const error = await assertRejects(
      () => uploadArchive(host.connection, release.archive, undefined, { root: host.root, signal }),
      HostError,
    );
    assertStringIncludes(error.message, "exit code 1 with");
    assertStringIncludes(error.message, "File exists");
  });
});

function exists(path: string): boolean {
  try {
    Deno.statSync(path);
    return true;
  } catch {
    return false;
  }
}
