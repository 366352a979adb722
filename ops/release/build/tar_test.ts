import { assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import fc from "fast-check";
import { readTar, TarError } from "./tar_reader.ts";
import { type FileToArchive, writeTar } from "./tar_writer.ts";

function file(path: string, text = path, executable = false): FileToArchive {
  return { path, contents: new TextEncoder().encode(text), executable };
}

/** Runs the system's tar over an archive. */
async function systemTar(
  args: readonly string[],
  archive: Uint8Array<ArrayBuffer>,
): Promise<string> {
  const process = new Deno.Command("tar", {
    args: [...args],
    env: { TZ: "UTC", LC_ALL: "C" },
    stdin: "piped",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const output = process.output();
  const writer = process.stdin.getWriter();
  await writer.write(archive);
  await writer.close();
  const { stdout, stderr } = await output;
  return new TextDecoder().decode(stdout) + new TextDecoder().decode(stderr);
}

const longName = `${"d".repeat(90)}/${"e".repeat(60)}/${"f".repeat(98)}`;

describe("writeTar", () => {
  it("makes archives that tar lists without a complaint", async () => {
    const archive = writeTar([file("b/run", "#!/bin/sh\n", true), file("a.txt", "hello")]);
    assertEquals(
      await systemTar(["--numeric-owner", "-tvf", "-"], archive),
      [
        "-rw-r--r-- 0/0               5 1985-10-26 08:15 a.txt",
        "drwxr-xr-x 0/0               0 1985-10-26 08:15 b/",
        "-rwxr-xr-x 0/0              10 1985-10-26 08:15 b/run",
        "",
      ].join("\n"),
    );
  });

  it("splits long paths as tar does", async () => {
    const listing = await systemTar(["-tf", "-"], writeTar([file(longName)]));
    assertEquals(listing.trim().split("\n").at(-1), longName);
  });

  it("does not depend on the order of files", () => {
    const files = [file("a/b"), file("a"), file("a.b"), file("Z")].slice(2);
    assertEquals(writeTar(files), writeTar(files.toReversed()));
  });

  it("refuses paths that do not fit, and the same path twice", () => {
    for (const path of ["x".repeat(101), `${"x".repeat(156)}/y`]) {
      assertThrows(() => writeTar([file(path)]), RangeError, "must fit into 155 and 100 bytes");
    }
    assertThrows(() => writeTar([file("a"), file("a")]), RangeError, "once only");
  });
});

const pathPart = fc.stringMatching(/^[a-z0-9@._+-]{1,20}$/).filter((part) => !/^\.\.?$/.test(part));
const paths = fc.uniqueArray(
  fc.array(pathPart, { minLength: 1, maxLength: 6 }).map((parts) => parts.join("/")),
  // No path may be both a file and a directory.
  { comparator: (a, b) => `${a}/`.startsWith(`${b}/`) || `${b}/`.startsWith(`${a}/`) },
);

describe("readTar", () => {
  it("reads what writeTar has written", () => {
    const files = paths.chain((all) =>
      fc.tuple(
        ...all.map((path) =>
          fc.uint8Array({ maxLength: 1500 }).map((contents) => ({ path, contents }))
        ),
      )
    );
    fc.assert(fc.property(files, (written) => {
      const read = readTar(writeTar(written.map((entry) => ({ ...entry, executable: false }))));
      const byPath = (a: { path: string }, b: { path: string }): number => a.path < b.path ? -1 : 1;
      assertEquals(read.sort(byPath), [...written].sort(byPath));
    }));
  });

  for (const format of ["ustar", "pax", "gnu", "v7"]) {
    it(`reads tar's format ${format}`, async () => {
      const directory = Deno.makeTempDirSync({ prefix: "ztna-tar-" });
      try {
        const path = format === "v7" ? "short/name" : longName;
        Deno.mkdirSync(`${directory}/${path.replace(/\/[^/]*$/, "")}`, { recursive: true });
        Deno.writeTextFileSync(`${directory}/${path}`, "contents");
        Deno.symlinkSync("/etc/passwd", `${directory}/link`);
        const { stdout } = await new Deno.Command("tar", {
          args: ["-C", directory, `--format=${format}`, "-cf", "-", "."],
        }).output();
        // "./" in front, as tar has it here, is what npm's archives do not have.
        assertThrows(() => readTar(stdout), TarError, "must lead into it");
        const top = path.split("/")[0]!;
        const { stdout: clean } = await new Deno.Command("tar", {
          args: ["-C", directory, `--format=${format}`, "-cf", "-", top, "link"],
        }).output();
        const files = readTar(clean).map(({ path, contents }) => [
          path,
          new TextDecoder().decode(contents),
        ]);
        assertEquals(files, [[path, "contents"]]);
      } finally {
        Deno.removeSync(directory, { recursive: true });
      }
    });
  }

  const archive = writeTar([file("some/file", "x".repeat(600))]);
  const damages: readonly (readonly [string, (bytes: Uint8Array) => Uint8Array, string])[] = [
    ["nothing", () => new Uint8Array(), "must end with a block of zeros"],
    ["an end in a file", (bytes) => bytes.subarray(0, 1300), "end in the middle of a file"],
    ["no end", (bytes) => bytes.subarray(0, bytes.length - 1024), "block of zeros"],
    ["a changed name", (bytes) => bytes.with(2, 65), "checksum of the header at byte 0"],
    ["a path upwards", () => writeTar([file("a/../../b")]), String.raw`value is "a/../../b"`],
    ["an absolute path", () => writeTar([file("/etc/passwd")]), "must lead into it"],
  ];
  for (const [what, damage, part] of damages) {
    it(`refuses ${what}`, () => {
      const error = assertThrows(() => readTar(damage(archive)), TarError);
      assertStringIncludes(error.message, part);
    });
  }

  it("throws nothing but TarError, whatever it reads", () => {
    const damaged = fc.tuple(fc.nat(archive.length - 1), fc.nat(255), fc.nat(archive.length))
      .map(([at, value, end]) => archive.with(at, value).subarray(0, end));
    fc.assert(fc.property(fc.oneof(damaged, fc.uint8Array({ maxLength: 2048 })), (bytes) => {
      try {
        readTar(bytes);
      } catch (error) {
        if (!(error instanceof TarError)) throw error;
      }
    }));
  });
});
