import { assert, assertEquals, assertMatch, assertThrows } from "@std/assert";
import { afterEach, beforeEach, describe, it } from "@std/testing/bdd";
import { ConfigError } from "../../../tunnel/errors.ts";
import { ReportFiles } from "./report_files.ts";
import { troubledSweep } from "./test_sweep.ts";

const options = { json: false, watch: false };

describe("the files of a sweep's reports", () => {
  let directory: string;
  beforeEach(async () => {
    directory = await Deno.makeTempDir({ prefix: "ztna-reports-" });
  });
  afterEach(async () => await Deno.remove(directory, { recursive: true }));

  const path = (name: string): string => `${directory}/${name}`;
  const names = (): string[] => [...Deno.readDirSync(directory)].map(({ name }) => name).sort();

  it("are all written, for everybody to read", async () => {
    const destinations = { junit: path("a.xml"), html: path("b.html"), prom: path("c.prom") };
    const umask = Deno.umask(0o077);
    try {
      const files = new ReportFiles(destinations, options);
      assertEquals(names(), []);
      assertEquals(await files.write(troubledSweep(), () => assert(false)), []);
    } finally {
      Deno.umask(umask);
    }
    assertEquals(names(), ["a.xml", "b.html", "c.prom"]);
    assertMatch(Deno.readTextFileSync(path("a.xml")), /^<\?xml /);
    assertMatch(Deno.readTextFileSync(path("b.html")), /^<!doctype html>/);
    assertMatch(Deno.readTextFileSync(path("c.prom")), /^# HELP ztna_sweep_status /);
    for (const name of names()) assertEquals(Deno.statSync(path(name)).mode! & 0o777, 0o644);
  });

  it("take the place of others in one step", async () => {
    await Deno.writeTextFile(path("c.prom"), "old");
    using reader = await Deno.open(path("c.prom"));
    const files = new ReportFiles({ prom: path("c.prom") }, options);
    assertEquals(await Deno.readTextFile(path("c.prom")), "old");
    await files.write(troubledSweep(), () => {});
    const bytes = new Uint8Array(10);
    assertEquals(await reader.read(bytes), 3);
    assertMatch(await Deno.readTextFile(path("c.prom")), /^# HELP /);
  });

  it("go to standard output for -", async () => {
    const files = new ReportFiles({ prom: "-" }, options);
    assert(files.hasStandardOutput);
    let output = "";
    await files.write(troubledSweep(), (text) => output += text);
    assertMatch(output, /^# HELP /);
  });

  const refused: [what: string, message: RegExp, refuse: () => ReportFiles][] = [
    [
      "a directory that is missing",
      /^Cannot write the JUnit report as its file must be writable: current value is ".*\/no\/a.xml" \(No such file or directory \(os error 2\)\)$/,
      () => new ReportFiles({ junit: path("no/a.xml") }, options),
    ],
    [
      "a directory in the file's place",
      /^Cannot write the HTML report as .* \(it is no file\)$/,
      () => new ReportFiles({ html: directory }, options),
    ],
    [
      "a device, which a file would replace",
      /^Cannot write the file for Prometheus as .*"\/dev\/null" \(it is no file\)$/,
      () => new ReportFiles({ prom: "/dev/null" }, options),
    ],
    [
      "the same file twice",
      /^Cannot write reports as each must have a file of its own: current value is ".*\/a" for several$/,
      () => new ReportFiles({ prom: path("a"), html: path("a") }, options),
    ],
    [
      "two reports on standard output",
      /^Cannot write to standard output as only one report has room there: current value is "--html -" and "--json", give the others a file$/,
      () => new ReportFiles({ html: "-" }, { ...options, json: true }),
    ],
    [
      "reports on standard output again and again",
      /^Cannot use "--prom -" as "--watch" writes there again and again: give it a file$/,
      () => new ReportFiles({ prom: "-" }, { ...options, watch: true }),
    ],
  ];
  for (const [what, message, refuse] of refused) {
    it(`refuse ${what}, before anything is written`, () => {
      assertMatch(assertThrows(refuse, ConfigError).message, message);
      assertEquals(names(), []);
    });
  }

  it("say all that is wrong at once", () => {
    const destinations = { junit: path("no/a"), html: path("no/b"), prom: "-" };
    const refuse = (): ReportFiles => new ReportFiles(destinations, { json: true, watch: false });
    assertEquals(assertThrows(refuse, ConfigError).message.split("\n").length, 3);
  });

  it("say what can't be written in the end, and write the others", async () => {
    await Deno.mkdir(path("gone"));
    const files = new ReportFiles({ junit: path("gone/a.xml"), prom: path("c.prom") }, options);
    await Deno.remove(path("gone"));
    const [mistake = "", ...others] = await files.write(troubledSweep(), () => {});
    assertMatch(mistake, /^Cannot write the JUnit report as .*gone\/a.xml" \(No such file/);
    assertEquals([others, names()], [[], ["c.prom"]]);
  });
});
