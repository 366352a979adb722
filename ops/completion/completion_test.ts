import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { after, before, describe, it } from "@std/testing/bdd";
import { skipWithout } from "../../tests/support/debian_program.ts";
import { Tmux } from "../../tests/support/tmux.ts";
import { checkout } from "../checkout.ts";
import { commands } from "../commands.ts";
import { shellQuote } from "../engine/connection/quote.ts";

/** Names that would run something, or move the cursor, must not be offered. */
const inventory = `
relays:
  hosts:
    relay1:
    relay2:
connectors:
  hosts:
    connector1:
    "we$(touch pwned)ird":
    "-oProxyCommand=x":
`;

interface Case {
  readonly line: string;
  readonly offered: readonly string[];
  /** Whether more may be offered. */
  readonly more?: true;
}

/** What is offered for a command line; PATH stands for the test's inventory. */
const cases: readonly Case[] = [
  { line: "deno task inv", offered: ["inventory"] },
  { line: "deno task ", offered: ["deploy", "exec", "completions", "test"], more: true },
  { line: "deno task --quiet inv", offered: ["inventory"] },
  { line: "ztna inv", offered: ["inventory"] },
  { line: "ztna inventory --gr", offered: ["--graph"] },
  { line: "ztna probe --no-", offered: ["--no-verify-peer"] },
  { line: "deno task deploy --become-password-f", offered: ["--become-password-file"] },
  { line: "ztna probe --proto ", offered: ["udp", "icmp"] },
  { line: "ztna probe --proto=i", offered: ["icmp"] },
  { line: "ztna completions ", offered: ["bash", "zsh", "fish"] },
  { line: "ztna completions f", offered: ["fish"] },
  { line: "ztna deploy -i PATH/fle", offered: ["PATH/fleet.yaml"] },
  { line: "ztna deploy -i PATH/fleet.yaml --limit con", offered: ["connectors", "connector1"] },
  {
    line: "ztna deploy -i PATH/fleet.yaml -l relays,rel",
    offered: ["relays,relays", "relays,relay1", "relays,relay2"],
  },
  {
    line: "ztna deploy -i PATH/fleet.yaml -l relays:!con",
    offered: ["relays:!connectors", "relays:!connector1"],
  },
  { line: "ztna exec -i PATH/fleet.yaml rel", offered: ["relays", "relay1", "relay2"] },
  { line: "ztna deploy -i PATH/script --limit con", offered: [] },
  { line: "ztna deploy -i PATH/missing --limit con", offered: [] },
];

