import { assert, assertEquals, assertNotEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import type { ControlGroup } from "./control_group.ts";
import { Lab, labSkipReason } from "./lab.ts";
import { buildLab } from "./lab_building.ts";
import { gatewayGroup, hostGroups, labGroup } from "./lab_control_group.ts";
import { LabPaths, stateDirectory } from "./lab_paths.ts";
import { readHosts } from "./lab_record.ts";
import { removeAbandonedLabs } from "./lab_removal.ts";
import { labNamespaces, labTraces } from "./lab_traces.ts";
import { runProgram } from "./program.ts";
import { waitUntil } from "./wait_until.ts";

const skip = labSkipReason() ?? false;
const endTimeoutMs = 10_000;

/** Kills the processes of a group one by one, without the lab's own means. */
function killGroup(group: ControlGroup): void {
  assertNotEquals(group.processes, []);
  for (const pid of group.processes) Deno.kill(pid, "SIGKILL");
}

describe("removing a lab", { skip }, () => {
  it("leaves no process, namespace, mount, disk, cgroup or file", async () => {
    let paths: LabPaths;
    let namespaces: Set<string>;
    {
      await using lab = await Lab.open({ hosts: ["relay1"] });
      paths = lab.paths;
      await lab.host("relay1").shape({ delayMs: 1 });
      await lab.host("relay1").freeze();
      namespaces = labNamespaces(paths);
      // net, mnt, pid, uts, ipc, cgroup and time of the host; the router's net of the gateway.
      assert(namespaces.size >= 8, `${namespaces.size} namespaces`);
      assertNotEquals(labTraces(paths, namespaces), []);
    }
    // The kernel takes namespaces apart after their last process has ended.
    await waitUntil(() => labTraces(paths, namespaces).length === 0, endTimeoutMs);
    assertEquals(labTraces(paths, namespaces), []);
  });

  it("leaves nothing either when all that runs the lab was killed before", async () => {
    await using lab = await Lab.open({ hosts: ["relay1"] });
    await lab.host("relay1").shape({ delayMs: 1 });
    const { paths } = lab;
    const namespaces = labNamespaces(paths);
    const groups = hostGroups(paths, "relay1");
    Deno.kill(Math.min(...groups.power.processes), "SIGKILL"); // the shell, the first one
    killGroup(groups.wire.children[0]!);
    killGroup(gatewayGroup(paths));
    assert(
      await waitUntil(() => !groups.machine.isPopulated, endTimeoutMs),
      "the host goes on without power.sh",
    );
    await lab[Symbol.asyncDispose]();
    await waitUntil(() => labTraces(paths, namespaces).length === 0, endTimeoutMs);
    assertEquals(labTraces(paths, namespaces), []);
  });
});

describe("building a lab again", { skip }, () => {
  it("repairs what was killed, and keeps the hosts' disks and the gateway's ports", async () => {
    await using lab = await Lab.open({ hosts: ["relay1"] });
    const { paths } = lab;
    const host = lab.host("relay1");
    await host.exec("echo kept >/root/note; sync");
    await host.shape({ delayMs: 1 });
    const port = lab.gateway("relay1");
    const groups = hostGroups(paths, "relay1");
    killGroup(groups.wire.children[0]!);
    killGroup(gatewayGroup(paths));
    killGroup(groups.power);
    await waitUntil(() => !labGroup(paths).isPopulated, endTimeoutMs);
    await buildLab(paths, { hosts: ["relay1"] });
    assertEquals(lab.gateway("relay1"), port);
    const { stdout } = await runProgram(["ssh", "-F", lab.sshConfigFile, "relay1", "cat note"]);
    assertEquals(stdout, "kept\n");
  });
});

describe("a lab whose test was killed", { skip }, () => {
  it("is removed by whoever comes next", async () => {
    const name = `test-${crypto.randomUUID().slice(0, 8)}`;
    const paths = new LabPaths(stateDirectory(Deno.env), name);
    const program = `import { Lab } from ${JSON.stringify(import.meta.resolve("./lab.ts"))};
await Lab.open({ name: ${JSON.stringify(name)}, hosts: ["relay1"] });`;
    const child = new Deno.Command(Deno.execPath(), {
      args: ["eval", "--no-check", program],
      stdout: "null",
      stderr: "null",
    }).spawn();
    assert(await waitUntil(() => hostGroups(paths, "relay1").machine.isPopulated, 60_000));
    const namespaces = labNamespaces(paths);
    child.kill("SIGKILL");
    await child.status;
    assertEquals(readHosts(paths).map((host) => host.name), ["relay1"]);
    await removeAbandonedLabs(paths.shared);
    await waitUntil(() => labTraces(paths, namespaces).length === 0, endTimeoutMs);
    assertEquals(labTraces(paths, namespaces), []);
  });
});
