import { assertEquals, assertMatch, assertNotEquals, assertStringIncludes } from "@std/assert";
import { after, before, describe, it } from "@std/testing/bdd";
import type { DeployJson } from "../../ops/fleet/deploy_json.ts";
import type { AuditEntry } from "../../ops/terminal/audit_log.ts";
import { CheckoutCopy } from "./checkout_copy.ts";
import { FleetLab, labSkipReason } from "./fleet_lab.ts";
import type { CommandEnd } from "./running_command.ts";

const skip = labSkipReason() ?? false;

describe("a release that is no good", { skip }, () => {
  let fleet: FleetLab;
  /** Its relay ends as soon as it starts. */
  let broken: CheckoutCopy;
  let first: CommandEnd;
  let leftByFirst: string;
  let good: DeployJson;

  before(async () => {
    fleet = await FleetLab.open("relay1", "connector1");
    broken = new CheckoutCopy().edit(
      "relay/main.ts",
      "if (import.meta.main) {",
      'if (import.meta.main) {\n  throw new Error("this relay \\x1b[31mdoes not start");',
    );
    first = await fleet.run("deploy", ["--json"], { from: broken.root });
    leftByFirst = await fleet.sh(
      "relay1",
      `systemctl list-units --no-legend --plain --state=active,activating,failed 'ztna-*'
      ls -d /opt/ztna/current /etc/ztna/relay.json /etc/systemd/system/ztna-* \\
        /etc/systemd/system/*.wants/ztna-* 2>/dev/null || :`,
    );
    good = await fleet.deploy();
  });

  after(async () => {
    broken?.[Symbol.dispose]();
    await fleet?.[Symbol.asyncDispose]();
  });

  /** Shows that a deploy has ended with the fleet as it was. */
  async function assertRolledBack(end: CommandEnd, why: RegExp): Promise<void> {
    assertEquals(end.code, 1, end.stderr);
    const { release, hosts, ...counts } = JSON.parse(end.stdout) as DeployJson;
    assertEquals([counts.failed, counts.unreachable], [1, 0]);
    const { relay1, connector1 } = hosts;
    assertMatch(relay1!.error!, why);
    assertNotEquals(release, good.release);
    assertEquals(
      [relay1!.outcome, relay1!.release, relay1!.releaseBefore],
      ["rolled_back", good.release, good.release],
    );
    assertEquals([connector1!.outcome, connector1!.release], ["skipped", good.release]);
    assertStringIncludes(end.stderr, "To continue: deno task deploy ");
    await fleet.assertRuns("relay1", good.release);
    await fleet.assertWhole();
  }

  it("is taken away again from hosts that had none, with a word on why", async () => {
    assertEquals(first.code, 1, first.stderr);
    const { hosts } = JSON.parse(first.stdout) as DeployJson;
    const { outcome, release, error } = hosts.relay1!;
    assertEquals([outcome, release], ["failed", null]);
    assertMatch(error!, /this relay .*does not start/);
    assertStringIncludes(error!, "Nothing runs there: it had no release before");
    assertEquals(hosts.connector1!.outcome, "skipped");
    assertEquals(first.stderr.includes("\x1b"), false);
    assertEquals(leftByFirst, "");
    await fleet.assertWhole();
  });

  it("that does not start is rolled back, and the hosts after it are left alone", async () => {
    const end = await fleet.run("deploy", ["--json"], { from: broken.root });
    await assertRolledBack(end, /this relay .*does not start/);
  });

  it("that never becomes ready is rolled back", async () => {
    using copy = new CheckoutCopy().edit(
      "tunnel/admin.ts",
      'ready ? textReply(200, "ok\\n")',
      'ready && reason === "" ? textReply(200, "ok\\n")',
    );
    const inventory = fleet.inventory({ ztna_ready_timeout: 5 });
    const end = await fleet.run("deploy", ["--json"], { from: copy.root, inventory });
    await assertRolledBack(
      end,
      /Cannot call the relay healthy as it must be ready: "not ready after 5 s/,
    );
  });

  it("whose relay loses packets is rolled back", async () => {
    using copy = new CheckoutCopy().edit(
      "relay/router.ts",
      "#handleRouted(sender: Peer, message: Uint8Array): void {",
      "#handleRouted(sender: Peer, message: Uint8Array): void {\nif (Math.random() < 0.5) return;",
    );
    const end = await fleet.run("deploy", ["--json"], { from: copy.root });
    await assertRolledBack(end, /Cannot call the tunnel healthy as .* of 20 did/);
  });

  it("is taken back by the next deploy when the laptop dies while it is rolled back", async () => {
    await using command = fleet.start("deploy", ["--json", "--no-probe"], { from: broken.root });
    await command.sends("put back what was there before");
    command.signal("SIGKILL");
    assertEquals((await command.ended()).code, 137, "the command had ended before");
    // The same again: what it goes back to is what was good, not what the first one left.
    const { hosts } = await fleet.deploy(["--no-probe"], { from: broken.root, code: 1 });
    const { outcome, release } = hosts.relay1!;
    assertEquals([outcome, release], ["rolled_back", good.release]);
    await fleet.assertWhole();
  });

  it("is replaced by a good one when the laptop dies before it is found to be bad", async () => {
    await using command = fleet.start("deploy", ["--json", "--no-probe"], { from: broken.root });
    await fleet.sh(
      "relay1",
      `until [ "$(readlink /opt/ztna/current)" != releases/${good.release} ]; do sleep 0.02; done`,
    );
    command.signal("SIGKILL");
    assertEquals((await command.ended()).code, 137, "the command had ended before");
    assertEquals((await fleet.deploy()).hosts.relay1!.release, good.release);
    await fleet.assertWhole();
  });

  it("stays on the hosts that it suits when some may fail, which the summary and the audit tell", async () => {
    const end = await fleet.run("deploy", ["--max-fail", "1", "--no-probe"], { from: broken.root });
    assertEquals(end.code, 1, end.stderr);
    const started = end.events.find(({ type }) => type === "run_started");
    const release = started?.type === "run_started" ? started.release! : "";
    assertNotEquals(release, good.release);
    assertMatch(end.stdout, new RegExp(`^relay1 .* rolled back .* ${good.release}$`, "m"));
    assertMatch(end.stdout, new RegExp(`^connector1 .* done .* ${release}$`, "m"));
    await fleet.assertRuns("relay1", good.release);
    await fleet.assertRuns("connector1", release);
    const audit = Deno.readTextFileSync(
      `${fleet.directory}/state/ztna-fleet/fleets/lab/audit.jsonl`,
    );
    const entries = audit.trimEnd().split("\n").map((line) => JSON.parse(line) as AuditEntry);
    const finished = entries.slice(-20).filter(({ what }) => what === "finish host").slice(-2);
    assertEquals(
      finished.map(({ host, result, detail }) => [host, result, detail.releaseAfter]),
      [["relay1", "rolled_back", good.release], ["connector1", "done", release]],
    );
    assertEquals((await fleet.deploy()).hosts.connector1!.release, good.release);
    await fleet.assertWhole();
  });
});
