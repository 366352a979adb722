import { assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import {
  AlertmanagerServer,
  skipWithoutAlertmanager,
} from "../../tests/monitoring/alertmanager_server.ts";
import { quickAlertmanager } from "../../tests/monitoring/quick_configuration.ts";
import { WebhookReceiver } from "../../tests/monitoring/webhook_receiver.ts";
import { waitForAnswer } from "../../tests/support/wait.ts";
import { app1, type Labels, relay1 } from "./cases/alert_case.ts";
import { alertRules } from "./rule_groups.ts";

const relay2 = { ...relay1, instance: "relay2" };
const other = { fleet: "other" };
const web = { service: "web" };

/** What fires at the same time, and whether people are told of it or of what it follows from. */
const scene: readonly (readonly [alert: string, labels: Labels, isTold: boolean])[] = [
  // A relay that is down explains what else is wrong with it, but not what runs beside it.
  ["ZtnaRelayDown", relay1, true],
  ["ZtnaClockOff", relay1, false],
  ["ZtnaLimitReached", { ...relay1, limit: "process_max_fds" }, false],
  ["ZtnaClockOff", { ...relay1, job: "ztna-connector" }, true],
  ["ZtnaClockOff", relay2, true],
  // Somebody is awake for this connector.
  ["ZtnaEventLoopBlocked", app1, true],
  ["ZtnaEventLoopLags", app1, false],
  ["ZtnaCrashLoop", app1, true],
  // A service that is away.
  ["ZtnaServiceUnavailable", { fleet: "example", ...web }, true],
  ["ZtnaUplinkNotRegistered", { ...app1, instance: "app2", ...web }, false],
  ["ZtnaAgentsWithoutConnector", { ...relay2, ...web }, false],
  ["ZtnaUplinkNotRegistered", { ...app1, instance: "app2", service: "dns" }, true],
  // Errors of the fleet, of one kind twice.
  ["ZtnaErrorBudgetBurnsFast", { fleet: "example", sli: "services" }, true],
  ["ZtnaErrorBudgetBurnsSlowly", { fleet: "example", sli: "services" }, false],
  ["ZtnaErrorBudgetBurnsSlowly", { fleet: "example", sli: "packets" }, true],
  // Another fleet, of which no relay is left.
  ["ZtnaNoRelayReady", other, true],
  ["ZtnaRelayDown", { ...relay1, ...other }, false],
  ["ZtnaServiceUnavailable", { ...other, ...web }, false],
  ["ZtnaErrorBudgetBurnsFast", { ...other, sli: "services" }, false],
  ["ZtnaVersionSkew", other, true],
  ["ZtnaWatchdog", {}, true],
];

/** An alert as Alertmanager tells of it. */
interface ManagedAlert {
  readonly labels: Labels;
  readonly status: { readonly state: "active" | "suppressed" | "unprocessed" };
}

const nameOf = (labels: Labels): string =>
  Object.entries(labels).sort().map(([name, value]) => `${name}=${value}`).join(" ");

describe("what follows from something else", { skip: skipWithoutAlertmanager() }, () => {
  it("is nothing that people are told of", async () => {
    await using webhook = new WebhookReceiver();
    await using alertmanager = await AlertmanagerServer.start(quickAlertmanager(webhook.url));
    const url = `http://${alertmanager.address}/api/v2/alerts`;
    const alerts = scene.map(([alertname, labels, isTold]) => {
      const { severity } = alertRules.find(({ alert }) => alert === alertname)!;
      return { labels: { alertname, severity, ...labels }, isTold };
    });
    const response = await fetch(url, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(alerts.map(({ labels }) => ({ labels }))),
    });
    await response.body?.cancel();
    assertEquals(response.status, 200);

    const states = await waitForAnswer(async () => {
      const found = await (await fetch(url)).json() as readonly ManagedAlert[];
      const isSettled = found.length === alerts.length &&
        found.every(({ status }) => status.state !== "unprocessed");
      return isSettled && found.map(({ labels, status }) => `${nameOf(labels)}: ${status.state}`);
    }, "Alertmanager to have looked at all alerts");
    assertEquals(
      states.sort(),
      alerts.map(({ labels, isTold }) => `${nameOf(labels)}: ${isTold ? "active" : "suppressed"}`)
        .sort(),
    );
  });
});
