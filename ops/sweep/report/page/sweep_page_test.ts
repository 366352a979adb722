import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import fc from "fast-check";
import { createHash } from "node:crypto";
import { hostileSweep } from "../test_hostile_sweep.ts";
import { quietSweep, troubledSweep } from "../test_sweep.ts";
import { sweepPage } from "./sweep_page.ts";

/** The page in lines, without tags. */
function words(page: string): string {
  return page.replace(/<style>.*?<\/style>/s, "").replaceAll(/<[^>]*>/g, " ")
    .replaceAll(/\s+/g, " ");
}

/** Characters that browsers and editors must not get to see. */
const unseen =
  // deno-lint-ignore no-control-regex -- finding control characters is what it is for
  /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u202e]|\p{Surrogate}/gu;

/** All tags of a page, without what they say. */
function tags(page: string): string[] {
  return [...page.matchAll(/<(\/?[a-z][a-z0-9]*|!doctype)\b/g)].map(([, name]) => name!);
}

const known = new Set([
  ..."!doctype html head meta title style body header main footer section".split(" "),
  ..."h1 h2 small p b span dfn ol ul li code time div details summary svg path rect".split(" "),
]);

describe("a sweep's page", () => {
  it("has the verdict, problems with what to do, changes, services, hosts and checks", () => {
    const shown = words(sweepPage(troubledSweep()));
    for (
      const part of [
        "lab 3 critical, 17 warnings 2026-11-27 03:12 UTC",
        "critical relay02 reachable new Cannot connect to it as its SSH port must answer: " +
        "Connection refused Look at its console; then: deno task sweep -i hosts.yaml --limit relay02",
        "warning app[01-16] 16 hosts clock-skew since 2026-11-26 00:57 4.0 to 5.5 s behind",
        "solved relay01 udp-buffers",
        "web down 24h 99.31 % 7d 99.872 % 30d 99.967 % (77 % not known)",
        "Until 2026-12-01 03:12: next Tuesday&#39;s window",
        "16 warnings clock-skew 0 of 16",
      ]
    ) assertStringIncludes(shown, part);
  });

  it("has what has become of what was to be mended", () => {
    const sweep = troubledSweep();
    const [finding] = sweep.result.findings.filter(({ check }) => check === "unit");
    const fix = { finding: finding!, result: "still wrong", changes: [], why: "it ends" } as const;
    const shown = words(sweepPage({ ...sweep, fixes: [fix] }));
    assertStringIncludes(shown, "still wrong connector01 unit connector it ends");
  });

  it("says in a word that all is well", () => {
    const shown = words(sweepPage(quietSweep()));
    assertStringIncludes(shown, "lab all right ");
    assert(!shown.includes("What is wrong"), shown);
  });

  it("lets a browser use its own style sheet and nothing else", () => {
    const page = sweepPage(troubledSweep());
    const [, policy] = /Content-Security-Policy"\s+content="([^"]*)"/.exec(page)!;
    const [, style] = /<style>(.*?)<\/style>/s.exec(page)!;
    const hash = createHash("sha256").update(style!).digest("base64");
    assertEquals(
      policy,
      `default-src &#39;none&#39;; style-src &#39;sha256-${hash}&#39;; ` +
        "base-uri &#39;none&#39;; form-action &#39;none&#39;",
    );
    assertEquals(page.match(/\sstyle=|<script|\son\w+=|https?:/g), null);
  });

  it("stays small with a large fleet", () => {
    const { result, recent, ...others } = quietSweep();
    const hosts = Array.from({ length: 500 }, (_, i) => `host${i}`);
    const findings = hosts.flatMap((host) =>
      Array.from({ length: 40 }, (_, i) => ({ ...result.findings[0]!, host, check: `check-${i}` }))
    );
    const states = recent.hosts.get("relay01")!;
    const page = sweepPage({
      ...others,
      result: { ...result, hosts, findings },
      recent: { ...recent, hosts: new Map(hosts.map((host) => [host, states])) },
    });
    assert(page.length < 2_000_000, `${page.length}`);
    assertStringIncludes(words(page), "40 more are all right");
  });

  it("has no tags but its own, whatever hosts say", () => {
    fc.assert(fc.property(hostileSweep, (reported) => {
      const page = sweepPage(reported);
      assertEquals(tags(page).filter((tag) => !known.has(tag.replace("/", ""))), []);
      const count = (tag: string): number => tags(page).filter((each) => each === tag).length;
      for (const tag of ["html", "title", "style", "body", "section", "li", "details", "code"]) {
        assertEquals(count(tag), count(`/${tag}`), tag);
      }
      assertEquals(page.match(unseen), null);
    }));
  });
});
