import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { needsLinux } from "../../ops/engine/resource/test_shell.ts";
import { AlertmanagerServer, skipWithoutAlertmanager } from "./alertmanager_server.ts";
import { quickAlertmanager } from "./quick_configuration.ts";
import { type ReceivedChange, SignedReceiver } from "./signed_receiver.ts";
import { SweepingMachine, webhookSecret } from "./sweeping_machine.ts";
import { WebhookReceiver } from "./webhook_receiver.ts";

/** What was told of the disk, message by message. */
function diskChanges(receiver: SignedReceiver): string[] {
  const isDisk = ({ check, subject }: ReceivedChange): boolean =>
    check === "disk-space" && subject === "/";
  return receiver.taken.flatMap(({ message }) => message.changes.filter(isDisk))
    .map(({ kind, to }) => `${kind}: ${to}`);
}

const silence = `      ztna_sweep_silences:
        - {check: disk-space, until: 2999-01-01, reason: it is full by design}
`;

describe("a sweep's webhook", { skip: needsLinux }, () => {
  it("is told of every change once, and of nothing when nothing changes", async () => {
    using machine = new SweepingMachine();
    await using receiver = new SignedReceiver(webhookSecret);
    const sweep = async (isWarning: boolean, more = ""): Promise<string[]> => {
      machine.setDiskWarning(isWarning, more);
      await machine.sweep("--notify-webhook", `${receiver.url}/hook`);
      return diskChanges(receiver);
    };
    assertEquals(await sweep(false), []);
    assert(receiver.taken.length > 0, "it was told of nothing that is missing on this machine");
    const untold = receiver.taken.length;
    assertEquals(await sweep(true), ["new: warning"]);
    assertEquals(await sweep(true), ["new: warning"]);
    assertEquals(await sweep(true, silence), ["new: warning"]);
    assertEquals(await sweep(false), ["new: warning", "solved: ok"]);
    assertEquals(await sweep(true, silence), ["new: warning", "solved: ok"]);
    assertEquals(await sweep(true), ["new: warning", "solved: ok", "new: warning"]);
    assert(receiver.taken.length >= untold + 3);
    assertEquals(receiver.forged, 0);
  });

  it("gets with the next sweep what it could not be told, and nothing twice", async () => {
    using machine = new SweepingMachine();
    await using receiver = new SignedReceiver(webhookSecret);
    const args = ["--notify-webhook", `${receiver.url}/s3cret`, "--timeout", "5"];
    receiver.isBroken = true;
    machine.setDiskWarning(true);
    const { stderr, checks } = await machine.sweep(...args);
    assertStringIncludes(stderr, "the answer is 503; the next sweep tries again");
    assert(!stderr.includes("s3cret"), stderr);
    assert(checks.length > 0);
    machine.setDiskWarning(false);
    await machine.sweep(...args);
    assertEquals(receiver.taken, []);

    receiver.isBroken = false;
    await machine.sweep(...args);
    assertEquals(diskChanges(receiver), ["new: warning", "solved: ok"]);
    await machine.sweep(...args);
    const ids = receiver.taken.flatMap(({ message }) => message.changes.map(({ id }) => id));
    assertEquals(new Set(ids).size, ids.length);
    assertEquals(diskChanges(receiver).length, 2);
  });

  it("is told once of what two sweeps at a time have found", async () => {
    using machine = new SweepingMachine();
    await using receiver = new SignedReceiver(webhookSecret);
    machine.setDiskWarning(true);
    const sweep = (): Promise<unknown> => machine.sweep("--notify-webhook", `${receiver.url}/hook`);
    await Promise.all([sweep(), sweep(), sweep()]);
    assertEquals(diskChanges(receiver), ["new: warning"]);
  });
});

describe("a sweep's mail", { skip: needsLinux }, () => {
  it("waits for a mail server that takes it, and is one for all changes", async () => {
    using machine = new SweepingMachine();
    const args = ["--notify-mail", "ops@example.com", "--timeout", "5"];
    machine.setDiskWarning(true);
    const { stderr } = await machine.sweep(...args);
    assertStringIncludes(stderr, 'has ended with code 75: "the queue is full"');
    machine.setSendmail(0);
    await machine.sweep(...args);
    await machine.sweep(...args);
    const [mail = "", ...others] = machine.mails;
    assertEquals(others, []);
    assertMatch(mail, /^To: ops@example\.com\nSubject: \[swept\] NEW critical: /);
    assertMatch(mail, /^NEW warning: disk-space \/\n {2}relay1: /m);
  });
});

