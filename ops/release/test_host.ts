import type { Connection } from "../engine/connection/connection.ts";
import { openLocalSession } from "../../tests/support/local_session.ts";
import { gzip } from "./build/gzip.ts";
import { listingDigest } from "./listing_digest.ts";
import type { Archive, Release } from "./release.ts";
import { sha256Of } from "./build/release_cache.ts";
import { checksumsFile, completeRelease, textFile } from "./build/release_contents.ts";
import { parseReleaseFacts, type ReleaseFacts, releaseFactsScript } from "./release_facts.ts";
import { writeTar } from "./build/tar_writer.ts";

/** A directory that stands for `/opt/ztna`, on this machine, and a real connection to it. */
export class TestHost implements AsyncDisposable {
  readonly directory: string;
  /** Has a space in it, and what shells interpret. */
  readonly root: string;
  readonly connection: Connection;

  private constructor(directory: string, root: string, connection: Connection) {
    this.directory = directory;
    this.root = root;
    this.connection = connection;
  }

  /** @param root Another directory, which is not removed at the end. */
  static async open(root?: string): Promise<TestHost> {
    const directory = Deno.makeTempDirSync({ prefix: "ztna-host-" });
    return new TestHost(
      directory,
      root ?? `${directory}/opt $(exit 9) 'x`,
      await openLocalSession(),
    );
  }

  /** Runs a script that must succeed, and gives what it prints. */
  async run(script: string): Promise<string> {
    const { code, stdout, stderr } = await this.connection.run(script, { what: "test" });
    if (code !== 0) throw new Error(`Cannot run a script: exit code ${code}, ${stderr}`);
    return stdout;
  }

  async facts(release?: Release): Promise<ReleaseFacts> {
    return parseReleaseFacts(await this.run(releaseFactsScript(release, this.root)));
  }

  /** Everything below the root, sorted, directories with a slash at their end. */
  listing(): string[] {
    return [...listed(this.root, "")].sort();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.connection[Symbol.asyncDispose]();
    Deno.removeSync(this.directory, { recursive: true });
  }
}

function* listed(directory: string, within: string): Generator<string> {
  let entries: Deno.DirEntry[];
  try {
    entries = [...Deno.readDirSync(directory)];
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return;
    throw error;
  }
  for (const { name, isDirectory } of entries) {
    yield `${within}${name}${isDirectory ? "/" : ""}`;
    if (isDirectory) yield* listed(`${directory}/${name}`, `${within}${name}/`);
  }
}

/** How a release for tests is made. */
export interface TestReleaseOptions {
  /** Where its archives go. */
  readonly directory: string;
  /** Tells it from others. */
  readonly version: string;
  readonly deno?: string;
  /** Incompressible bytes in it; few by default. */
  readonly bytes?: number;
}

/** A small release with a runtime, as `buildRelease` would give it, that runs nothing. */
export async function makeTestRelease(options: TestReleaseOptions): Promise<Release> {
  const { directory, version, deno = "9.9.9", bytes = 1000 } = options;
  const contents = randomBytes(bytes);
  const complete = completeRelease([
    textFile("bin/relay", "#!/bin/sh\n", true),
    textFile("runtime", `deno-${deno}\n`),
    { path: "deep/er/data", contents, executable: false },
  ], { version, deno, platform: "linux-x64", packages: [] });
  const binary = textFile("package/deno", `#!/bin/sh\necho ${deno}\n`, true);
  const checksums = `${sha256Of(binary.contents)}  deno\n`;
  return {
    id: complete.manifest.id,
    version,
    platform: "linux-x64",
    deno,
    archive: await keep(directory, {
      kind: "release",
      name: complete.manifest.id,
      listingSha256: listingDigest(complete.files),
    }, writeTar(complete.files)),
    runtime: await keep(directory, {
      kind: "runtime",
      name: `deno-${deno}`,
      listingSha256: listingDigest([
        { path: "deno", contents: binary.contents },
        { path: checksumsFile, contents: checksums },
      ]),
      checksums,
    }, writeTar([binary, textFile("package/README.md", "")])),
  };
}

async function keep(
  directory: string,
  described: Pick<Archive, "kind" | "name" | "listingSha256" | "checksums">,
  tar: Uint8Array<ArrayBuffer>,
): Promise<Archive> {
  const bytes = await gzip(tar);
  const file = `${directory}/${described.name}.tgz`;
  Deno.writeFileSync(file, bytes);
  const size = { bytes: bytes.length, unpackedBytes: tar.length, unpackedFiles: 10 };
  return { ...described, ...size, file, sha256: sha256Of(bytes) };
}

function randomBytes(length: number): Uint8Array {
  const bytes = new Uint8Array(length);
  for (let at = 0; at < length; at += 65_536) {
    crypto.getRandomValues(bytes.subarray(at, at + 65_536));
  }
  return bytes;
}
