import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { afterEach, beforeEach, describe, it } from "@std/testing/bdd";
import { skipWithout } from "../tests/support/debian_program.ts";
import { GrafanaServer } from "../tests/support/grafana_server.ts";
import type { StoredAnnotation } from "../tests/support/grafana_store.ts";
import { waitFor } from "../tests/support/wait.ts";

interface Outcome {
  readonly code: number;
  readonly stderr: string;
}

const skip = skipWithout("/usr/bin/ssh", "openssh-client");

/**
 * A command that changes a fleet, as a user runs it, with a host that accepts connections and never
 * says a word: what its restart would look like is tested with events. Grafana is a stand-in, see
 * `GrafanaServer`.
 */
describe("annotations of a command", { skip }, () => {
  let directory: string;
  let grafana: GrafanaServer;
  let mute: Deno.TcpListener;
  beforeEach(() => {
    directory = Deno.makeTempDirSync({ prefix: "ztna-annotations-" });
    grafana = new GrafanaServer();
    mute = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    const host = `relay1 ansible_host=127.0.0.1 ansible_port=${mute.addr.port} ztna_fleet=lab`;
    Deno.writeTextFileSync(`${directory}/hosts`, `[relays]\n${host}\n`);
  });
  afterEach(async () => {
    mute.close();
    await grafana[Symbol.asyncDispose]();
    Deno.removeSync(directory, { recursive: true });
    assertEquals(grafana.violations, []);
  });

  function start(
    args: readonly string[],
    environment: Readonly<Record<string, string>>,
    connectTimeout = "0.1",
  ): Deno.ChildProcess {
    const program = new URL("./restart.ts", import.meta.url).pathname;
    const common = [
      "-i",
      `${directory}/hosts`,
      "--no-probe",
      "--connect-timeout",
      connectTimeout,
    ];
    return new Deno.Command(Deno.execPath(), {
      args: ["run", "-A", "--no-check", program, ...common, ...args],
      env: {
        ...{ NO_COLOR: "1", XDG_STATE_HOME: `${directory}/state`, GRAFANA_TOKEN: "editor-token" },
        ...environment,
      },
      stdin: "null",
      stdout: "null",
      stderr: "piped",
    }).spawn();
  }
  async function run(
    args: readonly string[],
    environment: Readonly<Record<string, string>> = {},
  ): Promise<Outcome> {
    const { code, stderr } = await start(args, environment).output();
    return { code, stderr: new TextDecoder().decode(stderr) };
  }
  const annotations = (): StoredAnnotation[] => [...grafana.store.annotations.values()];

  it("tell of a run and how it ended, to the Grafana that is named", async () => {
    const named: readonly (readonly [readonly string[], Readonly<Record<string, string>>])[] = [
      [["--annotate", grafana.url], {}],
      [[], { ZTNA_GRAFANA_URL: grafana.url }],
    ];
    for (const [args, environment] of named) {
      grafana.store.annotations.clear();
      assertEquals((await run(args, environment)).code, 4);
      const [{ text, tags }, ...others] = annotations() as [StoredAnnotation];
      assertMatch(text, /^restart of fleet lab on 1 host, by .+@.+: failed; 1 host lost$/);
      assertEquals(tags, ["ztna-fleet", "fleet:lab", "command:restart"]);
      assertEquals(others, []);
    }
  });

  it("are none for --check", async () => {
    assertEquals((await run(["--annotate", grafana.url, "--check"])).code, 4);
    assertEquals(grafana.calls, []);
  });

  it("tell that a run was interrupted", async () => {
    const child = start(["--annotate", grafana.url], {}, "60");
    const [annotation] = await waitFor(
      () => annotations().length === 1 ? annotations() as [StoredAnnotation] : undefined,
      "the run's annotation",
    );
    child.kill("SIGINT");
    const { code } = await child.output();
    assertEquals(code, 130);
    assertStringIncludes(annotation.text, ": interrupted");
  });

  it("change nothing of a run when Grafana is gone, but a warning", async () => {
    const { url } = grafana;
    await grafana[Symbol.asyncDispose]();
    const { code, stderr } = await run(["--annotate", url]);
    assertEquals(code, 4);
    assertEquals(stderr.split("Grafana does not show this run").length, 2);
  });

  it("want a token: asked for, it is a mistake; else, a warning", async () => {
    const without = { GRAFANA_TOKEN: "", ZTNA_GRAFANA_URL: grafana.url };
    const asked = await run(["--annotate", grafana.url], without);
    assertEquals(asked.code, 2);
    const usual = await run([], without);
    assertEquals(usual.code, 4);
    for (const { stderr } of [asked, usual]) {
      assertStringIncludes(stderr, "GRAFANA_TOKEN must be set");
    }
  });
});