describe("a sweep's heartbeat", { skip: needsLinux }, () => {
  it("is sent when a sweep has ended, whatever it has found, and not when it can't begin", async () => {
    using machine = new SweepingMachine();
    await using receiver = new SignedReceiver(webhookSecret);
    const { code } = await machine.sweep("--heartbeat", `${receiver.url}/ping`);
    assertEquals([code, receiver.heartbeats], [1, ["/ping"]]);
    machine.setVariables("      ztna_sweep_silences: [{check: unit}]\n");
    const end = await machine.sweep("--heartbeat", `${receiver.url}/ping`);
    assertEquals([end.code, receiver.heartbeats.length], [2, 1]);
    assertStringIncludes(end.stderr, "ztna_sweep_silences");
  });
});

describe("the silences of an inventory", { skip: needsLinux }, () => {
  it("leave a finding to be seen, marked, and out of the exit code", async () => {
    using machine = new SweepingMachine();
    machine.setVariables(
      "      ztna_sweep_maintenance: [{weekly: daily 00:00-00:00, reason: moving house}]\n",
    );
    const { code, checks } = await machine.sweep();
    assertEquals(code, 0);
    const critical = checks.filter(({ status }) => status === "critical");
    assert(critical.length > 0);
    assertEquals(
      new Set(critical.map(({ silenced }) => (silenced as { reason: string } | null)?.reason)),
      new Set(["moving house"]),
    );
  });
});

describe("a sweep's alerts", { skip: needsLinux || skipWithoutAlertmanager() }, () => {
  it("reach whom Alertmanager tells, and end when the problem does", async () => {
    using machine = new SweepingMachine();
    await using people = new WebhookReceiver();
    await using alertmanager = await AlertmanagerServer.start(quickAlertmanager(people.url));
    const sweep = async (isWarning: boolean, more = ""): Promise<void> => {
      machine.setDiskWarning(isWarning, more);
      const { stderr } = await machine.sweep(
        ...["--notify-alertmanager", `http://${alertmanager.address}/`, "--every", "10m"],
      );
      assertEquals(stderr, "");
    };
    const told = async (status: "firing" | "resolved"): Promise<Record<string, string>> => {
      const { alert, path } = await people.alert(
        ({ labels, status: is }) => is === status && labels["alertname"] === "ZtnaSweepDiskSpace",
        `the alert of the disk, ${status}`,
      );
      assertEquals(path, "/office");
      const { summary = "", remedy = "" } = alert.annotations;
      return { ...alert.labels, summary, remedy };
    };
    await sweep(true);
    const { summary, remedy, ...labels } = await told("firing");
    assertEquals(labels, {
      ...{ alertname: "ZtnaSweepDiskSpace", fleet: "swept", host: "relay1", severity: "warning" },
      ...{ check: "disk-space", subject: "/" },
    });
    assertMatch(summary!, /^relay1 \/: \d+ % /);
    assert(remedy !== "");

    const response = await fetch(`http://${alertmanager.address}/api/v2/alerts`);
    const alerts = await response.json() as {
      readonly labels: Record<string, string>;
      readonly endsAt: string;
    }[];
    const ends = alerts.map(({ endsAt }) => (Date.parse(endsAt) - Date.now()) / 60_000);
    assert(alerts.length > 1 && ends.every((minutes) => minutes > 28 && minutes <= 30), `${ends}`);

    await sweep(false);
    await told("resolved");
  });

  it("end when a silence begins", async () => {
    using machine = new SweepingMachine();
    await using people = new WebhookReceiver();
    await using alertmanager = await AlertmanagerServer.start(quickAlertmanager(people.url));
    const firing = async (more: string): Promise<string[]> => {
      machine.setDiskWarning(true, more);
      await machine.sweep("--notify-alertmanager", `http://${alertmanager.address}`);
      const response = await fetch(`http://${alertmanager.address}/api/v2/alerts`);
      const alerts = await response.json() as { readonly labels: Record<string, string> }[];
      return alerts.map(({ labels }) => labels["alertname"]!);
    };
    assert((await firing("")).includes("ZtnaSweepDiskSpace"));
    const silenced = await firing(silence);
    assert(silenced.includes("ZtnaSweepRelease") && !silenced.includes("ZtnaSweepDiskSpace"));
  });
});