describe("completion", () => {
  let directory: string;
  let tmux: Tmux | undefined;
  before(async () => {
    directory = await Deno.makeTempDir({ prefix: "ztna-completion-" });
    await Deno.writeTextFile(`${directory}/fleet.yaml`, inventory);
    const script = `#!/bin/sh\ntouch ${directory}/ran\necho '{"connectors": {"hosts": ["x"]}}'\n`;
    await Deno.writeTextFile(`${directory}/script`, script, { mode: 0o755 });
    for (const shell of ["bash", "zsh", "fish"]) {
      await Deno.writeTextFile(`${directory}/ztna.${shell}`, await completions(shell));
    }
  });
  after(async () => {
    await tmux?.[Symbol.asyncDispose]();
    await Deno.remove(directory, { recursive: true });
  });

  async function run(program: string, ...args: string[]): Promise<string> {
    const { code, stdout, stderr } = await new Deno.Command(program, {
      args,
      cwd: checkout,
      stdin: "null",
      env: { NO_COLOR: "1" },
    }).output();
    const [output, error] = [stdout, stderr].map((bytes) => new TextDecoder().decode(bytes));
    assertEquals([code, error], [0, ""]);
    return output ?? "";
  }

  const completions = (shell: string): Promise<string> =>
    run(Deno.execPath(), "run", "-A", "--quiet", "ops/completions.ts", shell);
  const lineOf = ({ line }: Case): string => line.replaceAll("PATH", directory);

  function check({ offered, more }: Case, found: readonly string[]): void {
    const expected = offered.map((text) => text.replaceAll("PATH", directory));
    if (more) { for (const text of expected) assert(found.includes(text), text); }
    else assertEquals(found.toSorted(), expected.toSorted());
  }

  describe("in bash", { skip: skipWithout("/bin/bash", "bash") }, () => {
    for (const entry of cases) {
      it(`offers ${entry.offered.join(", ") || "nothing"} for ${entry.line}`, async () => {
        // As bash calls it; the word breaks are its own, and the answer replaces the last piece.
        const script = `source ${shellQuote(`${directory}/ztna.bash`)}
          COMP_LINE=$1 COMP_POINT=\${#1}
          _ztna_complete ztna
          for word in "\${COMPREPLY[@]}"; do printf '%s\\n' "$word"; done`;
        const output = await run("bash", "--norc", "-c", script, "bash", lineOf(entry));
        const [, before = ""] = /^.*?([^ ]*[=:])[^ =:]*$/.exec(lineOf(entry)) ?? [];
        const value = before.replace(/^--[a-z-]+=/, "");
        check(entry, output.split("\n").slice(0, -1).map((text) => value + text));
      });
    }

    it("leaves the rest of deno to what completed it before", async () => {
      const script = `_before() { COMPREPLY=(before); }
        complete -F _before deno
        source ${shellQuote(`${directory}/ztna.bash`)}
        source ${shellQuote(`${directory}/ztna.bash`)}
        COMP_LINE='deno ru' COMP_POINT=7
        _ztna_complete deno
        printf '%s\\n' "\${COMPREPLY[@]}"
        cd /
        COMP_LINE='deno task dep' COMP_POINT=13
        COMPREPLY=()
        _ztna_complete deno
        printf '%s\\n' "\${COMPREPLY[@]}"`;
      assertEquals(await run("bash", "--norc", "-c", script), "before\nbefore\n");
    });

    it("completes a pattern with colons where readline breaks words at them", async () => {
      const script = `source ${shellQuote(`${directory}/ztna.bash`)}
        COMP_WORDBREAKS=$2
        COMP_LINE="ztna deploy -i $1/fleet.yaml --limit=relays:!con" COMP_POINT=\${#COMP_LINE}
        _ztna_complete ztna
        printf '%s\\n' "\${COMPREPLY[@]}"`;
      const offered = async (breaks: string): Promise<string[]> =>
        (await run("bash", "--norc", "-c", script, "bash", directory, breaks)).trim().split("\n");
      assertEquals(await offered(" =:"), ["!connectors", "!connector1"]);
      assertEquals(await offered(" ="), ["relays:!connectors", "relays:!connector1"]);
      assertEquals(await offered(" "), [
        "--limit=relays:!connectors",
        "--limit=relays:!connector1",
      ]);
    });
  });

  describe("in fish", { skip: skipWithout("/usr/bin/fish", "fish") }, () => {
    for (const entry of cases) {
      it(`offers ${entry.offered.join(", ") || "nothing"} for ${entry.line}`, async () => {
        const script = 'source $argv[1]; complete -C "$argv[2]"';
        const args = ["--no-config", "-c", script, `${directory}/ztna.fish`, lineOf(entry)];
        const found = (await run("fish", ...args)).split("\n").slice(0, -1)
          .map((line) => line.replace(/\t.*/, "").replace(/^--[a-z-]+=/, ""));
        check(entry, found);
      });
    }

    it("offers what the command behind -- takes", async () => {
      const script =
        'source $argv[1]; complete -c zzz -a yyy -f; complete -C "ztna exec all -- zzz y"';
      const output = await run("fish", "--no-config", "-c", script, `${directory}/ztna.fish`);
      assertEquals(output, "yyy\n");
    });
  });

  const skipZsh = skipWithout("/usr/bin/zsh", "zsh") || skipWithout("/usr/bin/tmux", "tmux");
  describe("in zsh, in a terminal", { skip: skipZsh }, () => {
    let window: number;
    before(async () => {
      tmux = await Tmux.open();
      const size = { columns: 120, rows: 50 };
      window = await tmux.start(["zsh", "-f"], size, { HOME: directory, PS1: "%% " });
      const load = `cd ${shellQuote(checkout)}; autoload -Uz compinit; compinit -u; ` +
        `source ${directory}/ztna.zsh; setopt no_beep no_list_ambiguous; clear; echo ready`;
      await tmux.press(window, load, "Enter");
      await tmux.waitFor(window, ({ text }) => /^ready$/m.test(text), "the shell");
    });

    for (const entry of cases) {
      it(`offers ${entry.offered.join(", ") || "nothing"} for ${entry.line}`, async () => {
        const line = lineOf(entry);
        // The widget writes how it ended below the line, also when there is nothing to offer.
        await tmux!.press(window, "C-u", "C-l");
        await tmux!.press(window, "-l", line);
        await tmux!.press(window, "Tab");
        const expected = entry.offered.map((text) => text.replaceAll("PATH", directory));
        if (expected.length === 0) {
          await tmux!.press(window, "-l", "END");
          await tmux!.waitFor(window, ({ text }) => text.includes(`${line}END`), "no change");
        } else if (expected.length === 1) {
          const whole = line.replace(/[^ =]*$/, expected[0]!);
          await tmux!.waitFor(window, ({ text }) => text.includes(whole), whole);
        } else {
          // The list has what would replace the last part of a pattern.
          const words = new Set(expected.map((word) => word.replace(/^.*[:,!]/, "")));
          const isListed = (listed: Set<string>): boolean =>
            entry.more ? words.isSubsetOf(listed) : words.symmetricDifference(listed).size === 0;
          await tmux!.waitFor(window, ({ text }) => isListed(listedWords(text)), "the list");
        }
      });
    }
  });

  it("runs nothing to find names: neither what hosts are called nor an inventory", async () => {
    const found = await Array.fromAsync(Deno.readDir(directory), ({ name }) => name);
    assert(!found.includes("ran") && !found.includes("pwned"));
    assert(!await Deno.stat(`${checkout}/pwned`).then(() => true, () => false));
  });

  it("comes with a function that runs the commands from any directory", async () => {
    for (const shell of ["bash", "zsh", "fish"]) {
      const skip = skipWithout(shell === "bash" ? "/bin/bash" : `/usr/bin/${shell}`, shell);
      if (skip !== false) continue;
      const script =
        `cd ${directory}; source ztna.${shell}; ztna inventory -i fleet.yaml --limit relay1`;
      const flag = { bash: "--norc", zsh: "-f", fish: "--no-config" }[shell]!;
      const { stdout } = await new Deno.Command(shell, {
        args: [flag, "-c", script],
        env: {
          NO_COLOR: "1",
          PATH: `${Deno.execPath().replace(/\/[^/]*$/, "")}:${Deno.env.get("PATH")}`,
        },
      }).output();
      assertStringIncludes(new TextDecoder().decode(stdout), "relay1", shell);
    }
  });
});

/** The words below the first line of a screen. */
function listedWords(text: string): Set<string> {
  return new Set(text.split("\n").slice(1).join(" ").split(/\s+/).filter((word) => word !== ""));
}

describe("the registry of commands", () => {
  it("has every task that runs a command of ops, and no other", () => {
    const { tasks } = JSON.parse(Deno.readTextFileSync(`${checkout}/deno.json`)) as {
      readonly tasks: Readonly<Record<string, { readonly command: string }>>;
    };
    const expected = Object.entries(tasks).filter(([, { command }]) =>
      /^deno run -A ops\//.test(command)
    ).map(([name]) => name);
    assertEquals(commands.map(({ name }) => name).toSorted(), expected.toSorted());
  });

  it("loads what each command declares", async () => {
    for (const { name, load } of commands) {
      assertEquals((await load()).name, `deno task ${name}`);
    }
  });
});
