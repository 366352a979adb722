import { assert, assertEquals, assertMatch, assertRejects } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { commandLinesWith } from "../../tests/support/process_list.ts";
import { StandInSystemd } from "../../tests/support/stand_in_systemd.ts";
import { waitFor } from "../../tests/support/wait.ts";
import { checkout } from "../checkout.ts";
import type { CommandResult, Connection, RunOptions } from "../engine/connection/connection.ts";
import { openConnection } from "../engine/connection/open_connection.ts";
import { needsLinux } from "../engine/resource/test_shell.ts";
import type { Fleet, FleetHost } from "../fleet/fleet.ts";
import { fleetPathsOf } from "../fleet/fleet_paths.ts";
import { FleetRun } from "../fleet/fleet_run.ts";
import { everyRoleHost } from "../fleet/test_fleet_host.ts";
import { readUnits } from "../fleet/units.ts";
import type { Finding } from "./finding.ts";
import { sweepFleet, type SweepFleetOptions } from "./sweep_fleet.ts";
import type { SweepResult } from "./sweep_result.ts";

/** What a host does when it is asked. */
type Behaviour = (script: string, options: RunOptions) => Promise<CommandResult>;

const result = (stdout: string, truncated = false): CommandResult => ({
  ...{ code: 0, stdout, stderr: "", truncated },
});

/** Says nothing until it is given up. */
const frozen: Behaviour = (_, { signal }) => {
  signal!.throwIfAborted();
  return new Promise((_, reject) =>
    signal!.addEventListener("abort", () => reject(signal!.reason))
  );
};

const enabled = { UnitFileState: "enabled", NeedDaemonReload: "no" };

/** Answers as this machine does, with a stand-in for its systemd. */
const well: Behaviour = async (script) => {
  using systemd = new StandInSystemd();
  systemd.properties = { Id: "ztna-relay@a.service", ...enabled };
  // The script has a PATH of its own.
  const standIn = script.replace("PATH=/usr/local/sbin", "PATH=$PATH:/usr/local/sbin");
  return result((await systemd.run(standIn)).stdout);
};

interface Asked {
  readonly result: SweepResult;
  /** Milliseconds. */
  readonly tookMs: number;
  /** Scripts that each host was sent. */
  readonly scripts: ReadonlyMap<string, number>;
}

/** A relay that is asked like this, or that nobody can connect to. */
type TestHost = Behaviour | { readonly connect: (signal: AbortSignal) => Promise<Connection> };

/** Sweeps hosts. */
async function sweep(
  hosts: Readonly<Record<string, TestHost>>,
  change: Partial<SweepFleetOptions> & { readonly forks?: number } = {},
): Promise<Asked> {
  const directory = Deno.makeTempDirSync({ prefix: "sweep" });
  const scripts = new Map<string, number>();
  const fleetHosts = Object.keys(hosts).map((name): FleetHost => ({
    ...everyRoleHost,
    ...{ name, connector: undefined, application: undefined, metrics: undefined },
    openFirewall: false,
  }));
  const fleet: Fleet = { name: "f", hosts: fleetHosts, selected: new Set(Object.keys(hosts)) };
  const signal = change.signal ?? new AbortController().signal;
  const started = performance.now();
  try {
    await using run = new FleetRun({
      ...{ hosts: fleetHosts, forks: change.forks ?? 10, emit: () => {}, signal },
      connect: async ({ name }, signal): Promise<Connection> => {
        signal.throwIfAborted();
        const host = hosts[name]!;
        if ("connect" in host) return await host.connect(signal);
        return {
          host: name,
          traffic: { bytesSent: 0, bytesReceived: 0, roundTrips: 0, processes: 0 },
          run: (script: string, options: RunOptions) => {
            scripts.set(name, (scripts.get(name) ?? 0) + 1);
            return host(script, options);
          },
          [Symbol.asyncDispose]: () => Promise.resolve(),
        };
      },
    });
    const { result } = await sweepFleet({
      ...{ fleet, run, signal, paths: fleetPathsOf({ get: () => directory }, "f") },
      ...{ inventory: ["i.yaml"], units: readUnits(checkout), before: new Map(), probe: false },
      ...{ release: undefined, timeoutMs: 60_000, hostTimeoutMs: 30_000 },
      ...change,
    });
    return { result, tookMs: performance.now() - started, scripts };
  } finally {
    Deno.removeSync(directory, { recursive: true });
  }
}

function of({ result }: Asked, host: string, check: string): Finding {
  const found = result.findings.find((finding) => finding.host === host && finding.check === check);
  assert(found, `there is no finding "${check}" of ${host}`);
  return found;
}

const statusOf = (asked: Asked, host: string, check: string): string =>
  of(asked, host, check).status;

