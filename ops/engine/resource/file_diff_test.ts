import { assert, assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import fc from "fast-check";
import type { PathFact } from "./facts.ts";
import { maskedDiff, unifiedDiff } from "./file_diff.ts";
import { maxDiffBytes, maxDiffLength } from "./limits.ts";

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const fact = (contents: Uint8Array | string | undefined): PathFact => ({
  type: "file",
  mode: 0o644,
  owner: "root",
  group: "root",
  bytes: contents?.length ?? 0,
  ...contents !== undefined &&
    { contents: typeof contents === "string" ? bytes(contents) : contents },
});
const diff = (before: Uint8Array | string | undefined, after: Uint8Array | string): string =>
  unifiedDiff("/etc/a", fact(before), typeof after === "string" ? bytes(after) : after)
    .replace("--- /etc/a\n+++ /etc/a\n", "");

/** Contents before and after, and what is shown behind the header. */
const cases: readonly [title: string, Uint8Array | string, Uint8Array | string, string][] = [
  ["a line", "a\nb\nc\n", "a\nB\nc\n", "@@ -1,3 +1,3 @@\n a\n-b\n+B\n c\n"],
  ["a new end", "a\n", "a\nb\n", "@@ -1,1 +1,2 @@\n a\n+b\n"],
  [
    "a missing line break at the end",
    "a\n",
    "a",
    "@@ -1,1 +1,1 @@\n-a\n+a\n\\ No newline at end of file\n",
  ],
  ["a file that becomes empty", "a\n", "", "@@ -1,1 +0,0 @@\n-a\n"],
  ["tabs", "\ta\n", "\tb\n", "@@ -1,1 +1,1 @@\n-\ta\n+\tb\n"],
  [
    "what moves the cursor",
    "\u001b[2J\u202e\r\n",
    "\u009b\n",
    "@@ -1,1 +1,1 @@\n-\\u001b[2J\\u202e\\u000d\n+\\u009b\n",
  ],
  ["bytes that are no text", new Uint8Array([255, 10]), "a\n", "(2 bytes become 2; no text)\n"],
  ["contents with NUL", "a\0", "a\n", "(2 bytes become 2; no text)\n"],
  [
    "a large file",
    "a".repeat(maxDiffBytes + 1),
    "a",
    "(131073 bytes become 1; too many to show)\n",
  ],
  [
    "a file to be large",
    "a",
    "a".repeat(maxDiffBytes + 1),
    "(1 bytes become 131073; too many to show)\n",
  ],
];

describe("a diff", () => {
  for (const [title, before, after, expected] of cases) {
    it(`shows ${title}`, () => assertEquals(diff(before, after), expected));
  }

  it("shows a new file as one that had nothing", () => {
    assertEquals(
      unifiedDiff("/etc/a b", undefined, bytes("a\n")),
      `--- /dev/null\n+++ "/etc/a b"\n@@ -0,0 +1,1 @@\n+a\n`,
    );
  });

  it("does not show where a link points", () => {
    const link: PathFact = { ...fact(undefined), type: "link", target: "/etc/shadow" };
    assertEquals(
      unifiedDiff("/etc/a", link, bytes("a\n")),
      "--- /dev/null\n+++ /etc/a\n@@ -0,0 +1,1 @@\n+a\n",
    );
  });

  it("says so when the old contents are not known", () => {
    assertEquals(diff(undefined, "a"), "(0 bytes become 1; too many to show)\n");
  });

  it("of texts that have nothing in common is not looked for long", () => {
    const lines = (from: number): string =>
      Array.from({ length: 12_000 }, (_, index) => `${from + index}`).join("\n");
    assertEquals(
      diff(lines(0), lines(50_000)).replace(/\d+ bytes become \d+/, "bytes"),
      "(bytes; they have little in common)\n",
    );
  });

  it("of a secret shows sizes only", () => {
    assertEquals(
      maskedDiff("/etc/key", fact("12345"), bytes("abc")),
      "--- /etc/key\n+++ /etc/key\n-(secret, 5 bytes)\n+(secret, 3 bytes)\n",
    );
    assertEquals(
      maskedDiff("/etc/key", undefined, bytes("abc")),
      "--- /dev/null\n+++ /etc/key\n+(secret, 3 bytes)\n",
    );
  });

  it("is printable and bounded, whatever the files hold", () => {
    const contents = fc.oneof(
      fc.uint8Array({ maxLength: 200 }),
      fc.string({ unit: "binary", maxLength: 200 }).map(bytes),
      fc.array(fc.constantFrom("a\n", "b\r\n", "\u001b[0m", "c")).map((all) => bytes(all.join(""))),
    );
    fc.assert(fc.property(contents, contents, (before, after) => {
      const shown = diff(before, after);
      assert(shown.length < maxDiffLength + 200);
      // deno-lint-ignore no-control-regex -- what must not be there
      assert(!/[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u202e]/.test(shown), JSON.stringify(shown));
    }));
  });
});
