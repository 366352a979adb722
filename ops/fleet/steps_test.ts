import { assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import type { FleetHost } from "./fleet.ts";
import {
  type DeployPlanSummary,
  deploySteps,
  type HostStep,
  restartSteps,
  rollbackSteps,
} from "./steps.ts";

const base = { readyTimeoutSeconds: 40 };
const relayHost = { ...base, relay: { drainTimeoutSeconds: 10 } } as unknown as FleetHost;
const connectorHost = { ...base, connector: {}, application: {} } as unknown as FleetHost;

const nothing: DeployPlanSummary = {
  hasChanges: false,
  restarts: [],
  stillDraining: [],
  isUnconfirmed: false,
  isHealthy: false,
};

function kinds(steps: readonly HostStep[]): string[] {
  return steps.map((step) => "program" in step ? `${step.kind} ${step.program}` : step.kind);
}

describe("deploySteps", () => {
  it("has nothing to do with a host that is as it should be", () => {
    assertEquals(deploySteps(connectorHost, "r", { ...nothing, isHealthy: true }), []);
  });

  it("waits for a host without changes that is not healthy", () => {
    assertEquals(kinds(deploySteps(connectorHost, "r", nothing)), [
      "wait_ready application",
      "wait_ready connector",
    ]);
  });

  it("drains a relay that restarts, and confirms what has proved good", () => {
    const plan = { ...nothing, hasChanges: true, restarts: ["relay" as const] };
    assertEquals(kinds(deploySteps(relayHost, "r", plan)), [
      "snapshot",
      "drain relay",
      "apply",
      "wait_ready relay",
      "verify_tunnel",
      "confirm",
    ]);
  });

  it("does not drain a relay that stays up, nor with a timeout of 0", () => {
    const reload = { ...nothing, hasChanges: true };
    const restart = { ...reload, restarts: ["relay" as const] };
    for (
      const steps of [deploySteps(relayHost, "r", reload), deploySteps(relayHost, "r", restart, 0)]
    ) {
      assertEquals(kinds(steps).includes("drain relay"), false);
    }
  });

  it("verifies and confirms what an earlier run has left", () => {
    const steps = kinds(deploySteps(relayHost, "r", { ...nothing, isUnconfirmed: true }));
    assertEquals(steps, ["wait_ready relay", "verify_tunnel", "confirm"]);
  });

  it("restarts what an earlier run left draining", () => {
    assertEquals(kinds(deploySteps(relayHost, "r", { ...nothing, stillDraining: ["relay"] })), [
      "restart relay",
      "wait_ready relay",
    ]);
  });

  it("waits for the wanted release", () => {
    const waits = deploySteps(relayHost, "r", nothing).filter(({ kind }) => kind === "wait_ready");
    assertEquals(waits, [
      { kind: "wait_ready", program: "relay", release: "r", timeoutSeconds: 40 },
    ]);
  });
});

describe("restartSteps", () => {
  it("restarts what it is told to, and waits for that", () => {
    assertEquals(kinds(restartSteps(connectorHost, ["connector"])), [
      "restart connector",
      "wait_ready connector",
      "verify_tunnel",
    ]);
  });

  it("takes the drain's deadline from the command line before the host's", () => {
    const drains = restartSteps(relayHost, ["relay"], 3).filter(({ kind }) => kind === "drain");
    assertEquals(drains, [{ kind: "drain", program: "relay", timeoutSeconds: 3 }]);
  });
});

describe("rollbackSteps", () => {
  it("switches before it restarts, and checks that the release runs", () => {
    assertEquals(kinds(rollbackSteps(relayHost, "old")), [
      "drain relay",
      "switch",
      "restart relay",
      "wait_ready relay",
      "verify_tunnel",
      "confirm",
    ]);
  });
});
