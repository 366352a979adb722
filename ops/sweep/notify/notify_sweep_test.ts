import { assertEquals, assertStringIncludes } from "@std/assert";
import { afterEach, beforeEach, describe, it } from "@std/testing/bdd";
import { DeploymentLock } from "../../deployment_lock.ts";
import { findingOf, sweepOf } from "../history/test_sweeps.ts";
import type { FindingStatus } from "../finding.ts";
import { ChangeReceiver } from "./change_receiver.ts";
import { DeliveryError } from "./delivery.ts";
import { notifySweep } from "./notify_sweep.ts";

const hourMs = 3_600_000;

describe("notifySweep", () => {
  let directory: string;
  let told: string[];
  let warnings: string[];
  /** Why nothing is taken now. */
  let fault: string | undefined;
  beforeEach(() => {
    directory = Deno.makeTempDirSync({ prefix: "notify-" });
    [told, warnings, fault] = [[], [], undefined];
  });
  afterEach(() => Deno.removeSync(directory, { recursive: true }));

  const receiver = new ChangeReceiver({
    ...{ name: "the receiver", key: "test", maxChanges: 1 },
    send: (changes) => {
      if (fault !== undefined) return Promise.reject(new DeliveryError(fault));
      told.push(...changes.map(({ host, kind }) => `${host} ${kind}`));
      return Promise.resolve();
    },
  });
  const path = (): string => `${directory}/state/notifications.json`;

  /** Tells of a sweep of hosts `a` and `b`. */
  async function notify(
    statuses: Readonly<Record<string, FindingStatus>>,
    atMs: number,
    { waitMs = 10_000, silent = [], isWhole = true }: {
      readonly waitMs?: number;
      readonly silent?: readonly string[];
      readonly isWhole?: boolean;
    } = {},
  ): Promise<void> {
    const hosts = isWhole ? ["a", "b"] : Object.keys(statuses);
    const findings = Object.entries(statuses).map(([host, status]) =>
      findingOf(host, "unit", status)
    );
    const sweep = sweepOf({ atMs, hosts, silent, findings });
    await notifySweep(sweep, { changes: undefined, isWhole }, {
      ...{ receivers: [receiver], path: path(), deadline: performance.now() + waitMs },
      ...{ signal: new AbortController().signal, warn: (text) => warnings.push(text) },
    });
  }

  it("tells nothing of a sweep when a later one has been told of", async () => {
    const now = Date.now();
    await notify({ a: "critical" }, now - 1000);
    await notify({ a: "ok" }, now - 2000);
    await notify({ a: "ok" }, now - 500);
    assertEquals(told, ["a new", "a solved"]);
  });

  it("is not kept quiet by a sweep of a clock that was wrong", async () => {
    await notify({ a: "critical" }, Date.now() + 1000 * hourMs);
    await notify({ a: "ok" }, Date.now());
    assertEquals(told, ["a new", "a solved"]);
  });

  it("calls nothing solved of hosts that have not answered, or were not asked", async () => {
    const now = Date.now();
    await notify({ a: "critical", b: "critical" }, now - 4000);
    await notify({ b: "critical" }, now - 3000, { silent: ["a"] });
    await notify({ b: "ok" }, now - 2000, { isWhole: false });
    await notify({ b: "ok" }, now - 1000);
    assertEquals(told, ["a new", "b new", "b solved", "a gone"]);
  });

  it("keeps what is left when the receiver takes a part only", async () => {
    const now = Date.now();
    fault = "it is full";
    await notify({ a: "critical", b: "warning" }, now - 3000);
    assertEquals(warnings, [
      "Cannot tell the receiver of this sweep: it is full; the next sweep tries again",
    ]);
    fault = undefined;
    await notify({ a: "critical", b: "ok" }, now - 2000);
    assertEquals(told, ["a new", "b new", "b solved"]);
  });

  it("tells, and warns, where it can't be kept", async () => {
    await notify({ a: "ok" }, Date.now() - 2000);
    Deno.removeSync(path());
    Deno.mkdirSync(path());
    await notify({ a: "critical" }, Date.now() - 1000);
    assertEquals(told, ["a new"]);
    assertStringIncludes(warnings.join("\n"), "so it is told again");
  });

  it("tells, and warns, where there can't even be a lock", async () => {
    Deno.writeTextFileSync(`${directory}/state`, "no directory");
    await notify({ a: "critical" }, Date.now());
    assertEquals(told, ["a new"]);
    assertStringIncludes(warnings[0]!, "Cannot keep other sweeps from telling the same");
  });

  it("gives way to a sweep that is telling, in the end", async () => {
    Deno.mkdirSync(`${directory}/state`);
    using _lock = DeploymentLock.take(`${path()}.lock`, "tell of a sweep");
    await notify({ a: "critical" }, Date.now(), { waitMs: 150 });
    assertEquals(told, []);
    assertStringIncludes(warnings[0]!, "another one has been telling");
  });
});
