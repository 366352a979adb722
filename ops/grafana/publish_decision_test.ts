import { assert, assertEquals, assertFalse, assertStringIncludes } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import fc from "fast-check";
import type { JsonRecord } from "./answer.ts";
import { decidePublish, type PublishDecision, type StoredDashboard } from "./publish_decision.ts";
import { withMark } from "./publish_mark.ts";

const generated = { uid: "ztna-fleet", title: "Fleet", panels: [{ id: 1, title: "Up" }] };
const earlier = { ...generated, panels: [{ id: 1, title: "Down" }] };
const edited = { title: "Mine" };
/** A Grafana that adds something of its own to all panels. */
const rewritten = { panels: [{ id: 1, title: "Up", datasource: { type: "prometheus" } }] };

interface Case {
  readonly when: string;
  /** What Grafana has: our earlier or present dashboard, published as which version, and then. */
  readonly pushed: typeof generated | undefined;
  readonly then?: Readonly<Record<string, unknown>>;
  readonly version?: number;
  readonly folderUid?: string;
  readonly isProvisioned?: boolean;
  readonly overwrite?: boolean;
  readonly action: PublishDecision["action"];
  readonly why?: string;
}

const cases: readonly Case[] = [
  { when: "there is none", pushed: undefined, action: "create" },
  { when: "it is as we published it", pushed: generated, action: "leave" },
  { when: "Grafana rewrote it", pushed: generated, then: rewritten, action: "leave" },
  { when: "we generate another", pushed: earlier, action: "update", why: "differently" },
  {
    when: "we generate another and Grafana rewrote it",
    ...{ pushed: earlier, then: rewritten, action: "update" },
  },
  {
    when: "somebody edited it",
    ...{ pushed: generated, then: edited, version: 4, action: "keep", why: "by hand" },
  },
  {
    when: "somebody edited it and we generate another",
    ...{ pushed: earlier, then: edited, version: 4, action: "keep", why: "by hand" },
  },
  {
    when: "somebody edited it and we may overwrite",
    ...{ pushed: earlier, then: edited, version: 4, overwrite: true, action: "update" },
  },
  {
    when: "somebody edited it and undid that",
    ...{ pushed: generated, version: 9, action: "leave" },
  },
  {
    when: "somebody saved it unchanged and we generate another",
    ...{ pushed: earlier, version: 9, action: "update" },
  },
  {
    when: "somebody took our mark away",
    ...{ pushed: earlier, then: { description: "Mine" }, action: "keep", why: "lost our mark" },
  },
  {
    when: "somebody imported what we generate",
    ...{ pushed: generated, then: { description: undefined }, action: "leave" },
  },
  {
    when: "it is elsewhere",
    ...{ pushed: generated, folderUid: "other", action: "update", why: "another folder" },
  },
  {
    when: "it is provisioned and as generated",
    ...{ pushed: generated, isProvisioned: true, action: "leave" },
  },
  {
    when: "it is provisioned and we generate another",
    ...{ pushed: earlier, isProvisioned: true, action: "keep", why: "provisioning" },
  },
  {
    when: "it is provisioned and we may overwrite",
    ...{ pushed: earlier, isProvisioned: true, overwrite: true, action: "keep" },
  },
];

describe("decidePublish", () => {
  for (const { when, pushed, then, version = 3, action, why = "", ...at } of cases) {
    const { folderUid = "ours", isProvisioned = false, overwrite = false } = at;
    it(`says ${action} when ${when}`, () => {
      const stored: StoredDashboard | undefined = pushed && {
        dashboard: { ...withMark(pushed, 3), ...then, id: 12, version },
        ...{ folderUid, isProvisioned },
      };
      const decision = decidePublish(generated, stored, { folderUid: "ours", overwrite });
      assertEquals(decision.action, action);
      if ("why" in decision) assertStringIncludes(decision.why, why);
    });
  }

  it("never overwrites what it can't know, whatever Grafana holds", () => {
    const json = fc.dictionary(fc.string({ unit: "binary" }), fc.jsonValue());
    fc.assert(fc.property(json, (dashboard) => {
      const stored = { dashboard: dashboard as JsonRecord, folderUid: "", isProvisioned: false };
      const options = { folderUid: "ours", overwrite: false };
      const decision = decidePublish(generated, stored, options);
      assertEquals(decision.action, "keep");
      assertFalse("diff" in decision && /(?!\n)\p{Cc}/u.test(decision.diff));
    }));
  });

  it("shows what replacing a dashboard changes, and nothing that Grafana added", () => {
    const stored = withMark({ version: 3, id: 2, ...earlier, title: "\x1b[31mMine" }, 3);
    const options = { folderUid: "ours", overwrite: false };
    const decision = decidePublish(
      generated,
      { dashboard: stored, folderUid: "ours", isProvisioned: false },
      options,
    );
    assert(decision.action === "update");
    const changed = decision.diff.split("\n").filter((line) => /^[-+](?![-+])/.test(line));
    assertEquals(changed, [
      // JSON itself escapes the control character.
      '-  "title": "\\u001b[31mMine",',
      '+  "title": "Fleet",',
      '-      "title": "Down"',
      '+      "title": "Up"',
    ]);
  });
});
