/** A laptop that gets to the half of an upload, says so, and waits to be killed. */

import { openLocalSession } from "../../tests/support/local_session.ts";
import type { Archive } from "./release.ts";
import { uploadArchive } from "./upload.ts";

const { root, archive } = JSON.parse(Deno.env.get("ZTNA_TEST_UPLOAD")!) as {
  root: string;
  archive: Archive;
};
const connection = await openLocalSession();
const { stdout: session } = await connection.run("echo $$", { what: "ask" });
await uploadArchive(connection, archive, undefined, {
  root,
  signal: new AbortController().signal,
  onProgress: (_, bytes) => {
    if (bytes < archive.bytes / 2) return;
    Deno.stdout.writeSync(new TextEncoder().encode(session));
    // Blocks the whole process: nothing more is sent until the kill.
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
  },
});