describe("a sweep", { skip: needsLinux }, () => {
  it("asks each host once", async () => {
    const asked = await sweep({ a: well, b: well });
    assertEquals([...asked.scripts], [["a", 1], ["b", 1]]);
    assertEquals(statusOf(asked, "a", "answer"), "ok", of(asked, "a", "answer").value);
    assertEquals(statusOf(asked, "b", "unit"), "ok");
  });

  it("tells in the same order whoever answers first", async () => {
    const late: Behaviour = async (script, options) => {
      await new Promise((resolve) => setTimeout(resolve, 100));
      return await well(script, options);
    };
    const keys = ({ result }: Asked): string[] =>
      result.findings.map(({ host, check, subject }) => `${host} ${check} ${subject}`);
    assertEquals(keys(await sweep({ a: late, b: well })), keys(await sweep({ a: well, b: well })));
  });

  it("gives up a host that is frozen in its own time, and tells of the others", async () => {
    const asked = await sweep({ a: frozen, b: well }, { hostTimeoutMs: 300 });
    const { status, remedy } = of(asked, "a", "reachable");
    assertEquals(status, "critical");
    assertMatch(remedy, /^check that it is up and not frozen, or .* --host-timeout$/);
    assertEquals(statusOf(asked, "b", "unit"), "ok");
  });

  it("takes no longer than its time, with many frozen hosts behind few forks", async () => {
    const hosts = Object.fromEntries(Array.from({ length: 100 }, (_, at) => [`h${at}`, frozen]));
    const asked = await sweep(hosts, { forks: 2, timeoutMs: 3000, hostTimeoutMs: 400 });
    assert(asked.tookMs < 3000, `${asked.tookMs} ms`);
    assertEquals(statusOf(asked, "h0", "reachable"), "critical");
    assertMatch(of(asked, "h99", "reachable").value, /the sweep's time was over before its turn$/);
    assertEquals(asked.scripts.has("h99"), false);
  });

  it("takes no longer than its time while ssh hangs, and leaves no process behind", async () => {
    // It takes what it is given and says nothing, as firewalls do.
    const name = `ztna-silence-${crypto.randomUUID()}`;
    const controlDirectory = Deno.makeTempDirSync({ prefix: "ztna-ctl-" });
    try {
      const settings = {
        ...everyRoleHost.connection,
        ...{ transport: "ssh" as const, address: "192.0.2.1" },
        sshArguments: ["-o", `ProxyCommand=sh -c 'cat > /dev/null; :' ${name}`],
      };
      const connect = (signal: AbortSignal): Promise<Connection> =>
        openConnection(settings, { signal, controlDirectory, connectTimeoutMs: 60_000 });
      const asked = await sweep({ a: { connect }, b: well }, { timeoutMs: 4000 });
      assert(asked.tookMs < 4000, `${asked.tookMs} ms`);
      assertEquals(statusOf(asked, "a", "reachable"), "critical");
      assertEquals(statusOf(asked, "b", "unit"), "ok");
      await waitFor(() => commandLinesWith(name).length === 0, "the end of all processes");
    } finally {
      Deno.removeSync(controlDirectory, { recursive: true });
    }
  });

  const answers: [what: string, behaviour: Behaviour][] = [
    ["enormous", () => Promise.resolve(result("x".repeat(1_000_000), true))],
    ["empty", () => Promise.resolve(result(""))],
    ["nothing but noise", () => Promise.resolve(result("\u0000\u001b[2J$(reboot)\n".repeat(1000)))],
    ["cut off", async (script, options) => {
      const { stdout } = await well(script, options);
      return result(stdout.slice(0, stdout.length / 2));
    }],
  ];
  for (const [what, behaviour] of answers) {
    it(`tells of a host whose answer is ${what}, and of no other`, async () => {
      const asked = await sweep({ a: behaviour, b: well });
      assertEquals(statusOf(asked, "a", "reachable"), "ok");
      assertEquals(statusOf(asked, "a", "answer"), "critical");
      assertEquals(statusOf(asked, "b", "answer"), "ok");
      assertEquals(asked.result.findings.filter(({ host }) => host === "a").length, 2);
    });
  }

  it("tells of a host at which it fails itself, and of the others", async () => {
    const odd: Behaviour = () => Promise.reject(new TypeError("a fault"));
    const asked = await sweep({ a: odd, b: well });
    assertMatch(of(asked, "a", "answer").value, /TypeError: a fault/);
    assertEquals(statusOf(asked, "b", "answer"), "ok");
  });

  it("ends at once when it is interrupted", async () => {
    const interruption = new AbortController();
    const interrupted = sweep({ a: frozen }, { signal: interruption.signal });
    interruption.abort(new RangeError("enough"));
    await assertRejects(() => interrupted, RangeError, "enough");
  });

  it("names the inventory in what it advises", async () => {
    const asked = await sweep({ a: well });
    const remedies = asked.result.findings.map(({ remedy }) => remedy);
    assert(remedies.some((remedy) => remedy.includes("-i i.yaml")));
    assertEquals(remedies.filter((remedy) => remedy.includes("…")), []);
  });
});
