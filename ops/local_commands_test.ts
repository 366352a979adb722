import {
  assert,
  assertEquals,
  assertExists,
  assertMatch,
  assertNotEquals,
  assertStringIncludes,
} from "@std/assert";
import { after, before, describe, it } from "@std/testing/bdd";
import { cpSync } from "node:fs";
import { checkout } from "./checkout.ts";
import { readProcesses } from "./local/facts.ts";
import { signalProcess } from "./process_identity.ts";
import { freePorts } from "./local/stand_in_checkout.ts";
import { type StatePaths, statePathsOf } from "./local/state_paths.ts";
import { pollUntil } from "./waiting.ts";

/** The commands with the real relay and connector, as a user runs them; each step needs the ones before. */
describe("deploy, status and down on this machine", () => {
  let directory: string;
  let stateHome: string;
  let paths: StatePaths;
  const ports = freePorts();
  const portArgs = (given = ports): string[] => [
    `--relay-port=${given.relay}`,
    `--relay-admin-port=${given.relayAdmin}`,
    `--connector-admin-port=${given.connectorAdmin}`,
    `--app-port=${given.application}`,
  ];
  before(() => {
    directory = Deno.realPathSync(Deno.makeTempDirSync({ prefix: "ztna-commands-" }));
    stateHome = `${directory}/state`;
    paths = statePathsOf(new Map([["XDG_STATE_HOME", stateHome]]));
    // A copy, so that nobody's editing meanwhile makes another release of it.
    for (const part of ["relay", "connector", "tunnel", "ops", "deno.json", "deno.lock"]) {
      cpSync(`${checkout}/${part}`, `${directory}/checkout/${part}`, { recursive: true });
    }
  });
  after(() => {
    // Only what a failed test may have left behind.
    const { supervisor, programs } = readProcesses(paths);
    for (const process of [supervisor, ...Object.values(programs).map((entry) => entry.process)]) {
      if (process !== undefined) signalProcess(process, "SIGKILL");
    }
    Deno.removeSync(directory, { recursive: true });
  });

  interface Finished {
    readonly code: number;
    readonly stdout: string;
    readonly stderr: string;
    // deno-lint-ignore no-explicit-any -- whatever the command printed
    readonly json: any;
  }

  function start(command: string, ...args: string[]): Deno.ChildProcess {
    return new Deno.Command(Deno.execPath(), {
      args: ["run", "-A", "--quiet", `${directory}/checkout/ops/${command}.ts`, ...args],
      env: { XDG_STATE_HOME: stateHome, NO_COLOR: "1" },
      stdin: "null",
      stdout: "piped",
      stderr: "piped",
    }).spawn();
  }

  /** Waits for the end of the process *and* of its output: no daemon may hold on to the pipe. */
  async function finish(child: Deno.ChildProcess): Promise<Finished> {
    const output = await child.output();
    const [stdout, stderr] = [output.stdout, output.stderr].map((bytes) =>
      new TextDecoder().decode(bytes)
    ) as [string, string];
    const json = stdout.startsWith("{") ? JSON.parse(stdout) : undefined;
    return { code: output.code, stdout, stderr, json };
  }
  const run = (command: string, ...args: string[]): Promise<Finished> =>
    finish(start(command, ...args));
  const never = new AbortController().signal;

  it("have nothing to show or to remove at first", async () => {
    const status = await run("status");
    assertEquals(status.code, 1);
    assertMatch(status.stdout, /^Nothing is deployed/);
    assertEquals((await run("status", "--json")).json, { schema: 1, hosts: {} });
    const down = await run("down");
    assertEquals([down.code, down.stdout], [0, "Nothing is deployed on this machine\n"]);
  });

  for (const command of ["deploy", "status", "down"]) {
    it(`explain "${command}" and refuse flags that it does not have`, async () => {
      const help = await run(command, "-h");
      assertEquals(help.code, 0);
      assertMatch(help.stdout, new RegExp(`Usage: deno task ${command} \\[OPTIONS\\]`));
      const wrong = await run(command, "--jason");
      assertEquals([wrong.code, wrong.stdout], [2, ""]);
      assertMatch(wrong.stderr, /"--jason" .*nearest valid flag is "--json"/);
    });
  }

  it("name a port that is taken and the flag for another, and touch nothing", async () => {
    using _taken = Deno.listen({ hostname: "127.0.0.1", port: ports.relayAdmin });
    const { code, stderr, json } = await run("deploy", "--json", ...portArgs());
    assertEquals(code, 2);
    assertMatch(stderr, /TCP port \d+ of 127\.0\.0\.1 .*"--relay-admin-port PORT"/);
    assertEquals([json.failed, json.changed, json.unreachable], [1, 0, 0]);
    assertStringIncludes(json.hosts.localhost.error, `TCP port ${ports.relayAdmin}`);
    assertEquals(readProcesses(paths).supervisor, undefined);
  });

  it("deploy, and get every UDP and ICMP packet back through the tunnel", async () => {
    const { code, stderr, json } = await run("deploy", "--json", ...portArgs());
    assertEquals(code, 0, stderr);
    assertEquals([json.schema, json.changed, json.failed, json.unreachable], [2, 1, 0, 0]);
    assertEquals([json.hosts.localhost.changed, json.hosts.localhost.error], [true, null]);
    assertMatch(json.hosts.localhost.release, /^\d+\.\d+\.\d+-[0-9a-f]{12}$/);
    for (const protocol of ["udp", "icmp"]) {
      const { sent, received, lost, duplicated, rttMs } = json.probes[protocol];
      assertEquals([sent, received, lost, duplicated], [20, 20, 0, 0]);
      assert(rttMs.min > 0 && rttMs.min <= rttMs.p50 && rttMs.p50 <= rttMs.max);
    }
  });

  it("change nothing when deployed again", async () => {
    const before = readProcesses(paths);
    const { code, stdout, json } = await run("deploy", "--json");
    assertEquals(code, 0, stdout);
    assertEquals([json.changed, json.hosts.localhost.changed], [0, false]);
    assertEquals(readProcesses(paths), before);
  });

  it("show what runs where", async () => {
    const { code, json } = await run("status", "--json");
    assertEquals(code, 0);
    const { services, supervisor } = json.hosts.localhost;
    assertEquals(supervisor.active, true);
    assertEquals(Object.keys(services).sort(), ["application", "connector", "relay"]);
    for (const name of ["relay", "connector"]) {
      const { active, ready, release, instance } = services[name];
      assertEquals([active, ready, release], [true, true, json.hosts.localhost.release]);
      assertMatch(instance, /^[0-9a-f]{8}$/);
    }
    const text = await run("status");
    assertEquals(text.code, 0);
    assertMatch(text.stdout, new RegExp(`relay +ready .*127\\.0\\.0\\.1:${ports.relay}/udp`));
  });

  it("exclude each other", async () => {
    const first = start("deploy", "--json");
    await pollUntil(() => exists(paths.lockFile) || undefined, 10_000, never);
    const second = await run("deploy", "--json");
    assertEquals(second.code, 1);
    assertMatch(second.stderr, new RegExp(`"deploy" runs as process ${first.pid} since`));
    assertEquals(second.json.failed, 1);
    assertEquals((await finish(first)).code, 0);
    assertEquals((await run("deploy", "--check")).stdout.startsWith("Nothing to change"), true);
  });

  it("have a connector that was killed back, and its packets", async () => {
    const killed = readProcesses(paths).programs["connector"]?.process;
    assertExists(killed);
    signalProcess(killed, "SIGKILL");
    const status = await pollUntil(
      async () => {
        const { code, json } = await run("status", "--json");
        const { pid } = json.hosts.localhost.services.connector;
        return code === 0 && pid !== killed.pid ? json : undefined;
      },
      60_000,
      never,
    );
    assertExists(status, "not ready again");
    assertEquals(status.hosts.localhost.services.connector.lastExit.signal, "SIGKILL");
    const { code, stderr, json } = await run("deploy", "--json");
    assertEquals([code, json.changed, json.probes?.udp.received], [0, 0, 20], stderr);
  });

  it("end with 130 when interrupted, and continue the next time", async () => {
    const other = freePorts();
    const child = start("deploy", "--json", ...portArgs(other));
    await pollUntil(
      () => Deno.readTextFileSync(paths.deploymentFile).includes(`${other.relay}`) || undefined,
      20_000,
      never,
    );
    child.kill("SIGINT");
    const interrupted = await finish(child);
    assertEquals(interrupted.code, 130, interrupted.stderr);
    assertEquals(interrupted.json.failed, 1);
    assertEquals(exists(paths.lockFile), false);
    const { code, stderr, json } = await run("deploy", "--json");
    assertEquals([code, json?.probes.udp.received], [0, 20], stderr);
    const status = await run("status");
    assertStringIncludes(status.stdout, `:${other.relay}/udp`);
    assertNotEquals(other.relay, ports.relay);
  });

  it("remove everything that deploy made, and end what it started", async () => {
    const { supervisor, programs } = readProcesses(paths);
    const { code, stdout, stderr } = await run("down");
    assertEquals([code, stdout], [0, "The deployment is removed\n"], stderr);
    for (const process of [supervisor, ...Object.values(programs).map((entry) => entry.process)]) {
      assertExists(process);
      assertEquals(signalProcess(process, "SIGKILL"), false);
    }
    assertEquals([...Deno.readDirSync(stateHome)], []);
  });
});

function exists(path: string): boolean {
  try {
    Deno.statSync(path);
    return true;
  } catch {
    return false;
  }
}
