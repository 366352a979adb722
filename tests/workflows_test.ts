import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { parse } from "yaml";
import { parseOptions } from "../tunnel/options.ts";
import { program } from "../ops/sweep.ts";
import { needsLinux } from "../ops/engine/resource/test_shell.ts";

const directory = new URL("../.github/workflows/", import.meta.url);

interface Step {
  readonly name?: string;
  readonly if?: string;
  readonly uses?: string;
  readonly run?: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly with?: Readonly<Record<string, unknown>>;
}

interface Workflow {
  readonly permissions?: unknown;
  readonly concurrency?: { readonly group?: string };
  readonly jobs: Readonly<
    Record<string, { readonly "timeout-minutes"?: number; readonly steps: readonly Step[] }>
  >;
}

const texts = new Map(
  [...Deno.readDirSync(directory)].map(({ name }) => name).sort()
    .map((name) => [name, Deno.readTextFileSync(new URL(name, directory))]),
);
const workflows = new Map([...texts].map(([name, text]) => [name, parse(text) as Workflow]));

const stepsOf = ({ jobs }: Workflow): Step[] => Object.values(jobs).flatMap(({ steps }) => steps);

for (const [name, workflow] of workflows) {
  describe(`the workflow ${name}`, () => {
    it("may read the repository, and nothing else", () => {
      assertEquals(workflow.permissions, { contents: "read" });
      const jobs = Object.values(workflow.jobs) as { permissions?: unknown }[];
      assertEquals(jobs.filter(({ permissions }) => permissions !== undefined), []);
    });

    it("ends, and runs once at a time", () => {
      assert(workflow.concurrency?.group, "it has no group");
      for (const job of Object.values(workflow.jobs)) assert(job["timeout-minutes"]! <= 60);
    });

    it("leaves no token in the checkout", () => {
      const checkouts = stepsOf(workflow).filter(({ uses }) =>
        uses?.startsWith("actions/checkout")
      );
      assert(checkouts.length > 0);
      assertEquals(checkouts.filter((step) => step.with?.["persist-credentials"] !== false), []);
    });

    it("puts nothing of an event or a secret into a script's text", () => {
      const scripts = stepsOf(workflow).map(({ run = "" }) => run);
      assertEquals(scripts.filter((script) => script.includes("${{")), []);
    });
  });
}

describe("the workflows' actions", () => {
  it("are pinned to one commit each, with its version beside it", () => {
    const used = [...texts.values()].flatMap((text) => [...text.matchAll(/uses: *(.*)$/gm)])
      .map(([, reference]) => reference!);
    const commits = new Map<string, Set<string>>();
    for (const reference of used) {
      const [, action, commit] = /^([\w/-]+)@([0-9a-f]{40}) # v\d+\.\d+\.\d+$/.exec(reference) ??
        [];
      assert(action, reference);
      commits.set(action, (commits.get(action) ?? new Set()).add(commit!));
    }
    assert(commits.size > 1);
    assertEquals([...commits].filter(([, { size }]) => size > 1), []);
  });
});

describe("the workflow of sweeps", { skip: needsLinux }, () => {
  const steps = stepsOf(workflows.get("sweep.yml")!);

  /** Runs a step's script as a runner does. */
  function run(
    script: string,
    home: string,
    env: Readonly<Record<string, string>>,
  ): { code: number; stdout: string } {
    const output = `${home}/output`;
    const { code, stdout } = new Deno.Command("bash", {
      args: ["-eo", "pipefail", "-c", script],
      cwd: home,
      clearEnv: true,
      env: {
        HOME: home,
        RUNNER_TEMP: home,
        GITHUB_OUTPUT: output,
        PATH: `${home}/bin:/usr/bin:/bin`,
        ...env,
      },
    }).outputSync();
    return { code, stdout: new TextDecoder().decode(stdout) };
  }

  function withHome(test: (home: string) => void): void {
    const home = Deno.makeTempDirSync({ prefix: "workflow-" });
    try {
      test(home);
    } finally {
      Deno.removeSync(home, { recursive: true });
    }
  }

  const [first, ...others] = steps;
  const secrets = {
    INVENTORY: "all:\n  hosts:",
    SSH_KEY: "-----KEY-----",
    KNOWN_HOSTS: "a ssh-x y",
  };

  it("does nothing but say why, where a secret is missing", () => {
    for (const missing of Object.keys(secrets)) {
      withHome((home) => {
        const { code, stdout } = run(first!.run!, home, { ...secrets, [missing]: "" });
        assertEquals(code, 0);
        assertStringIncludes(stdout, "::notice::Nothing is swept: set the secrets");
        assertEquals(Deno.readTextFileSync(`${home}/output`), "known=false\n");
      });
    }
    for (const step of others) assertStringIncludes(step.if!, "outputs.known == 'true'");
  });

  it("keeps the key where only ssh looks, and prints nothing of it", () => {
    withHome((home) => {
      const { code, stdout } = run(first!.run!, home, secrets);
      assertEquals([code, stdout], [0, ""]);
      assertEquals(Deno.readTextFileSync(`${home}/output`), "known=true\n");
      assertEquals(Deno.readTextFileSync(`${home}/inventory.yaml`), `${secrets.INVENTORY}\n`);
      assertEquals(Deno.readTextFileSync(`${home}/.ssh/sweep`), `${secrets.SSH_KEY}\n`);
      assertEquals(Deno.statSync(`${home}/.ssh/sweep`).mode! & 0o777, 0o600);
    });
  });

  const codes: [code: number, isGood: boolean, what: string][] = [
    [0, true, "all is well"],
    [3, true, "there are warnings only"],
    [1, false, "something is critical"],
    [2, false, "it can't begin"],
    [4, false, "hosts can't be reached"],
  ];
  for (const [code, isGood, what] of codes) {
    it(`${isGood ? "succeeds" : "fails"} when ${what}, with flags that there are`, () => {
      withHome((home) => {
        Deno.mkdirSync(`${home}/bin`);
        Deno.writeTextFileSync(`${home}/.tool-versions`, "deno 9.9.9\n");
        Deno.writeTextFileSync(
          `${home}/bin/npx`,
          `#!/bin/sh\nprintf '%s\\n' "$@" > arguments\necho '{}'\nexit ${code}\n`,
          { mode: 0o755 },
        );
        const script = steps.find(({ name }) => name === "A sweep")!.run!;
        const end = run(script, home, { HEARTBEAT: "https://example.com/a b" });
        assertEquals(end.code === 0, isGood);
        assertEquals(Deno.readTextFileSync(`${home}/report/sweep.json`), "{}\n");
        const [, deno, task, sweep, ...args] = Deno.readTextFileSync(`${home}/arguments`).trim()
          .split("\n");
        assertEquals([deno, task, sweep], ["deno@9.9.9", "task", "sweep"]);
        const parsed = parseOptions(program, args);
        assert(parsed.kind === "run");
        const { heartbeat, html, junit, json } = parsed.values;
        assertEquals([heartbeat, html, junit, json], [
          ...["https://example.com/a b", "report/sweep.html", "report/sweep.xml", true],
        ]);
      });
    });
  }
});
