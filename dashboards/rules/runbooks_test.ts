import { assert, assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { commands } from "../../ops/commands.ts";
import { splitShellWords } from "../../ops/engine/inventory/format/shell_words.ts";
import { parseOptions } from "../../tunnel/options.ts";
import { catalogues } from "../catalogue.ts";
import { knownSeries } from "../promql/known_series.ts";
import { runbookBase } from "./annotations.ts";
import { alertRules } from "./rule_groups.ts";

const root = new URL("../../", import.meta.url);
const directory = new URL("docs/runbooks/", root);

/** What every page has, in this order. */
const sections = [
  "What it means",
  "What users notice",
  "How to look",
  "How to mend",
  "When it is a false alarm",
];

const pages = new Map(
  [...Deno.readDirSync(directory)].map(({ name }) => name).sort()
    .map((name) => [name, Deno.readTextFileSync(new URL(name, directory))]),
);

/** All words in backquotes, and all lines of blocks of code. */
function codeOf(page: string): string[] {
  const blocks = [...page.matchAll(/^```\w*\n(.*?)^```$/gms)].map(([, block]) => block!);
  const prose = page.replaceAll(/^```.*?^```$/gms, "");
  const inline = [...prose.matchAll(/`([^`]+)`/g)].map(([, code]) => code!.replaceAll("\n", " "));
  return [...blocks.flatMap((block) => block.split("\n")), ...inline];
}

const commandsOf = (page: string): string[] =>
  codeOf(page).filter((code) => code.startsWith("deno task "));

/** Everything in quotes in the programs' code: their log events are among it. */
function literalsOfPrograms(): ReadonlySet<string> {
  const literals = new Set<string>();
  const read = (folder: URL): void => {
    for (const { name, isDirectory } of Deno.readDirSync(folder)) {
      if (isDirectory) read(new URL(`${name}/`, folder));
      else if (name.endsWith(".ts") && !name.endsWith("_test.ts")) {
        const text = Deno.readTextFileSync(new URL(name, folder));
        for (const [, literal] of text.matchAll(/"(\w+)"/g)) literals.add(literal!);
      }
    }
  };
  for (const room of ["tunnel/", "relay/", "connector/"]) read(new URL(room, root));
  return literals;
}

describe("the runbooks", () => {
  it("are one page for each alert, and an overview", () => {
    const expected = alertRules.map(({ alert }) => `${alert}.md`);
    assertEquals([...pages.keys()].sort(), [...expected, "README.md"].sort());
  });

  it("are where the alerts say", () => {
    assert(runbookBase.endsWith("/docs/runbooks"));
  });

  it("are all in the overview, with their severity", () => {
    const missing = alertRules.filter(({ alert, severity }) =>
      !pages.get("README.md")!.split("\n").some((line) =>
        line.includes(`[${alert}](${alert}.md)`) && line.includes(severity)
      )
    );
    assertEquals(missing.map(({ alert }) => alert), []);
  });

  for (const rule of alertRules) {
    it(`says of ${rule.alert} all that is to be said`, () => {
      const page = pages.get(`${rule.alert}.md`) ?? "";
      assertEquals(page.split("\n")[0], `# ${rule.alert}`);
      const headings = [...page.matchAll(/^## (.*)$/gm)].map(([, heading]) => heading);
      assertEquals(headings, sections);
      const empty = page.split(/^## .*$/m).slice(1).filter((text) => text.trim().length < 20);
      assertEquals(empty, []);
      assert(page.includes(rule.severity), `it does not say that it is ${rule.severity}`);
      assert(commandsOf(page).length > 0, "it has no command");
    });
  }

  it("say of every limit what it bounds", () => {
    const limits = Object.values(catalogues).flatMap((catalogue) =>
      Object.values(catalogue).flatMap(({ limit }) => limit ?? [])
    );
    const page = codeOf(pages.get("ZtnaLimitNear.md")!);
    assertEquals(limits.filter((limit) => !page.includes(limit)), []);
  });

  const all = [...new Set([...pages.values()].flatMap(commandsOf))];

  it("tell only of commands and flags that there are", async () => {
    const tasks = Object.keys(
      (JSON.parse(Deno.readTextFileSync(new URL("deno.json", root))) as { tasks: object }).tasks,
    );
    const mistakes: string[] = [];
    for (const command of all) {
      const split = splitShellWords(command, { comments: true });
      assert("words" in split, command);
      const [, , task = "", ...args] = split.words;
      if (!tasks.includes(task)) mistakes.push(`${command}: no task`);
      const entry = commands.find(({ name }) => name === task);
      if (entry === undefined) continue;
      try {
        parseOptions(await entry.load(), args);
      } catch (error) {
        mistakes.push(`${command}: ${error}`);
      }
    }
    assertEquals(mistakes, []);
  });

  it("look for log events that the programs write", () => {
    const literals = literalsOfPrograms();
    const unknown = all.flatMap((command) => {
      const pattern = /--grep (?:'([^']*)'|(\S+))/.exec(command);
      return (pattern?.[1] ?? pattern?.[2] ?? "").split("|").filter((event) =>
        event !== "" && !literals.has(event)
      );
    });
    assertEquals(unknown, []);
  });

  it("name only series and variables of the inventory that there are", () => {
    const metrics = Object.values(catalogues).flatMap((catalogue) =>
      Object.values(catalogue).map(({ name }) => name)
    );
    const variables = Deno.readTextFileSync(new URL("docs/inventory.md", root))
      .match(/`ztna_\w+`/g)!.map((name) => name.slice(1, -1));
    const known = new Set([...knownSeries().keys(), ...metrics, ...variables]);
    const unknown = [...pages].flatMap(([name, page]) =>
      codeOf(page).flatMap((code) => code.match(/\b(?:[a-z_]+:)?(?:ztna|process)_[\w:]+/g) ?? [])
        .filter((word) => !known.has(word)).map((word) => `${name}: ${word}`)
    );
    assertEquals(unknown, []);
  });
});
