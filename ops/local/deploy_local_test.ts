import {
  assert,
  assertEquals,
  assertExists,
  assertMatch,
  assertNotEquals,
  assertRejects,
  assertStringIncludes,
} from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { ConfigError } from "../../tunnel/errors.ts";
import { InterruptedError } from "../command.ts";
import { deployLocal } from "./deploy_local.ts";
import { TunnelError } from "../probe/verify_tunnel.ts";
import { DeploymentError } from "./deployment_error.ts";
import { DeploymentLock, LockedError } from "../deployment_lock.ts";
import { readRunFile } from "./facts.ts";
import { identifyProcess } from "../process_identity.ts";
import { removeLocal } from "./remove_local.ts";
import { freePorts, StandInCheckout } from "./stand_in_checkout.ts";
import { pollUntil } from "../waiting.ts";

const never = new AbortController().signal;

function remove(local: StandInCheckout, keepCertificates = false): Promise<boolean> {
  return removeLocal({
    paths: local.paths,
    keepCertificates,
    report: local.report(),
    signal: never,
  });
}

function listDirectory(path: string): string[] {
  return [...Deno.readDirSync(path)].map(({ name }) => name).sort();
}

describe("deployLocal", () => {
  it("starts everything, changes nothing when run again, and leaves nothing behind", async () => {
    await using local = new StandInCheckout();
    const first = await deployLocal(local.options());
    assertEquals(first.changes.length, 12);
    assertEquals(Object.values(first.health!).map(({ ready }) => ready), [true, true, true]);
    assertEquals(first.health!.relay.instance, "0a0b0c0d");
    assertEquals(first.probes?.["icmp"]?.received, 20);
    const pids = local.pids();
    assertEquals(Object.values(pids).filter((pid) => pid !== undefined).length, 4);

    const second = await deployLocal(local.options({ ports: {} })); // ports stay as deployed
    assertEquals(second.changes, []);
    assertEquals(local.pids(), pids);
    assertEquals(listDirectory(local.paths.root), ["config", "log", "run", "tls"]);

    assertEquals(await remove(local), true);
    assertEquals(Object.values(pids).filter((pid) => isAlive(pid!)), []);
    assertEquals(listDirectory(local.root), ["checkout"]);
    assertEquals(await remove(local), false);
  });

  it("gives the programs neither a terminal nor this session", async () => {
    await using local = new StandInCheckout();
    await deployLocal(local.options());
    const { supervisor, relay } = local.pids();
    for (const pid of [supervisor!, relay!]) {
      const ps = new Deno.Command("ps", { args: ["-o", "tty=,pgid=", "-p", String(pid)] });
      const output = new TextDecoder().decode((await ps.output()).stdout).trim();
      const [terminal, group] = output.split(/\s+/);
      assertMatch(terminal!, /^\?+$/);
      assertEquals(Number(group), supervisor);
    }
    await remove(local);
  });

  it("has a crashed program restarted", async () => {
    await using local = new StandInCheckout();
    await deployLocal(local.options());
    const before = local.pids();
    Deno.kill(before["relay"]!, "SIGKILL");
    const after = await pollUntil(
      () => {
        const { relay } = local.pids();
        return relay !== undefined && relay !== before["relay"] ? relay : undefined;
      },
      10_000,
      never,
    );
    assertExists(after);
    assertEquals(readRunFile(local.paths)?.programs["relay"]?.lastExit?.signal, "SIGKILL");
    assertEquals((await deployLocal(local.options())).changes, []);
    await remove(local);
  });

  it("restarts what a changed program or setting concerns, and nothing else", async () => {
    await using local = new StandInCheckout();
    const first = await deployLocal(local.options());
    const before = local.pids();

    Deno.writeTextFileSync(`${local.checkout}/connector/new.ts`, "");
    const second = await deployLocal(local.options());
    assertNotEquals(second.deployment.release, first.deployment.release);
    assertEquals(second.changes.filter((change) => change.startsWith("restart")).length, 2);
    const after = local.pids();
    assertEquals([after["supervisor"], after["application"]], [
      before["supervisor"],
      before["application"],
    ]);
    assertNotEquals(after["relay"], before["relay"]);

    const port = freePorts().connectorAdmin;
    const third = await deployLocal(local.options({ ports: { connectorAdmin: port } }));
    assertEquals(third.deployment.ports, { ...local.ports, connectorAdmin: port });
    assertEquals(third.changes.filter((change) => change.startsWith("restart")), [
      "restart the connector: its configuration has changed",
    ]);
    assertEquals(local.pids()["relay"], after["relay"]);
    await remove(local);
  });

  it("says what it would change, and changes nothing, with check", async () => {
    await using local = new StandInCheckout();
    const { changes } = await deployLocal(local.options({ check: true }));
    assertEquals(changes.length, 12);
    assertEquals(listDirectory(local.root), ["checkout"]);
    await deployLocal(local.options());
    assertEquals((await deployLocal(local.options({ check: true }))).changes, []);
    await remove(local);
  });

  it("takes over programs that have lost their supervisor", async () => {
    await using local = new StandInCheckout();
    await deployLocal(local.options());
    const before = local.pids();
    Deno.kill(before["supervisor"]!, "SIGKILL");
    await pollUntil(() => local.pids()["supervisor"] === undefined || undefined, 5000, never);
    const { changes } = await deployLocal(local.options());
    assert(changes.includes(
      `stop the relay (process ${before["relay"]}), which has lost its supervisor`,
    ));
    assertEquals(isAlive(before["relay"]!), false);

    const { supervisor, ...programs } = local.pids();
    Deno.kill(supervisor!, "SIGKILL");
    await remove(local);
    assertEquals(Object.values(programs).filter((pid) => isAlive(pid!)), []);
  });

  it("refuses to run beside another command, and says which", async () => {
    await using local = new StandInCheckout();
    Deno.mkdirSync(local.paths.root, { recursive: true });
    using _lock = DeploymentLock.take(local.paths.lockFile, "deploy");
    const error = await assertRejects(() => deployLocal(local.options()), LockedError);
    assertStringIncludes(error.message, `runs as process ${Deno.pid} since`);
    await assertRejects(() => remove(local), LockedError);
  });

  it("names a port that is taken, before it touches anything", async () => {
    await using local = new StandInCheckout();
    using _taken = Deno.listen({ hostname: "127.0.0.1", port: local.ports.connectorAdmin });
    const error = await assertRejects(() => deployLocal(local.options()), ConfigError);
    assertMatch(error.message, new RegExp(`TCP port ${local.ports.connectorAdmin} `));
    assertMatch(error.message, /"--connector-admin-port PORT"$/);
    assertEquals(listDirectory(local.paths.root), []);
  });

  it("shows the end of the log of a program that cannot run, and converges when it can", async () => {
    await using local = new StandInCheckout();
    local.writeProgram("connector", `console.error("no such service"); Deno.exit(2);`);
    const error = await assertRejects(() => deployLocal(local.options()), DeploymentError);
    assertMatch(error.message, /Cannot start the connector .* exit code 2/);
    assertStringIncludes(error.message, "no such service");
    local.writeProgram("connector");
    const { changes } = await deployLocal(local.options());
    // The supervisor may be trying the broken one just then.
    assert(changes.some((change) => /^(re)?start the connector/.test(change)), changes.join("\n"));
    await remove(local);
  });

  it("fails when a packet is lost, and leaves the programs running", async () => {
    await using local = new StandInCheckout();
    local.received = 19;
    const error = await assertRejects(() => deployLocal(local.options()), TunnelError);
    assertStringIncludes(error.message, "19 of 20");
    local.received = 20;
    assertEquals((await deployLocal(local.options())).changes, []);
    await remove(local);
  });

  for (const word of ["authority", "relay.json", "start the supervisor"]) {
    it(`continues after an interruption at "${word}"`, async () => {
      await using local = new StandInCheckout();
      const controller = new AbortController();
      const report = local.report();
      const info = report.info.bind(report);
      report.info = (text): void => {
        info(text);
        if (text.includes(word)) controller.abort(new InterruptedError());
      };
      const interrupted = local.options({ signal: controller.signal, report });
      await assertRejects(() => deployLocal(interrupted), InterruptedError);
      await deployLocal(local.options());
      assertEquals((await deployLocal(local.options())).changes, []);
      await remove(local);
    });
  }

  it("keeps the certificates when told to", async () => {
    await using local = new StandInCheckout();
    await deployLocal(local.options());
    const authority = Deno.readTextFileSync(`${local.paths.tls}/ca.pem`);
    await remove(local, true);
    assertEquals(listDirectory(local.paths.root), ["tls"]);
    const { changes } = await deployLocal(local.options());
    assertEquals(changes.filter((change) => change.includes("certificate")), []);
    assertEquals(Deno.readTextFileSync(`${local.paths.tls}/ca.pem`), authority);
    await remove(local);
  });
});

function isAlive(pid: number): boolean {
  return identifyProcess(pid) !== undefined;
}
