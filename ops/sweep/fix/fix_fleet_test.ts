import { assertEquals, assertMatch } from "@std/assert";
import { afterEach, beforeEach, describe, it } from "@std/testing/bdd";
import type { CommandResource } from "../../engine/resource/resource.ts";
import type { Connection } from "../../engine/connection/connection.ts";
import { openConnection } from "../../engine/connection/open_connection.ts";
import type { FleetEvent } from "../../engine/run/event.ts";
import type { FleetHost } from "../../fleet/fleet.ts";
import { FleetRun } from "../../fleet/fleet_run.ts";
import { HostWork } from "../../fleet/host_work.ts";
import { everyRoleHost } from "../../fleet/test_fleet_host.ts";
import type { TunnelVerifier } from "../../fleet/tunnel_verifier.ts";
import type { Finding } from "../finding.ts";
import type { Mend } from "./fix.ts";
import { fixFleet, type FixFleetOptions, type FleetFixing } from "./fix_fleet.ts";

/** Hosts that are all this machine, with commands of tests to mend something. */
describe("fixFleet", { skip: Deno.build.os !== "linux" }, () => {
  let directory: string;
  let events: FleetEvent[];

  beforeEach(() => {
    directory = Deno.makeTempDirSync({ prefix: "ztna-fix-" });
    events = [];
  });
  afterEach(() => Deno.removeSync(directory, { recursive: true }));

  const hostOf = (name: string): FleetHost => ({
    ...everyRoleHost,
    name,
    connection: { ...everyRoleHost.connection, host: name },
    // What is asked of programs does not take a while where there are none.
    ...{ connector: undefined, application: undefined },
    relay: name.startsWith("r") ? everyRoleHost.relay : undefined,
  });

  /** Makes a file. */
  const mendOf = (host: string, change: Partial<CommandResource> = {}): Mend => ({
    finding: {
      ...{ host, check: "c", subject: "", status: "critical", value: "", remedy: "" },
    } as Finding,
    remedy: {
      commands: [{
        ...{ kind: "command", id: `make:${host}`, summary: `make ${host}` },
        unless: `[ -e ${directory}/${host} ]`,
        script: `echo made >> ${directory}/log; touch ${directory}/${host}`,
        ...change,
      }],
    },
  });

  async function fix(
    mends: readonly Mend[],
    options: Partial<FixFleetOptions> = {},
  ): Promise<FleetFixing & { readonly outcomes: (string | undefined)[]; readonly errors: string }> {
    const hosts = mends.map(({ finding }) => hostOf(finding.host!));
    const { signal } = new AbortController();
    await using run = new FleetRun({
      ...{ hosts, forks: 2, signal, emit: (event: FleetEvent) => void events.push(event) },
      connect: async ({ connection }, signal) =>
        withLock(
          await openConnection(connection, { signal, controlDirectory: `${directory}/sockets` }),
        ),
    });
    const verifier = { verifyHost: () => Promise.resolve() } as unknown as TunnelVerifier;
    const operator = { user: "u", machine: "m" };
    const fixing = await fixFleet({
      fleet: { name: "f", hosts, selected: new Set(hosts.map(({ name }) => name)) },
      ...{ run, verifier, credentials: undefined, units: {}, check: false, diff: false, signal },
      work: new HostWork({ run, verifier, operator, command: "sweep --fix", signal }),
      mends: new Map(mends.map((mend) => [mend.finding.host!, [mend]])),
      lock: {
        ...{ path: "/run/its-own.lock", command: "sweep --fix", owner: "u@m" },
        ...{ waitSeconds: 0, force: false },
      },
      confirm: () => true,
      ...options,
    });
    const errors = run.hosts.map(({ error }) => error ?? "").join("\n");
    return { ...fixing, outcomes: run.hosts.map(({ outcome }) => outcome), errors };
  }
  /** Hosts have a lock each, also when they are one machine. */
  const lockOf = (host: string): string => `${directory}/lock-${host}`;
  function withLock(connection: Connection): Connection {
    return {
      host: connection.host,
      get traffic() {
        return connection.traffic;
      },
      run: (script, { lock, ...options }) =>
        connection.run(script, {
          ...options,
          ...lock !== undefined && { lock: { ...lock, path: lockOf(connection.host) } },
        }),
      [Symbol.asyncDispose]: () => connection[Symbol.asyncDispose](),
    };
  }
  const made = (): string[] =>
    [...Deno.readDirSync(directory)].map(({ name }) => name)
      .filter((name) => name !== "log" && !name.startsWith("lock-")).sort();

  it("mends, and only what is still wrong when it looks again", async () => {
    Deno.writeTextFileSync(`${directory}/b`, "");
    const asked: object[] = [];
    const { outcomes, changes } = await fix([mendOf("a"), mendOf("b")], {
      confirm: (planned) => asked.push(planned) > 0,
    });
    assertEquals([outcomes, [...changes.keys()]], [["done", "done"], ["a"]]);
    assertEquals(asked, [{ hosts: 1, changes: 1 }]);
    assertEquals(Deno.readTextFileSync(`${directory}/log`), "made\n");
    const applied = events.flatMap((event) =>
      event.type === "change" && event.state === "applied" ? [event.summary] : []
    );
    assertEquals(applied, ["make a"]);
  });

  it("with check changes nothing, takes no lock and asks nobody", async () => {
    const { outcomes, changes } = await fix([mendOf("a"), mendOf("b")], {
      check: true,
      confirm: () => {
        throw new Error("there is nothing to ask for");
      },
    });
    assertEquals([outcomes, [...changes.keys()].sort(), made()], [
      ["done", "done"],
      ["a", "b"],
      [],
    ]);
    assertEquals([...Deno.readDirSync(directory)], []);
  });

  it("changes nothing when the operator says no", async () => {
    const { outcomes, declined } = await fix([mendOf("a")], { confirm: () => false });
    assertEquals([outcomes, declined, made()], [["skipped"], true, []]);
  });

  it("goes host by host, relays first, and stops at the first that fails", async () => {
    const broken = mendOf("r2", { script: "echo 'no such luck'; exit 7" });
    const { outcomes, errors } = await fix([mendOf("a"), mendOf("r1"), broken, mendOf("r3")]);
    assertEquals(outcomes, ["skipped", "done", "failed", "skipped"]);
    assertEquals(made(), ["r1"]);
    assertMatch(errors, /exit code 7[^]*no such luck/);
    assertMatch(errors, /mending another host has failed/);
  });

  it("leaves a host alone that somebody else has locked", async () => {
    const holder = new Deno.Command("flock", {
      args: [lockOf("a"), "sh", "-c", "echo held; read -r _"],
      stdin: "piped",
      stdout: "piped",
    }).spawn();
    const reader = holder.stdout.getReader();
    await reader.read();
    const { outcomes } = await fix([mendOf("a"), mendOf("b")]);
    assertEquals([outcomes, made()], [["failed", "done"], ["b"]]);
    await holder.stdin.close();
    await reader.cancel();
    await holder.status;
  });
});
