import { assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import fc from "fast-check";
import {
  auditedRelease,
  type BroughtRelease,
  prevailingRelease,
  releaseOfAudit,
  wantedRelease,
} from "./wanted_release.ts";

/** A line of the audit: a host is done. */
function line(host: string, release: string, minute: number, change: object = {}): string {
  return `${
    JSON.stringify({
      ...{ schema: 1, command: "deploy", host, what: "finish host", result: "done" },
      time: new Date(minute * 60_000).toISOString(),
      detail: { changed: 3, releaseBefore: null, releaseAfter: release },
      ...change,
    })
  }\n`;
}

const hosts = ["r1", "c1", "c2"];
const all = hosts.map((host) => line(host, "1.0.0-a", 1)).join("");
const named = (text: string): string | undefined => releaseOfAudit(text, hosts)?.release;

describe("the release of the audit", () => {
  it("is the one that most hosts were last brought to", () => {
    assertEquals(releaseOfAudit(all, hosts), { release: "1.0.0-a", timeMs: 60_000 });
    assertEquals(named(all + line("r1", "2.0.0-b", 2)), "1.0.0-a", "not that of one ahead");
    assertEquals(named(all + line("r1", "2.0.0-b", 2) + line("c1", "2.0.0-b", 3)), "2.0.0-b");
  });

  it("is the later of two with as many hosts", () => {
    assertEquals(
      releaseOfAudit(line("r1", "1.0.0-a", 5) + line("c1", "2.0.0-b", 6), ["r1", "c1"])?.release,
      "2.0.0-b",
    );
  });

  it("is that of a rollback, and what a failed deploy has put back", () => {
    const back = hosts.map((host) => line(host, "0.9.0-z", 2, { command: "rollback" })).join("");
    assertEquals(named(all + back), "0.9.0-z");
    assertEquals(named(all + line("r1", "0.9.0-z", 2, { result: "rolled_back" })), "1.0.0-a");
  });

  it("is none of failed hosts, of other commands and of strangers", () => {
    const others = hosts.flatMap((host) => [
      line(host, "2.0.0-b", 2, { result: "failed" }),
      line(host, "2.0.0-b", 2, { command: "exec" }),
      line(`x${host}`, "2.0.0-b", 2),
      line(host, "../../etc", 2),
    ]).join("");
    assertEquals(named(all + others), "1.0.0-a");
  });

  it("is not known when the audit knows less than half of the hosts", () => {
    assertEquals(named(line("r1", "1.0.0-a", 1)), undefined);
  });

  it("is learnt from whatever is in the file, which is never an error", () => {
    fc.assert(fc.property(fc.string({ unit: "binary" }), fc.nat(all.length), (text, at) => {
      releaseOfAudit(all.slice(0, at) + text + all.slice(at), hosts);
      releaseOfAudit(`{"finish host":${text}}\nnull "finish host"\n`, hosts);
    }));
    assertEquals(auditedRelease("/nowhere/audit.jsonl", hosts), undefined);
    assertEquals(auditedRelease("/", hosts), undefined);
  });

  it("is read from the end of a long file", () => {
    const path = Deno.makeTempFileSync();
    try {
      Deno.writeTextFileSync(path, `${line("r1", "0.1.0-x", 0).repeat(10_000)}${all}`);
      assertEquals(auditedRelease(path, hosts)?.release, "1.0.0-a");
    } finally {
      Deno.removeSync(path);
    }
  });
});

describe("the wanted release", () => {
  const at = (release: string, minute: number): BroughtRelease => ({
    release,
    timeMs: minute * 60_000,
  });
  const audited = at("a", 100);

  it("is the one that is given, else the audit's, else the one that most hosts have", () => {
    const prevailing = at("b", 90);
    assertEquals(wantedRelease({ given: "g", audited, prevailing }), "g");
    assertEquals(wantedRelease({ given: undefined, audited, prevailing }), "a");
    assertEquals(wantedRelease({ given: undefined, audited: undefined, prevailing }), "b");
    const nothing = { given: undefined, audited: undefined, prevailing: undefined };
    assertEquals(wantedRelease(nothing), undefined);
  });

  it("is not the audit's when another machine has deployed since", () => {
    assertEquals(wantedRelease({ given: undefined, audited, prevailing: at("b", 120) }), "b");
    assertEquals(wantedRelease({ given: undefined, audited, prevailing: at("b", 109) }), "a");
  });

  it("is, of what hosts have, what most have", () => {
    assertEquals(prevailingRelease([at("a", 9), at("b", 1), at("b", 2)]), at("b", 2));
    assertEquals(prevailingRelease([]), undefined);
  });
});
