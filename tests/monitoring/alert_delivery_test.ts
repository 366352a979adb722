import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { existsSync } from "node:fs";
import { describe, it } from "@std/testing/bdd";
import { AlertmanagerServer, skipWithoutAlertmanager } from "./alertmanager_server.ts";
import { MonitoredFleet } from "./monitored_fleet.ts";
import { skipWithoutPrometheus } from "./prometheus_server.ts";
import { quickAlertmanager } from "./quick_configuration.ts";
import { WebhookReceiver } from "./webhook_receiver.ts";

const skip = skipWithoutPrometheus() || skipWithoutAlertmanager();
const stopped = "relay02";

describe("the generated alerts, on their way to people", { skip }, () => {
  it("tell whoever is on call of a relay that is down, and that it is back", async () => {
    await using webhook = new WebhookReceiver();
    await using alertmanager = await AlertmanagerServer.start(quickAlertmanager(webhook.url));
    await using fleet = await MonitoredFleet.start({ alertmanager: alertmanager.address });
    await webhook.alert(
      ({ labels }, path) => labels["alertname"] === "ZtnaWatchdog" && path === "/dead-mans-switch",
      "the alert that always fires",
    );
    const isDown = (labels: Readonly<Record<string, string>>): boolean =>
      labels["alertname"] === "ZtnaRelayDown" && labels["instance"] === stopped;
    const early = webhook.received.flatMap(({ message }) => message.alerts);
    assertEquals(early.filter(({ labels }) => isDown(labels)), []);

    const relay = fleet.tunnel.host(stopped);
    await relay.stop();
    const { alert, path } = await webhook.alert(
      ({ labels, status }) => isDown(labels) && status === "firing",
      "the alert of the relay that is down",
    );
    assertEquals(path, "/pager");
    const { alertname, instance, job, fleet: fleetLabel, severity } = alert.labels;
    assertEquals([alertname, instance, job, fleetLabel, severity], [
      ...["ZtnaRelayDown", stopped, "ztna-relay", "lab", "critical"],
    ]);
    const { summary = "", description = "", runbook_url: runbook = "", dashboard = "" } =
      alert.annotations;
    assertStringIncludes(summary, stopped);
    assert(description.length > summary.length, description);
    assertEquals(dashboard, `/d/ztna-relay?from=now-1h&var-fleet=lab&var-instance=${stopped}`);
    const [, page] = /\/(docs\/runbooks\/\w+\.md)$/.exec(runbook) ?? [];
    assert(existsSync(new URL(`../../${page}`, import.meta.url)), `no runbook: ${runbook}`);
    assertStringIncludes(alert.generatorURL, encodeURIComponent('up{job="ztna-relay"}'));

    await relay.startAgain();
    await webhook.alert(
      ({ labels, status }, path) => isDown(labels) && status === "resolved" && path === "/pager",
      "its end",
    );
    // Nobody is told of a relay that has answered all the time.
    const told = webhook.received.flatMap(({ message }) => message.alerts);
    assertEquals(
      told.filter(({ labels }) =>
        labels["alertname"] === "ZtnaRelayDown" && labels["instance"] !== stopped
      ),
      [],
    );
  });
});
